"""Measure large images: memory and time from 10 megapixels to a gigapixel, tiles against memory, and a cluster.

    python benchmarks/scale.py [--only WORD] [--sizes 10 100 1000] [--compared 100] [--rounds 3] [--folder DIR]

Every run is a process of its own: `imfilter apply gaussian --sigma 3` on an 8-bit RGB TIFF file with deflate-compressed
tiles of 512 x 512. Compared runs are interleaved, figures are medians, and the pixels of all results must be identical.
Requires `imfilter[dask]`.
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

SIDE = 512  # height and width of the tiles of the file
PATTERNS = 8  # number of different noise tiles
SIGMA = "3"
# Decode, filter and encode the whole image in one step, with the codecs of the tile engine.
ONE_STEP = """
import sys
from imfilter.blocks.blockwise import Block
from imfilter.pipeline.chain import Pipeline
from imfilter.tiled.formats import create_target, open_source
from imfilter.tiled.target import TargetOptions
source = open_source(sys.argv[1])
pixels = source.read(Block(0, source.shape[0], 0, source.shape[1]))
result = Pipeline("gaussian:sigma=3")(pixels, workers=1)
target = create_target(sys.argv[2], result.shape, result.dtype, 2048, like=source,
                       options=TargetOptions(force=True))
for block in target.blocks():
    target.write(block, result[block.rows, block.columns])
target.finish()
"""
# Filter a NumPy array and the same dask array, in memory.
ARRAYS = """
import statistics, sys, time
import dask.array, imfilter, numpy
side, rounds = map(int, sys.argv[1:])
image = numpy.random.default_rng(1).integers(0, 256, (side, side, 3), numpy.uint8)
out = numpy.zeros_like(image)
lazy = dask.array.from_array(image, chunks=(2048, 2048, 3), name=False)
for workers in (1, None):
    options = {"scheduler": "synchronous"} if workers else {"scheduler": "threads"}
    variants = {"numpy": lambda: imfilter.gaussian(image, 3, workers=workers, out=out),
                "dask": lambda: imfilter.gaussian(lazy, 3).store(out, lock=False, **options)}
    seconds, results = {name: [] for name in variants}, {}
    for _ in range(rounds + 1):
        for name, variant in variants.items():
            start = time.perf_counter()
            variant()
            seconds[name].append(time.perf_counter() - start)
            results[name] = hash(out.tobytes())
    assert results["numpy"] == results["dask"]
    plain, lazily = (statistics.median(times[1:]) for times in seconds.values())
    print(f"{workers or 'all'} threads: numpy {plain:.2f} s, dask {lazily:.2f} s: {lazily / plain:.2f} times")
"""
Variants = dict[str, Callable[[Path], "Run"]]


class Run(NamedTuple):
    """The time, peak memory in bytes and result of one run of the program."""

    seconds: float
    peak: int
    result: Path


def choose_side(megapixels: float) -> int:
    """Return the side of a square image with about this many pixels, a multiple of the tile size."""
    return max(SIDE, round((megapixels * 1e6) ** 0.5 / SIDE) * SIDE)


def make_photo(path: Path, megapixels: float) -> int:
    """Write a TIFF file of waves and noise, one tile at a time, and return its number of pixels."""
    import tifffile

    side, rng = choose_side(megapixels), np.random.default_rng(3)
    noise = rng.integers(0, 9, (PATTERNS, SIDE, SIDE, 3), np.uint8)
    offsets = np.arange(SIDE, dtype=np.float32)

    def tiles() -> Iterator[np.ndarray[Any, Any]]:
        for number, (top, left) in enumerate(np.ndindex(side // SIDE, side // SIDE)):
            y, x = offsets + top * SIDE, offsets + left * SIDE
            waves = [80 * np.sin(y / (37 + 5 * c))[:, None] + 40 * np.cos(x / (53 - 7 * c)) for c in range(3)]
            yield (np.stack(waves, -1) + 124).astype(np.uint8) + noise[number % PATTERNS]

    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(tiles(), shape=(side, side, 3), dtype=np.uint8, tile=(SIDE, SIDE), photometric="rgb",
                     compression="zlib", compressionargs={"level": 1})
    return side * side


def run_filter(source: Path, result: Path, *options: str, **environment: str) -> Run:
    """Filter a file in a new process."""
    for old in (result, Path(f"{result}.partial")):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    command = [sys.executable, "-m", "imfilter", "apply", "gaussian", "--sigma", SIGMA, str(source), "-q", "-o",
               str(result), *options]
    return run_command(command, result, **environment)


def run_command(command: list[str], result: Path, **environment: str) -> Run:
    """Run a command that writes a result, and measure it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit status {process.returncode}")
    return Run(time.perf_counter() - start, used.ru_maxrss * 1024, result)


def checksum_pixels(result: Path) -> int:
    """Return a checksum of the pixels of a result, independent of its file format."""
    from imfilter.blocks.blockwise import Block
    from imfilter.tiled.formats import open_source

    source, checksum = open_source(str(result)), 0
    height, width = source.shape[:2]
    for top in range(0, height, 2048):
        for left in range(0, width, 2048):
            pixels = source.read(Block(top, min(top + 2048, height), left, min(left + 2048, width)))
            checksum = zlib.crc32(np.ascontiguousarray(pixels), checksum)
    return checksum


def time_variants(variants: Variants, source: Path, rounds: int) -> dict[str, float]:
    """Return the median seconds of each variant, interleaved; exit if their pixels differ."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    checksums = {}
    for number in range(rounds):
        for name, variant in variants.items():
            measured = variant(source)
            seconds[name].append(measured.seconds)
            if not number:
                checksums[name] = checksum_pixels(measured.result)
    check_pixels(checksums)
    return {name: statistics.median(times) for name, times in seconds.items()}


def check_pixels(checksums: dict[str, int]) -> None:
    """Exit if results differ."""
    if len(set(checksums.values())) > 1:
        raise SystemExit(f"the pixels differ: {checksums}")


def print_comparison(work: str, seconds: dict[str, float], ours: str) -> None:
    """Print the seconds of all variants, and the time of ours relative to the others."""
    times = ", ".join(f"{name} {taken:.2f} s" for name, taken in seconds.items())
    ratios = ", ".join(f"{seconds[ours] / taken:.2f} times {name}" for name, taken in seconds.items() if name != ours)
    print(f"{work}: {times}: {ours} takes {ratios}", flush=True)


def measure_sizes(folder: Path, options: argparse.Namespace) -> None:
    """Print time and memory for images of growing size, to TIFF and to Zarr, and the time beyond one small tile."""
    startup: dict[str, float] = {}
    for size in [0.0, *options.sizes]:
        source = folder / f"{size:g}.tif"
        pixels = make_photo(source, size)
        for suffix in ("zarr", "tif"):
            runs = [run_filter(source, folder / f"result.{suffix}", "--engine", "tiles") for _ in range(options.rounds)]
            seconds, peak = statistics.median(one.seconds for one in runs), max(one.peak for one in runs)
            startup.setdefault(suffix, seconds)
            cost = (seconds - startup[suffix]) / pixels * 1e9
            print(f"{pixels / 1e6:7.1f} megapixels to {suffix:4}  {seconds:8.2f} s, "
                  + f"{cost:6.1f} ns per pixel beyond the first tile, " * bool(size)
                  + f"{peak / 2**20:6.0f} MiB peak", flush=True)
        source.unlink()


def measure_engines(folder: Path, options: argparse.Namespace) -> None:
    """Compare the tile engine with the memory engine, and with one step using the same codecs on one thread."""
    source = folder / "compared.tif"
    make_photo(source, options.compared)
    in_memory = ["--engine", "memory", "--max-pixels", "100G"]
    in_tiles = ["--engine", "tiles"]
    step = [sys.executable, "-c", ONE_STEP, str(source), str(folder / "step.tif")]
    for threads, environment in (("all threads", {}), ("one thread", {"IMFILTER_WORKERS": "1"})):
        variants: Variants = {
            "--engine memory": lambda file, more=environment: run_filter(
                file, folder / "whole.tif", *in_memory, **more),
            "--engine tiles": lambda file, more=environment: run_filter(file, folder / "tiles.tif", *in_tiles, **more),
            "one step": lambda file: run_command(step, folder / "step.tif")}
        if not environment:  # one step uses one thread
            del variants["one step"]
        seconds = time_variants(variants, source, options.rounds)
        print_comparison(f"{options.compared:g} megapixels, TIFF to TIFF, {threads}", seconds, "--engine tiles")
    source.unlink()


def measure_arrays(folder: Path, options: argparse.Namespace) -> None:
    """Compare dask arrays with NumPy arrays, in memory."""
    code = [sys.executable, "-c", ARRAYS, str(choose_side(options.compared)), str(options.rounds)]
    for line in subprocess.run(code, check=True, capture_output=True, text=True).stdout.splitlines():
        print(f"{options.compared:g} megapixels, arrays, {line}", flush=True)


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """Start a dask scheduler and single-threaded workers that restart when they die; yield the scheduler's address."""
    contact = folder / "scheduler.json"
    contact.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli.dask_"]
    calls = [[*dask[:2], f"{dask[2]}scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
              "--scheduler-file", str(contact)]]
    calls += [[*dask[:2], f"{dask[2]}worker", "--scheduler-file", str(contact), "--nthreads", "1", "--no-dashboard",
               "--local-directory", str(folder)]] * workers
    processes = [subprocess.Popen(call, **quiet) for call in calls]  # type: ignore[call-overload]
    try:
        while not contact.exists():
            time.sleep(0.1)
        from distributed import Client

        with Client(scheduler_file=str(contact)) as client:
            if workers:
                client.wait_for_workers(workers, 60)
            address = client.scheduler.address
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()


def measure_cluster(folder: Path, options: argparse.Namespace) -> None:
    """Compare one worker process with two, and with two when one is killed halfway."""
    source = folder / "compared.tif"
    make_photo(source, options.compared)
    for work, more in CLUSTER_WORK.items():
        seconds: dict[str, list[float]] = {"one worker": [], "two workers": [], "one of two killed": []}
        threads = run_filter(source, folder / "threads.zarr", "--engine", "tiles", *more)
        checksums = {"threads": checksum_pixels(threads.result)}
        for _ in range(options.rounds):
            for name in seconds:
                with cluster(folder, 1 if name == "one worker" else 2) as address:
                    for suffix in ("tif", "zarr"):  # the first run makes the workers import what they need
                        halfway = seconds["two workers"][-1] / 2 if "killed" in name else 0
                        killer = threading.Timer(halfway, kill_worker, [address])
                        if halfway:
                            killer.start()
                        measured = run_filter(source, folder / f"shared.{suffix}", "--scheduler", address, *more)
                        killer.cancel()
                        checksums[f"{name}, {suffix}"] = checksum_pixels(measured.result)
                    seconds[name].append(measured.seconds)
        check_pixels(checksums)
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        print_comparison(
            f"{options.compared:g} megapixels, {work}, TIFF to Zarr, single-threaded workers", medians, "one worker")
    source.unlink()


def kill_worker(address: str) -> None:
    """Kill one worker of a cluster."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


CLUSTER_WORK = {"gaussian 3": (), "gaussian 3 and bilateral 3": ("--then", "bilateral:sigma_spatial=3")}
SECTIONS = {"sizes": measure_sizes, "engines": measure_engines, "arrays": measure_arrays, "cluster": measure_cluster}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help=f"only the sections whose name contains this: {', '.join(SECTIONS)}")
    parser.add_argument("--sizes", type=float, nargs="+", default=[10, 100, 1000], metavar="MEGAPIXELS",
                        help="image sizes of the first section")
    parser.add_argument("--compared", type=float, default=100, metavar="MEGAPIXELS",
                        help="image size of the other sections (default: 100)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements per median (default: 3)")
    parser.add_argument("--folder", type=Path, help="folder for temporary files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for section, measure in SECTIONS.items():
            if options.only in section:
                measure(Path(name), options)


if __name__ == "__main__":
    main()
