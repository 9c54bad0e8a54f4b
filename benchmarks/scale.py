"""Large images in tiles: memory and time from 10 megapixels to a gigapixel, beside the whole image, and on workers.

    python benchmarks/scale.py [--only WORD] [--sizes 10 100 1000] [--compared 100] [--rounds 3] [--folder DIR]

Every run is a process of its own: imfilter apply gaussian --sigma 3 of an RGB TIFF file of 8 bits, in deflated tiles of
512 x 512, that is made here stream by stream. Ways that are compared take turns, and a figure is a ratio of medians.
Results are compared by their pixels, which must be the same whichever way they came about. Needs the extra [dask].
"""
from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SIDE = 512  # of the tiles of the file
WIDE = 8  # tiles are made in so many patterns, which are shifted against each other
SIGMA = "3"
Ways = dict[str, Callable[[Path], "Run"]]


class Run(NamedTuple):
    """What a run of the program took, and what came of it. peak: bytes that its process held at most."""

    seconds: float
    peak: int
    result: Path


def side_of(megapixels: float) -> int:
    """Return the side of a square image of so many pixels, in whole tiles."""
    return max(SIDE, round((megapixels * 1e6) ** 0.5 / SIDE) * SIDE)


def make(path: Path, megapixels: float) -> int:
    """Write a TIFF file of waves and noise, a tile at a time. Return how many pixels it has."""
    import tifffile

    side, rng = side_of(megapixels), np.random.default_rng(3)
    noise = rng.integers(0, 9, (WIDE, SIDE, SIDE, 3), np.uint8)
    place = np.arange(SIDE, dtype=np.float32)

    def tiles() -> Iterator[np.ndarray[Any, Any]]:
        for number, (top, left) in enumerate(np.ndindex(side // SIDE, side // SIDE)):
            down, across = place + top * SIDE, place + left * SIDE
            waves = [80 * np.sin(down / (37 + 5 * c))[:, None] + 40 * np.cos(across / (53 - 7 * c)) for c in range(3)]
            yield (np.stack(waves, -1) + 124).astype(np.uint8) + noise[number % WIDE]

    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(tiles(), shape=(side, side, 3), dtype=np.uint8, tile=(SIDE, SIDE), photometric="rgb",
                     compression="zlib", compressionargs={"level": 1})
    return side * side


def run(source: Path, result: Path, *options: str, **environment: str) -> Run:
    """Filter a file in a process of its own."""
    for left in (result, Path(f"{result}.partial")):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    command = [sys.executable, "-m", "imfilter", "apply", "gaussian", "--sigma", SIGMA, str(source), "-q", "-o",
               str(result), *options]
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} left with {process.returncode}")
    return Run(time.perf_counter() - start, used.ru_maxrss * 1024, result)


def sum_of(result: Path) -> int:
    """Return a number that the pixels of a result have, whatever file they stand in."""
    from imfilter.tiled.sources import open_source
    from imfilter.tiles import Block

    source, number = open_source(str(result)), 0
    height, width = source.shape[:2]
    for top in range(0, height, 2048):
        for left in range(0, width, 2048):
            pixels = source.read(Block(top, min(top + 2048, height), left, min(left + 2048, width)))
            number = zlib.crc32(np.ascontiguousarray(pixels), number)
    return number


def in_turns(ways: Ways, source: Path, rounds: int) -> dict[str, float]:
    """Return the median seconds of each way, which take turns; their pixels must be the same."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    sums = {}
    for number in range(rounds):
        for name, way in ways.items():
            done = way(source)
            taken[name].append(done.seconds)
            if not number:
                sums[name] = sum_of(done.result)
    if len(set(sums.values())) > 1:
        raise SystemExit(f"the pixels differ: {sums}")
    return {name: statistics.median(times) for name, times in taken.items()}


def sizes(folder: Path, options: argparse.Namespace) -> None:
    """Tell time and memory for images of growing size, to TIFF and to Zarr."""
    for size in options.sizes:
        source = folder / f"{size:g}.tif"
        pixels = make(source, size)
        for suffix in ("zarr", "tif"):
            runs = [run(source, folder / f"result.{suffix}", "--engine", "dask") for _ in range(options.rounds)]
            seconds, peak = statistics.median(one.seconds for one in runs), max(one.peak for one in runs)
            print(f"{size:6g} megapixels to {suffix:4}  {seconds:8.2f} s  {seconds / pixels * 1e9:6.1f} ns a pixel  "
                  f"{peak / 2**20:6.0f} MiB at most", flush=True)
        source.unlink()


def whole(folder: Path, options: argparse.Namespace) -> None:
    """Compare tiles with the image in memory, from TIFF to TIFF."""
    source = folder / "compared.tif"
    make(source, options.compared)
    ways: Ways = {
        name: lambda source, name=name, more=more: run(source, folder / f"{name}.tif", *more)  # type: ignore[misc]
        for name, more in (("whole", ["--engine", "memory", "--max-pixels", "100G"]), ("tiles", ["--engine", "dask"]))}
    for workers in ("1", None):
        environment = {"IMFILTER_WORKERS": workers} if workers else {}
        os.environ.update(environment)
        seconds = in_turns(ways, source, options.rounds)
        for name in environment:
            del os.environ[name]
        print(f"{options.compared:g} megapixels, TIFF to TIFF, {workers or 'all'} threads: whole {seconds['whole']:.2f} s, "
              f"tiles {seconds['tiles']:.2f} s: {seconds['tiles'] / seconds['whole']:.2f} times", flush=True)


SECTIONS = {"sizes": sizes, "whole": whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only the sections whose name holds this")
    parser.add_argument("--sizes", type=float, nargs="+", default=[10, 100, 1000], metavar="MEGAPIXELS")
    parser.add_argument("--compared", type=float, default=100, metavar="MEGAPIXELS")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the files go for a while")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for section, measure in SECTIONS.items():
            if options.only in section:
                measure(Path(name), options)


if __name__ == "__main__":
    main()
