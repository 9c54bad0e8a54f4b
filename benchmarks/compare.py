"""Compare imfilter with its peers: the same work in one process, interleaved, after a check that the results agree.

    pip install ".[bench]"
    python benchmarks/compare.py [--only GROUP] [--rounds 5] [--threads 1 2] [--json FILE] [--chart FILE.svg] [--more]

A cell is one computation. Its contestants take turns, so that a machine that slows down affects them equally. A figure
is a peer's median time divided by imfilter's: above 1, imfilter is faster. Results go to preallocated arrays where the
peer supports it. `of limit` is the share of what the hardware allows: the time to copy the same bytes for memory-bound
work, the rate of a matrix product for arithmetic-bound work. Peers that are not installed are skipped. --more adds
scratch memory, import and start-up times, and the cost per pixel from 0.1 to 100 megapixels.
"""
from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

import cells
import numpy as np
from cells import GROUPS, RNG, Cell, Contestant, is_imported, set_threads
from chart import draw_chart

import imfilter


def check_results(cell: Cell) -> None:
    """Exit if the contestants do not compute the same, away from the border, where some peers differ."""
    ours = np.asarray(cell.contestants["imfilter"](), np.float64)
    border = min(40, len(ours) // 4)
    ours = ours[border:-border, border:-border]
    for name, contestant in [*cell.contestants.items(), *cell.slow.items()]:
        theirs = np.asarray(contestant(), np.float64)[border:-border, border:-border]
        difference = np.abs(np.clip(theirs, ours.min(), ours.max()) - ours).max(initial=0)
        if difference > cell.tolerance:
            raise SystemExit(f"{cell.work}: {name} differs by {difference}")


def time_contestants(cell: Cell, rounds: int) -> dict[str, float]:
    """Return the median seconds of each contestant, interleaved after a warm-up round."""
    seconds: dict[str, list[float]] = {name: [] for name in cell.contestants}
    for _ in range(rounds + 1):
        for name, contestant in cell.contestants.items():
            seconds[name].append(time_call(contestant))
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    return medians | {name: time_call(contestant) for name, contestant in cell.slow.items()}


def time_call(call: Contestant) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure_limit(cell: Cell) -> float | None:
    """Return the fewest seconds that the hardware allows on one thread, or None if unknown."""
    if cell.bytes:
        source = np.ones(cell.bytes // 2, np.uint8)
        target = np.empty_like(source)
        return statistics.median(time_call(lambda: np.copyto(target, source)) for _ in range(5))
    if cell.flops and is_imported("torch"):
        square = cells.torch.ones(1536, 1536)
        with cells.torch.inference_mode():
            cells.torch.mm(square, square)
            rate = 2 * 1536**3 / min(time_call(lambda: cells.torch.mm(square, square)) for _ in range(5))
        return cell.flops / rate
    return None


def measure_cells(only: str, rounds: int, threads: list[int]) -> list[dict[str, Any]]:
    """Measure and print all cells, or those of one group, with each number of threads."""
    rows = []
    for group, make_cells in GROUPS.items():
        for cell in make_cells() if only in ("", group) else ():
            for count in threads:
                set_threads(count)
                if count == threads[0]:
                    check_results(cell)
                rows.append(measure_cell(cell, rounds, count))
                print(format_row(rows[-1]), flush=True)
                cell.slow = {}
    return rows


def measure_cell(cell: Cell, rounds: int, threads: int) -> dict[str, Any]:
    """Return imfilter's seconds, its share of the limit, and the peers' times relative to it."""
    seconds = time_contestants(cell, rounds)
    ours = seconds.pop("imfilter")
    limit = measure_limit(cell) if threads == 1 else None
    return {"work": cell.work, "threads": threads, "seconds": ours, "limit": limit and limit / ours,
            "peers": {name: taken / ours for name, taken in seconds.items()}}


def format_row(row: dict[str, Any]) -> str:
    """Return a line of text for one measurement, the fastest peer first."""
    peers = "  ".join(f"{name} {ratio:.2f}" for name, ratio in sorted(row["peers"].items(), key=lambda item: item[1]))
    share = f"  ({row['limit']:.0%} of limit)" if row["limit"] else ""
    return f"{row['work']:36} {row['threads']} thr  {peers}{share}"


def measure_more() -> dict[str, Any]:
    """Return scratch memory, start-up times, and the cost per pixel by image size."""
    return {"scratch bytes per thread": find_scratch(),
            "start-up time relative to importing numpy and PIL.Image": measure_startup(),
            "ns per pixel, dense 5 x 5 RGB uint8": measure_pixel_cost()}


def find_scratch() -> dict[str, int]:
    """Return the scratch memory of a thread for three kernels."""
    image = np.zeros((cells.HEIGHT, cells.WIDTH, 3), np.uint8)
    kernels = {"3 x 3": RNG.normal(size=(3, 3)), "31 x 31": RNG.normal(size=(31, 31)),
               "box 31": np.ones((31, 31)) / 961}
    return {name: imfilter.plan(image, kernel).scratch for name, kernel in kernels.items()}


def measure_startup() -> dict[str, float]:
    """Return the time of four short Python programs, relative to importing NumPy and Pillow."""
    reference = "import numpy, PIL.Image"
    commands = {"python -c pass": ["-c", "pass"], reference: ["-c", reference],
                "import imfilter": ["-c", "import imfilter"], "imfilter list": ["-m", "imfilter", "list"]}
    seconds = {name: statistics.median(
        time_call(lambda run=run: subprocess.run([sys.executable, *run], stdout=subprocess.DEVNULL, check=True))
        for _ in range(9)) for name, run in commands.items()}
    return {name: taken / seconds[reference] for name, taken in seconds.items()}


def measure_pixel_cost() -> dict[str, float]:
    """Return the nanoseconds per pixel of a dense 5 x 5 kernel, on one thread, for images of growing size."""
    kernel, costs = RNG.normal(size=(5, 5)), {}
    for megapixels in (0.1, 1, 10, 100):
        side = int((megapixels * 1e6) ** 0.5)
        pixels, out = np.zeros((side, side, 3), np.uint8), np.empty((side, side, 3), np.uint8)
        imfilter.correlate(pixels, kernel, out=out, workers=1)
        seconds = statistics.median(
            time_call(lambda pixels=pixels, out=out: imfilter.correlate(pixels, kernel, out=out, workers=1))
            for _ in range(3))
        costs[f"{megapixels:g} Mpx"] = seconds / side**2 * 1e9
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", choices=list(GROUPS), metavar="GROUP",
                        help="measure one group of cells: " + ", ".join(GROUPS))
    parser.add_argument("--rounds", type=int, default=5, help="measurements per median (default: 5)")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}), metavar="N",
                        help="numbers of threads to measure with (default: 1 and all)")
    parser.add_argument("--json", metavar="FILE", help="write the measurements to a JSON file")
    parser.add_argument("--chart", metavar="FILE.svg", help="draw the ratios to the fastest peer")
    parser.add_argument("--more", action="store_true", help="also measure memory, start-up and cost per pixel")
    options = parser.parse_args()
    report: dict[str, Any] = {"rows": measure_cells(options.only, options.rounds, options.threads)}
    if options.more:
        report["more"] = measure_more()
        print(json.dumps(report["more"], indent=2))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as stream:
            json.dump(report, stream, indent=1)
    if options.chart:
        draw_chart(report["rows"], options.chart)


if __name__ == "__main__":
    main()
