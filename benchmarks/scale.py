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
AT_ONE_GO = """
import sys
from imfilter.blocks.blockwise import Block
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe
from imfilter.tiled.formats import create_target, open_source
source = open_source(sys.argv[1])
pixels = source.read(Block(0, source.shape[0], 0, source.shape[1]))
result = Pipeline("gaussian:sigma=3")(pixels, workers=1)
target = create_target(sys.argv[2], result.shape, result.dtype, 2048, like=source)
for block in target.blocks():
    target.write(block, result[block.rows, block.columns])
target.finish()
"""  # the codecs of tiles, and no tiles
ARRAYS = """
import statistics, sys, time
import dask.array, imfilter, numpy
side, rounds = map(int, sys.argv[1:])
image = numpy.random.default_rng(1).integers(0, 256, (side, side, 3), numpy.uint8)
out = numpy.zeros_like(image)
lazy = dask.array.from_array(image, chunks=(2048, 2048, 3), name=False)
for workers in (1, None):
    options = {"scheduler": "synchronous"} if workers else {"scheduler": "threads"}
    ways = {"plain": lambda: imfilter.gaussian(image, 3, workers=workers, out=out),
            "dask": lambda: imfilter.gaussian(lazy, 3).store(out, lock=False, **options)}
    taken, results = {name: [] for name in ways}, {}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
            results[name] = hash(out.tobytes())
    assert results["plain"] == results["dask"]
    plain, lazily = (statistics.median(times[1:]) for times in taken.values())
    print(f"{workers or 'all'} threads: plain {plain:.2f} s, dask {lazily:.2f} s: {lazily / plain:.2f} times")
"""
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
    return started(command, result, **environment)


def started(command: list[str], result: Path, **environment: str) -> Run:
    """Run a program that writes a result."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} left with {process.returncode}")
    return Run(time.perf_counter() - start, used.ru_maxrss * 1024, result)


def sum_of(result: Path) -> int:
    """Return a number that the pixels of a result have, whatever file they stand in."""
    from imfilter.blocks.build import Block
    from imfilter.tiled.formats import open_source

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


def told(what: str, seconds: dict[str, float], ours: str) -> None:
    """Print the seconds of all ways, and how many times as long as the others ours takes."""
    times = ", ".join(f"{name} {taken:.2f} s" for name, taken in seconds.items())
    ratios = ", ".join(f"{seconds[ours] / taken:.2f} times {name}" for name, taken in seconds.items() if name != ours)
    print(f"{what}: {times}: {ours} takes {ratios}", flush=True)


def sizes(folder: Path, options: argparse.Namespace) -> None:
    """Tell time and memory for images of growing size, to TIFF and to Zarr; and time beyond that of one small tile."""
    begun: dict[str, float] = {}
    for size in [0.0, *options.sizes]:
        source = folder / f"{size:g}.tif"
        pixels = make(source, size)
        for suffix in ("zarr", "tif"):
            runs = [run(source, folder / f"result.{suffix}", "--engine", "tiles") for _ in range(options.rounds)]
            seconds, peak = statistics.median(one.seconds for one in runs), max(one.peak for one in runs)
            begun.setdefault(suffix, seconds)
            each = f"{(seconds - begun[suffix]) / pixels * 1e9:6.1f} ns a pixel beyond the first, " if size else ""
            print(f"{pixels / 1e6:7.1f} megapixels to {suffix:4}  {seconds:8.2f} s, {each}{peak / 2**20:6.0f} MiB at "
                  "most", flush=True)
        source.unlink()


def whole(folder: Path, options: argparse.Namespace) -> None:
    """Compare tiles with the image in memory: as the program has it, and with the same codecs in one thread."""
    source = folder / "compared.tif"
    make(source, options.compared)
    memory = ["--engine", "memory", "--max-pixels", "100G"]
    for what, environment in (("all threads", {}), ("one thread", {"IMFILTER_WORKERS": "1"})):
        ways: Ways = {
            "--engine memory": lambda file, more=environment: run(file, folder / "whole.tif", *memory, **more),
            "--engine tiles": lambda file, more=environment: run(file, folder / "tiles.tif", "--engine", "tiles", **more),
            "at one go": lambda file: started([sys.executable, "-c", AT_ONE_GO, str(file), str(folder / "go.tif")],
                                              folder / "go.tif")}
        if not environment:  # it has one thread
            del ways["at one go"]
        told(f"{options.compared:g} megapixels, TIFF to TIFF, {what}", in_turns(ways, source, options.rounds),
             "--engine tiles")
    source.unlink()


def arrays(folder: Path, options: argparse.Namespace) -> None:
    """Compare dask arrays with plain ones, in memory, without files."""
    code = [sys.executable, "-c", ARRAYS, str(side_of(options.compared)), str(options.rounds)]
    for line in subprocess.run(code, check=True, capture_output=True, text=True).stdout.splitlines():
        print(f"{options.compared:g} megapixels, arrays, {line}", flush=True)


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """Have a dask scheduler and so many workers, each of one thread, and watched by a nanny; yield its address."""
    place = folder / "scheduler.json"
    place.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli.dask_"]
    calls = [[*dask[:2], f"{dask[2]}scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
              "--scheduler-file", str(place)]]
    calls += [[*dask[:2], f"{dask[2]}worker", "--scheduler-file", str(place), "--nthreads", "1", "--no-dashboard",
               "--local-directory", str(folder)]] * workers
    processes = [subprocess.Popen(call, **quiet) for call in calls]  # type: ignore[call-overload]
    try:
        while not place.exists():
            time.sleep(0.1)
        from distributed import Client

        with Client(scheduler_file=str(place)) as client:
            if workers:
                client.wait_for_workers(workers, 60)
            address = client.scheduler.address
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()


def shared(folder: Path, options: argparse.Namespace) -> None:
    """Compare one worker process with two, and with one of two that is killed in the middle."""
    source = folder / "compared.tif"
    make(source, options.compared)
    seconds: dict[str, list[float]] = {"one worker": [], "two workers": [], "one of two killed": []}
    sums = {"threads": sum_of(run(source, folder / "threads.zarr", "--engine", "tiles").result)}
    for _ in range(options.rounds):
        for name in seconds:
            with cluster(folder, 1 if name == "one worker" else 2) as address:
                for suffix in ("tif", "zarr"):  # the first has the workers import what they need
                    killer = threading.Timer(seconds["two workers"][-1] / 2 if "killed" in name else 0, kill, [address])
                    if "killed" in name:
                        killer.start()
                    done = run(source, folder / f"shared.{suffix}", "--scheduler", address)
                    killer.cancel()
                    sums[f"{name}, {suffix}"] = sum_of(done.result)
                seconds[name].append(done.seconds)
    if len(set(sums.values())) > 1:
        raise SystemExit(f"the pixels differ: {sums}")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    told(f"{options.compared:g} megapixels, TIFF to Zarr, workers of one thread", medians, "one worker")
    source.unlink()


def kill(address: str) -> None:
    """Kill one worker of a cluster."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


SECTIONS = {"sizes": sizes, "whole": whole, "arrays": arrays, "shared": shared}


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
