"""imfilter beside its peers: the same work in one process, by turns, checked first to give the same numbers.

    python benchmarks/compare.py [--rounds 7] [--threads 1 2]

Each cell is one piece of work. A cell's contestants take turns, so that a machine that slows down slows all of
them down; the figure is the ratio of their median times. A peer that is not installed is left out.
"""
from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import imfilter

with contextlib.suppress(ImportError):
    import cv2
with contextlib.suppress(ImportError):
    import torch

RNG = np.random.default_rng(20261122)


@dataclass
class Cell:
    """One piece of work: each contestant returns its result, which may differ by `within` from ours."""

    work: str
    contestants: dict[str, Callable[[], np.ndarray]]
    within: float


def channelwise(size: int) -> Cell:
    """A dense kernel on a uint8 RGB image of 3840 x 2160, written to an array that is there already."""
    image = RNG.integers(0, 256, (2160, 3840, 3), np.uint8)
    kernel = RNG.normal(size=(size, size))
    kernel /= np.abs(kernel).sum()
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants = {"imfilter": lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours, workers=WORKERS)}
    if "cv2" in globals():
        contestants["OpenCV"] = lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=cv2.BORDER_REFLECT_101)
    return Cell(f"uint8 RGB dense {size} x {size}, 3840 x 2160", contestants, 1)


def layer(inputs: int, outputs: int, size: int) -> Cell:
    """A convolution layer on a float32 image of 1920 x 1080; PyTorch in both memory formats, without gradients."""
    image = RNG.normal(size=(1080, 1920, inputs)).astype(np.float32)
    weight = RNG.normal(size=(outputs, inputs, size, size)).astype(np.float32)
    ours = np.empty((1080, 1920, outputs), np.float32)
    contestants = {"imfilter": lambda: imfilter.conv2d(image, weight, padding=size // 2, out=ours, workers=WORKERS)}
    if "torch" in globals():
        last = torch.from_numpy(image.transpose(2, 0, 1).copy()[None]).to(memory_format=torch.channels_last)
        first = last.contiguous()
        bank = torch.from_numpy(weight)
        for name, pixels in (("PyTorch channels first", first), ("PyTorch channels last", last)):
            contestants[name] = lambda pixels=pixels: torch_layer(pixels, bank, size // 2)
    return Cell(f"float32 conv2d {inputs} -> {outputs}, {size} x {size}, 1920 x 1080", contestants, 1e-3)


def torch_layer(pixels: torch.Tensor, bank: torch.Tensor, padding: int) -> np.ndarray:
    with torch.inference_mode():
        return torch.nn.functional.conv2d(pixels, bank, padding=padding)[0].permute(1, 2, 0).numpy()


def cells() -> Iterator[Cell]:
    for size in (3, 5, 7):
        yield channelwise(size)
    yield layer(3, 16, 3)


def check(cell: Cell) -> None:
    """Refuse to time contestants that did not compute the same."""
    ours = cell.contestants["imfilter"]().astype(np.float64)
    for name, contestant in cell.contestants.items():
        difference = np.abs(contestant() - ours).max()
        if difference > cell.within:
            raise SystemExit(f"{cell.work}: {name} differs by {difference}")


def timed(cell: Cell, rounds: int) -> dict[str, float]:
    """Return the median seconds of each contestant, which take turns after a first round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in cell.contestants}
    for _ in range(rounds + 1):
        for name, contestant in cell.contestants.items():
            start = time.perf_counter()
            contestant()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    global WORKERS
    for WORKERS in options.threads:
        if "cv2" in globals():
            cv2.setNumThreads(WORKERS)
        if "torch" in globals():
            torch.set_num_threads(WORKERS)
        print(f"\n{WORKERS} thread{'s' if WORKERS > 1 else ''}: time of a peer / time of imfilter")
        for cell in cells():
            check(cell)
            times = timed(cell, options.rounds)
            ours = times.pop("imfilter")
            ratios = "  ".join(f"{name} {taken / ours:.2f}" for name, taken in times.items())
            print(f"  {cell.work:44} {ratios}")


if __name__ == "__main__":
    main()
