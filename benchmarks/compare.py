"""imfilter beside its peers: the same work in one process, by turns, checked first to give the same numbers.

    pip install ".[bench]"
    python benchmarks/compare.py [--only WORD] [--rounds 5] [--threads 1 2] [--json FILE] [--chart FILE.svg] [--more]

A cell is one piece of work. Its contestants take turns, so that a machine that slows down slows all of them down; a
figure is the ratio of median times, a peer's to ours: above 1 imfilter is faster. All write to arrays that are there
already, where the peer can. `of limit` is the share of what the machine allows at all: the time of copying the same
bytes for work bound by memory, the rate of a matrix product for work bound by arithmetic. A peer that is not installed
is left out. --more adds scratch memory, import and start-up times, and the cost of a pixel from 0.1 to 100 megapixels.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import imfilter

with contextlib.suppress(ImportError):
    import cv2
with contextlib.suppress(ImportError):
    import torch
with contextlib.suppress(ImportError):
    import scipy.ndimage
with contextlib.suppress(ImportError):
    import skimage.filters
with contextlib.suppress(ImportError):
    import PIL.Image
    import PIL.ImageFilter
with contextlib.suppress(ImportError, OSError):
    import pyvips

Array = np.ndarray[Any, Any]
Contestant = Callable[[], Any]
HEIGHT, WIDTH = 2160, 3840
RNG = np.random.default_rng(20261122)
workers = 1  # threads that imfilter uses now


@dataclass
class Cell:
    """One piece of work. within: how far a peer's result may be from ours; slow: peers that get a single round."""

    work: str
    contestants: dict[str, Contestant]
    within: float = 1.0
    bytes: int = 0  # read and written, for work bound by memory
    flops: float = 0.0  # for work bound by arithmetic
    slow: dict[str, Contestant] = field(default_factory=dict)


def has(*names: str) -> bool:
    return all(name in globals() for name in names)


def photo(dtype: str = "u1") -> Array:
    """Return a smooth picture with noise: RGB, the size of a 4K screen."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) / 400
    smooth = 127 + 80 * np.sin(x + np.cos(y))[..., None] * [1, 0.8, 0.6]
    return np.clip(smooth + RNG.normal(0, 12, (HEIGHT, WIDTH, 3)), 0, 255).astype(dtype)


def convolutions(name: str, kernel: Array, image: Array, **limits: Any) -> Cell:
    """A dense kernel, in every library that takes one."""
    kernel = np.asarray(kernel, float)
    ours, theirs = np.empty_like(image), np.empty_like(image)
    who: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if has("cv2"):
        who["OpenCV"] = lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=cv2.BORDER_REFLECT_101)
    if kernel.size < 30:
        if has("scipy"):
            slow["SciPy"] = lambda: scipy.ndimage.correlate(image.astype(np.float32), kernel[..., None], mode="mirror")
        if has("PIL") and image.dtype == np.uint8 and kernel.shape in ((3, 3), (5, 5)):
            weights = PIL.ImageFilter.Kernel(kernel.shape, kernel[::-1].ravel().tolist(), 1)
            picture = PIL.Image.fromarray(image)
            slow["Pillow"] = lambda: np.asarray(picture.filter(weights))
        if has("pyvips"):
            vips = pyvips.Image.new_from_array(image)
            mask = pyvips.Image.new_from_array(kernel.tolist())
            slow["libvips"] = lambda: vips.conv(mask, precision="float").numpy()
    return Cell(name, who, 1 if image.dtype == np.uint8 else 0.01, slow=slow, **limits)


def blurs(name: str, image: Array, sigma: float) -> Cell:
    size = 2 * int(4 * sigma + 0.5) + 1
    ours, theirs = np.empty_like(image), np.empty_like(image)
    who: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.gaussian(image, sigma, mode="mirror", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if has("cv2"):
        taps = cv2.getGaussianKernel(size, sigma)
        who["OpenCV GaussianBlur"] = lambda: cv2.GaussianBlur(image, (size, size), sigma, dst=theirs, borderType=4)
        who["OpenCV sepFilter2D"] = lambda: cv2.sepFilter2D(image, -1, taps, taps, dst=theirs, borderType=4)
    if sigma <= 2:
        if has("scipy"):
            slow["SciPy"] = lambda: scipy.ndimage.gaussian_filter(
                image.astype(np.float32), (sigma, sigma, 0), mode="mirror")
        if has("skimage"):
            slow["scikit-image"] = lambda: skimage.filters.gaussian(
                image, sigma, mode="mirror", channel_axis=-1, preserve_range=True)
    return Cell(name, who, 2 if image.dtype == np.uint8 else 0.05, slow=slow)


def boxes(image: Array, size: int) -> Cell:
    ours, theirs = np.empty_like(image), np.empty_like(image)
    who: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.box(image, size, mode="mirror", out=ours, workers=workers)}
    if has("cv2"):
        who["OpenCV"] = lambda: cv2.blur(image, (size, size), dst=theirs, borderType=4)
    slow: dict[str, Contestant] = {}
    if has("scipy"):
        slow["SciPy"] = lambda: scipy.ndimage.uniform_filter(image.astype(np.float32), (size, size, 1), mode="mirror")
    return Cell(f"box {size} uint8", who, 1, slow=slow)


def gradients(name: str, image: Array) -> Cell:
    """The magnitude: OpenCV needs both derivatives, a magnitude and, for uint8, a conversion."""
    ours = np.empty_like(image)
    who: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, mode="mirror", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    smooth = {"sobel": [1, 2, 1], "scharr": [3, 10, 3], "prewitt": [1, 1, 1]}[name]
    if has("cv2"):
        edge, across = np.array([-1.0, 0, 1]), np.array(smooth, float) / sum(smooth)
        scale = np.float32(np.sqrt(0.5))
        x, y, both, bytes8 = (np.empty(image.shape, t) for t in (np.float32,) * 3 + (np.uint8,))

        def opencv() -> Array:
            cv2.sepFilter2D(image, cv2.CV_32F, edge, across, dst=x, borderType=4)
            cv2.sepFilter2D(image, cv2.CV_32F, across, edge, dst=y, borderType=4)
            cv2.magnitude(x, y, magnitude=both)
            if image.dtype == np.uint8:
                return cv2.convertScaleAbs(both, dst=bytes8, alpha=float(scale))
            return cv2.multiply(both, (float(scale),) * 4, dst=both)

        who["OpenCV"] = opencv
    if has("skimage"):
        slow["scikit-image"] = lambda: np.stack(
            [getattr(skimage.filters, name)(image[..., c].astype(np.float32), mode="mirror") for c in range(3)], -1)
    return Cell(f"{name} magnitude {image.dtype}", who, 1 if image.dtype == np.uint8 else 0.01, slow=slow)


def derivative(image: Array) -> Cell:
    ours, theirs = np.empty(image.shape, np.float32), np.empty(image.shape, np.float32)
    who: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.sobel(image, axis=0, mode="mirror", out=ours, workers=workers)}
    if has("cv2"):
        who["OpenCV"] = lambda: cv2.Sobel(image, cv2.CV_32F, 0, 1, dst=theirs, scale=0.25, borderType=4)
    return Cell("sobel axis=0 uint8 -> float32", who, 0.01, bytes=image.nbytes * 5)


def colors(image: Array) -> Iterator[Cell]:
    matrix = np.array([[0.4, 0.5, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]])
    ours, theirs = np.empty_like(image), np.empty_like(image)
    who: dict[str, Contestant] = {"imfilter": lambda: imfilter.mix(image, matrix, out=ours, workers=workers)}
    if has("cv2"):
        who["OpenCV"] = lambda: cv2.transform(image, matrix, dst=theirs)
    yield Cell("color matrix 3 -> 3 uint8", who, 1, bytes=2 * image.nbytes)
    gray, other = np.empty((HEIGHT, WIDTH), np.uint8), np.empty((HEIGHT, WIDTH), np.uint8)
    weights = (0.299, 0.587, 0.114)
    who = {"imfilter": lambda: imfilter.grayscale(image, weights, out=gray, workers=workers)}
    if has("cv2"):
        who["OpenCV"] = lambda: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=other)
    slow: dict[str, Contestant] = {}
    if has("PIL"):
        slow["Pillow"] = lambda: np.asarray(PIL.Image.fromarray(image).convert("L"))
    yield Cell("grayscale uint8", who, 1, bytes=image.nbytes * 4 // 3, slow=slow)


def medians(image: Array, size: int) -> Cell:
    ours, theirs = np.empty_like(image), np.empty_like(image)
    who: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.median(image, size, mode="nearest", out=ours, workers=workers)}
    if has("cv2"):
        who["OpenCV"] = lambda: cv2.medianBlur(image, size, dst=theirs)
    slow: dict[str, Contestant] = {}
    if has("scipy") and size <= 5:
        slow["SciPy"] = lambda: scipy.ndimage.median_filter(image, (size, size, 1), mode="nearest")
    if has("PIL") and size <= 5:
        slow["Pillow"] = lambda: np.asarray(
            PIL.Image.fromarray(image).filter(PIL.ImageFilter.MedianFilter(size)))
    return Cell(f"median {size} uint8", who, 0, slow=slow)


def layer(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, height: int = 1080) -> Cell:
    """A layer on a float32 image; PyTorch in both memory formats, without gradients."""
    width = height * 16 // 9
    image = RNG.normal(size=(height, width, inputs)).astype(np.float32)
    weight = RNG.normal(size=(outputs, inputs // groups, size, size)).astype(np.float32)
    options = {"stride": stride, "padding": size // 2, "groups": groups}
    ours = imfilter.conv2d(image, weight, **options)
    who: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.conv2d(image, weight, out=ours, workers=workers, **options)}
    if has("torch"):
        first = torch.from_numpy(image.transpose(2, 0, 1).copy()[None])
        for name, form in (("first", torch.contiguous_format), ("last", torch.channels_last)):
            pixels, bank = first.to(memory_format=form), torch.from_numpy(weight).to(memory_format=form)
            who[f"PyTorch channels {name}"] = lambda pixels=pixels, bank=bank: torch_layer(pixels, bank, options)
    named = f"conv2d {inputs} -> {outputs} k{size}{f' s{stride}' * (stride > 1)}{' depthwise' * (groups > 1)}"
    flops = 2.0 * ours.size * weight[0].size
    return Cell(f"{named} ({height}p)", who, 0.05, flops=0 if groups > 1 else flops)


def torch_layer(pixels: Any, bank: Any, options: dict[str, int]) -> Array:
    with torch.inference_mode():
        result: Array = torch.nn.functional.conv2d(pixels, bank, **options)[0].permute(1, 2, 0).numpy()
        return result


def small() -> Cell:
    image = photo()[:64, :64].copy()
    ours, theirs, kernel = np.empty_like(image), np.empty_like(image), np.full((3, 3), 1 / 9)

    def many(call: Contestant) -> Contestant:
        def calls() -> Any:
            for _ in range(499):
                call()
            return call()
        return calls

    who = {"imfilter": many(lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours))}
    if has("cv2"):
        who["OpenCV"] = many(lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=4))
    return Cell("64 x 64 RGB uint8 3 x 3, whole call", who, 1)


def cells() -> Iterator[tuple[str, Callable[[], Iterator[Cell]]]]:
    """Yield a word for each group of cells, and what makes them."""
    def fixed() -> Iterator[Cell]:
        image = photo()
        for name, kernel in (("sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
                             ("emboss", [[-1, -1, 0], [-1, 1, 1], [0, 1, 1]]),
                             ("Laplacian", [[0, -1, 0], [-1, 4, -1], [0, -1, 0]])):
            yield convolutions(f"{name} 3 x 3 uint8", np.array(kernel), image, bytes=2 * image.nbytes)

    def dense() -> Iterator[Cell]:
        for dtype in ("u1", "f4"):
            image = photo(dtype)
            for size in (3, 5, 7, 15, 31):
                kernel = RNG.normal(size=(size, size))
                kernel /= np.abs(kernel).sum()
                flops = 2.0 * image.size * size * size if size > 5 else 0
                yield convolutions(f"dense {size} x {size} {image.dtype}", kernel, image, flops=flops)

    def shaped() -> Iterator[Cell]:
        image = photo()
        disk = np.hypot(*np.mgrid[-15:16, -15:16]) <= 15
        yield convolutions("disk radius 15 uint8", disk / disk.sum(), image)
        yield convolutions("motion blur 31 uint8", np.eye(31) / 31, image)

    def gaussian() -> Iterator[Cell]:
        for dtype in ("u1", "f4"):
            image = photo(dtype)
            for sigma in (1, 2, 5, 20):
                yield blurs(f"gaussian sigma {sigma} {image.dtype}", image, sigma)

    def box() -> Iterator[Cell]:
        image = photo()
        for size in (3, 5, 9, 31):
            yield boxes(image, size)

    def edges() -> Iterator[Cell]:
        for dtype in ("u1", "f4"):
            image = photo(dtype)
            for name in ("sobel", "scharr", "prewitt"):
                yield gradients(name, image)
        yield derivative(photo())

    def rank() -> Iterator[Cell]:
        image = photo()
        for size in (3, 5, 11, 101):
            yield medians(image, size)

    def layers() -> Iterator[Cell]:
        yield layer(3, 16, 3)
        yield layer(3, 64, 3)
        yield layer(3, 64, 7, stride=2)
        yield layer(16, 32, 3)
        yield layer(16, 32, 3, stride=2)
        yield layer(32, 32, 3, groups=32)
        yield layer(64, 64, 3, height=540)

    yield from (
        ("fixed", fixed), ("dense", dense), ("shaped", shaped), ("gaussian", gaussian), ("box", box), ("edges", edges),
        ("color", lambda: colors(photo())), ("rank", rank), ("layers", layers),
        ("small", lambda: iter([small()])))


def check(cell: Cell) -> None:
    """Refuse to time contestants that did not compute the same. Borders that a peer lacks are left out."""
    ours = np.asarray(cell.contestants["imfilter"](), np.float64)
    edge = min(40, len(ours) // 4)
    ours = ours[edge:-edge, edge:-edge]
    for name, contestant in [*cell.contestants.items(), *cell.slow.items()]:
        theirs = np.asarray(contestant(), np.float64)[edge:-edge, edge:-edge]
        difference = np.abs(np.clip(theirs, ours.min(), ours.max()) - ours).max(initial=0)
        if difference > cell.within:
            raise SystemExit(f"{cell.work}: {name} differs by {difference}")


def timed(cell: Cell, rounds: int) -> dict[str, float]:
    """Return the median seconds of each contestant, which take turns after a first round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in cell.contestants}
    for _ in range(rounds + 1):
        for name, contestant in cell.contestants.items():
            taken[name].append(clocked(contestant))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    return medians | {name: clocked(contestant) for name, contestant in cell.slow.items()}


def clocked(call: Contestant) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def limit(cell: Cell) -> float | None:
    """Return the seconds that the machine needs at least, on one thread."""
    if cell.bytes:
        source = np.ones(cell.bytes // 2, np.uint8)
        target = np.empty_like(source)
        return statistics.median(clocked(lambda: np.copyto(target, source)) for _ in range(5))
    if cell.flops and has("torch"):
        square = torch.ones(1536, 1536)
        with torch.inference_mode():
            torch.mm(square, square)
            rate = 2 * 1536**3 / min(clocked(lambda: torch.mm(square, square)) for _ in range(5))
        return cell.flops / rate
    return None


def set_threads(count: int) -> None:
    global workers
    workers = count
    if has("cv2"):
        cv2.setNumThreads(count)
    if has("torch"):
        torch.set_num_threads(count)


def measure(only: str, rounds: int, threads: list[int]) -> list[dict[str, Any]]:
    rows = []
    for word, make in cells():
        for cell in make() if only in ("", word) else ():
            for count in threads:
                set_threads(count)
                if count == threads[0]:
                    check(cell)
                times = timed(cell, rounds)
                ours = times.pop("imfilter")
                least = limit(cell) if count == 1 else None
                row = {"work": cell.work, "threads": count, "seconds": ours, "limit": least and least / ours,
                       "peers": {name: taken / ours for name, taken in times.items()}}
                rows.append(row)
                print(line(row), flush=True)
                cell.slow = {}
    return rows


def line(row: dict[str, Any]) -> str:
    peers = "  ".join(f"{name} {ratio:.2f}" for name, ratio in sorted(row["peers"].items(), key=lambda item: item[1]))
    share = f"  ({row['limit']:.0%} of limit)" if row["limit"] else ""
    return f"{row['work']:36} {row['threads']} thr  {peers}{share}"


def more() -> dict[str, Any]:
    """Return scratch memory, import and start-up times, and the cost of a pixel by size."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    kernels = {"3 x 3": RNG.normal(size=(3, 3)), "31 x 31": RNG.normal(size=(31, 31)),
               "box 31": np.ones((31, 31)) / 961}
    found: dict[str, Any] = {"scratch bytes a thread": {
        name: imfilter.plan(image, kernel).scratch for name, kernel in kernels.items()}}
    commands = {"python -c pass": ["-c", "pass"], "import numpy, PIL.Image": ["-c", "import numpy, PIL.Image"],
                "import imfilter": ["-c", "import imfilter"], "imfilter list": ["-m", "imfilter", "list"]}
    times = {name: statistics.median(
        clocked(lambda run=run: subprocess.run([sys.executable, *run], stdout=subprocess.DEVNULL, check=True))
        for _ in range(9)) for name, run in commands.items()}
    plain = times["import numpy, PIL.Image"]
    found["start-up, as a multiple of importing numpy and PIL.Image"] = {
        name: taken / plain for name, taken in times.items()}
    kernel, costs = RNG.normal(size=(5, 5)), {}
    for megapixels in (0.1, 1, 10, 100):
        side = int((megapixels * 1e6) ** 0.5)
        pixels, out = np.zeros((side, side, 3), np.uint8), np.empty((side, side, 3), np.uint8)
        imfilter.correlate(pixels, kernel, out=out, workers=1)
        taken = statistics.median(
            clocked(lambda pixels=pixels, out=out: imfilter.correlate(pixels, kernel, out=out, workers=1))
            for _ in range(3))
        costs[f"{megapixels:g} Mpx"] = taken / side**2 * 1e9
    found["ns a pixel, dense 5 x 5 RGB uint8"] = costs
    return found


def chart(rows: list[dict[str, Any]], path: str) -> None:
    """Draw the ratio to the fastest peer of each cell, at one thread and at all, on a scale of doublings."""
    works = list(dict.fromkeys(row["work"] for row in rows))
    threads = sorted({row["threads"] for row in rows})
    left, step, scale, top = 250, 26, 80, 56
    width, height = left + 7 * scale + 60, top + step * len(works) + 16
    zero = left + 2 * scale  # where the ratio is 1; a quarter is at the left
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
             f'<text x="12" y="20" font-size="14">Time of the fastest peer / time of imfilter</text>']
    for k, count in enumerate(threads):
        color = ("#1f6f8b", "#e0a458")[k % 2]
        parts.append(f'<rect x="{left + 130 * k + 60}" y="10" width="12" height="12" fill="{color}"/>'
                     f'<text x="{left + 130 * k + 78}" y="20">{count} thread{"s" * (count > 1)}</text>')
    for power in range(-2, 6):
        x = zero + scale * power
        parts.append(f'<line x1="{x}" y1="{top - 8}" x2="{x}" y2="{height - 10}" '
                     f'stroke="{"#444" if power == 0 else "#ddd"}"/>'
                     f'<text x="{x}" y="{top - 14}" text-anchor="middle" fill="#555">{2.0**power:g}</text>')
    for n, work in enumerate(works):
        y = top + step * n
        parts.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{work}</text>')
        for row in rows:
            if row["work"] == work and row["peers"]:
                ratio = min(row["peers"].values())
                at = zero + scale * min(5.0, max(-2.0, float(np.log2(ratio))))
                k = threads.index(row["threads"])
                high = (step - 6) / len(threads)
                parts.append(f'<rect x="{min(at, zero):.1f}" y="{y + 3 + k * high:.1f}" width="{abs(at - zero):.1f}" '
                             f'height="{high:.1f}" fill="{("#1f6f8b", "#e0a458")[k % 2]}"/>')
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("\n".join([*parts, "</svg>\n"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="a group: " + ", ".join(word for word, _ in cells()))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--chart", metavar="FILE.svg")
    parser.add_argument("--more", action="store_true")
    options = parser.parse_args()
    found = {"rows": measure(options.only, options.rounds, options.threads)}
    if options.more:
        found["more"] = more()
        print(json.dumps(found["more"], indent=2))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as stream:
            json.dump(found, stream, indent=1)
    if options.chart:
        chart(found["rows"], options.chart)


if __name__ == "__main__":
    main()
