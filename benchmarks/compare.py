"""Compare imfilter with its peers: the same work in one process, interleaved, after a check that the results agree.

    pip install ".[bench]"
    python benchmarks/compare.py [--quick] [--only GROUP ...] [--cells WORD] [--rounds 5] [--threads 1 2]
                                 [--json FILE] [--more] [--statistic median] [--fresh-memory]

`python benchmarks` does the same and writes the page, as `python benchmarks/report.py FILE.json` does afterwards.

A cell is one computation. Its contestants take turns, so that a machine that slows down affects them equally; peers
whose results differ are left out and named. A figure is a peer's median time divided by imfilter's: above 1, imfilter
is faster. On a machine that others use as well, `--statistic minimum` divides the shortest times. Results go to
preallocated arrays where the peer supports it. `of limit` is the share of what the hardware allows: the time to copy
the same bytes for memory-bound work, the rate of PyTorch's matrix product for arithmetic-bound work (on some processors
the loops here are faster than that). Peers that are not installed are skipped. Calls of less than 20 ms are repeated
within a measurement; slow single-threaded peers are timed once.

The C library keeps freed memory for the next result (MALLOC_MMAP_MAX_, MALLOC_TRIM_THRESHOLD_, set for a new process),
as in a program that has run for a while: peers that allocate their results, PyTorch above all, would otherwise spend
much of their time on page faults. `--fresh-memory` leaves the allocator as it is.

`--quick` takes images of a sixteenth of the pixels and 3 rounds. `--more` adds memory, import and start-up times, and
the cost per pixel from 0.1 to 100 megapixels.
"""
from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from cells import GROUPS
from cells.common import Cell, Contestant, set_quick, set_threads, torch
from machine import describe_machine
from more import measure_more
from summary import format_summary

SINGLE_THREADED = {"SciPy", "scikit-image", "Pillow"}  # their times hold for every number of threads
RECYCLING = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
SHORTEST = 0.02  # seconds of a measurement
REST = 0.02  # seconds before each, in which the threads of the one before fall asleep: OpenMP's stay awake for 4 ms
STATISTICS: dict[str, Callable[[list[float]], float]] = {"median": statistics.median, "minimum": min}


def check_results(cell: Cell) -> tuple[dict[str, float], list[str]]:
    """Remove the peers that do not compute the same, away from the border.

    Returns the seconds of the slow ones that do, and what is wrong with those that were removed.
    """
    ours = np.array(cell.contestants["imfilter"](), np.float64)
    border = min(cell.border, len(ours) // 4)
    ours = ours[border:-border, border:-border]
    seconds, removed = {}, []
    for name, contestant in [*cell.contestants.items(), *cell.slow.items()]:
        if name == "imfilter":
            continue
        start = time.perf_counter()
        result = contestant()
        seconds[name] = time.perf_counter() - start
        theirs = np.asarray(result, np.float64)[border:-border, border:-border]
        difference = np.abs(np.clip(theirs, ours.min(), ours.max()) - ours).max(initial=0)
        if not difference <= cell.loose.get(name, cell.tolerance):
            removed.append(f"{cell.work}: {name} differs by {difference:.3g}")
            cell.contestants.pop(name, None)
            cell.slow.pop(name, None)
    return {name: seconds[name] for name in cell.slow}, removed


def time_contestants(cell: Cell, rounds: int, statistic: str) -> dict[str, float]:
    """Return the seconds of a call of each contestant, interleaved after a warm-up round, with a rest before each."""
    repeats = {name: math.ceil(SHORTEST / max(time_call(contestant), SHORTEST / 2000))
               for name, contestant in cell.contestants.items()}
    seconds: dict[str, list[float]] = {name: [] for name in cell.contestants}
    for _ in range(rounds):
        for name, contestant in cell.contestants.items():
            time.sleep(REST)
            seconds[name].append(time_call(contestant, repeats[name]))
    return {name: STATISTICS[statistic](times) for name, times in seconds.items()}


def time_call(call: Contestant, repeats: int = 1) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def measure_limit(cell: Cell) -> float | None:
    """Return the fewest seconds that the hardware allows on one thread, or None if unknown."""
    if cell.bytes:
        source = np.ones(cell.bytes // 2, np.uint8)
        target = np.empty_like(source)
        return statistics.median(time_call(lambda: np.copyto(target, source)) for _ in range(5))
    if cell.flops and torch:
        square = torch.ones(1536, 1536)
        with torch.inference_mode():
            torch.mm(square, square)
            rate = 2 * 1536**3 / min(time_call(lambda: torch.mm(square, square)) for _ in range(5))
        return cell.flops / rate
    return None


def measure_cells(options: argparse.Namespace) -> tuple[list[dict[str, Any]], list[str]]:
    """Measure and print the cells that were asked for, with each number of threads; also return what was left out."""
    rows: list[dict[str, Any]] = []
    left_out: list[str] = []
    for group in options.only or GROUPS:
        for cell in GROUPS[group]():
            if options.cells in cell.work:
                set_threads(options.threads[0])
                slow, removed = check_results(cell)
                left_out += removed
                for count in options.threads:
                    rows.append(make_row(group, cell, measure_cell(cell, slow, count, options), count))
                    print(format_row(rows[-1]), flush=True)
    return rows, left_out


def measure_cell(cell: Cell, slow: dict[str, float], threads: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the seconds of all contestants; those of the slow ones are known."""
    set_threads(threads)
    known = {name: taken for name, taken in slow.items() if threads == options.threads[0] or name in SINGLE_THREADED}
    return time_contestants(cell, options.rounds, options.statistic) | known


def make_row(group: str, cell: Cell, seconds: dict[str, float], threads: int) -> dict[str, Any]:
    """Return a measurement: imfilter's seconds, its share of the limit, and the peers' times relative to it."""
    ours = seconds.pop("imfilter")
    limit = measure_limit(cell) if threads == 1 else None
    return {"group": group, "work": cell.work, "threads": threads, "seconds": ours, "limit": limit and limit / ours,
            "peers": {name: taken / ours for name, taken in seconds.items()}, "pixels": cell.pixels,
            "claims": [vars(claim) for claim in cell.claims]}


def format_row(row: dict[str, Any]) -> str:
    """Return a line of text for one measurement, the fastest peer first."""
    peers = "  ".join(f"{name} {ratio:.2f}" for name, ratio in sorted(row["peers"].items(), key=lambda item: item[1]))
    share = f"  ({row['limit']:.0%} of limit)" if row["limit"] else ""
    return f"{row['work']:44} {row['threads']} thr  {peers}{share}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of what to measure, and how."""
    parser.add_argument("--quick", action="store_true", help="small images and 3 rounds, for a first look")
    parser.add_argument("--only", nargs="+", choices=list(GROUPS), metavar="GROUP",
                        help="groups of cells to measure (default: all): " + ", ".join(GROUPS))
    parser.add_argument("--cells", default="", metavar="WORD", help="only the cells whose name contains this")
    parser.add_argument("--rounds", type=int, help="measurements of each contestant (default: 5)")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}), metavar="N",
                        help="numbers of threads to measure with (default: 1 and all)")
    parser.add_argument("--statistic", choices=STATISTICS, default="median",
                        help="of the measurements (default: median)")
    parser.add_argument("--json", metavar="FILE", help="write the measurements to a JSON file, for report.py")
    parser.add_argument("--more", action="store_true", help="also measure memory, start-up and cost per pixel")
    parser.add_argument("--fresh-memory", action="store_true", help="do not keep freed memory for the next result")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the measurements and what they depend on, after printing them; begin again in a process that recycles."""
    if sys.platform == "linux" and not options.fresh_memory and not RECYCLING.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | RECYCLING)
    options.rounds = options.rounds or (3 if options.quick else 5)
    if options.quick:
        set_quick()
    rows, left_out = measure_cells(options)
    report: dict[str, Any] = {
        "machine": describe_machine(), "date": datetime.date.today().isoformat(), "rows": rows, "left out": left_out,
        "options": {name: getattr(options, name) for name in ("quick", "rounds", "statistic")}}
    print(*format_summary(report), sep="\n")
    if options.more:
        report["more"] = measure_more()
        print(json.dumps(report["more"], indent=2))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as stream:
            json.dump(report, stream, indent=1)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
