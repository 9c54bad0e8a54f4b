"""The summary of compare.py: geometric means, what they should be, and the cells that are behind."""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """The smallest ratio of any cell of a group, and the smallest geometric mean; some cells have smaller ones."""

    work: str
    least: float
    mean: float
    exceptions: dict[str, float] = field(default_factory=dict)

    def find_least(self, work: str) -> float:
        """Return the smallest ratio of a cell."""
        return next((least for word, least in self.exceptions.items() if word in work), self.least)


# Of the groups of cells. benchmarks/files.py compares whole programs: at least 1, on average 1.3 times vips' time.
GOALS = {
    "kernels": Goal("channel-wise kernels, every dtype", 1.2, 3, {"31 x 31": 1}),
    "blurs": Goal("gaussian, box, motion", 1, 2),
    "edges": Goal("edges", 1.2, 4),
    "sharpening": Goal("unsharp mask, difference of Gaussians", 1.3, 1.5),
    "layers": Goal("conv2d, with recycled memory", 1, 1.3),
    "stems": Goal("stems of networks, with recycled memory", 1, 1),
    "pooling": Goal("transposed convolutions, pools", 1, 1.5),
    "strides": Goal("strides", 1.1, 1.4),
    "colors": Goal("color matrix, gray", 0.97, 1.2),
    "rank": Goal("median, minimum, maximum, percentile, bilateral", 1.1, 1.5),
    "morphology": Goal("erosion, opening, gradient, top-hat", 1.2, 1.5),
    "local": Goal("local statistics, adaptive thresholds", 1.5, 3),
    "edge-preserving": Goal("guided", 1.5, 1.5),
    "denoising": Goal("non-local means", 1, 3),
    "varying": Goal("blurs by a map", 1, 1),
    "small": Goal("small calls", 1, 1.2),
    "skimage": Goal("replacements for scikit-image", 8, 15),
    "skimage-rank": Goal("replacements for scikit-image's rank filters", 20, 20),
    "ndimage": Goal("replacements for SciPy", 2, 10),
    "published": Goal("published workloads", 1, 1)}


def keep_compared(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of cells that have peers for every number of threads; exit if there are none."""
    rows = list(rows)
    alone = {(row["group"], row["work"]) for row in rows if not row["peers"]}
    compared = [row for row in rows if (row["group"], row["work"]) not in alone]
    if not compared:
        raise SystemExit("no cell has a peer: pip install '.[bench]', or choose other cells")
    return compared


def find_ratio(row: Row) -> float:
    """Return the time of the fastest peer divided by imfilter's."""
    return float(min(row["peers"].values()))


def average_ratios(rows: Iterable[Row]) -> float:
    """Return the geometric mean of the ratios to the fastest peer."""
    logarithms = [math.log(find_ratio(row)) for row in rows]
    return math.exp(sum(logarithms) / len(logarithms))


def summarize_groups(rows: list[Row]) -> list[dict[str, Any]]:
    """Return, for each group and number of threads, the number of cells, the geometric mean and the least ratio."""
    summary = []
    for group, threads in dict.fromkeys((row["group"], row["threads"]) for row in rows):
        members = [row for row in rows if (row["group"], row["threads"]) == (group, threads)]
        summary.append({"group": group, "threads": threads, "cells": len(members), "mean": average_ratios(members),
                        "least": min(map(find_ratio, members))})
    return summary


def format_summary(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the summary."""
    rows = keep_compared(report["rows"])
    machine = report["machine"]
    yield f"{machine['processor']}, {machine['cores']} cores, {machine['instruction set']} loops, {machine['system']}"
    yield ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"{'group':48} threads cells   mean (goal)   least (goal)"
    for line in summarize_groups(rows):
        goal = GOALS[line["group"]]
        yield (f"{goal.work:48} {line['threads']:7} {line['cells']:5} {line['mean']:6.2f} ({goal.mean:4g}) "
               f"{line['least']:7.2f} ({goal.least:4g})")
    for threads in sorted({row["threads"] for row in rows}):
        members = [row for row in rows if row["threads"] == threads]
        yield f"{'geometric mean of all cells':48} {threads:7} {len(members):5} {average_ratios(members):6.2f}"
    yield from format_behind(rows)
    yield from (f"left out: {peer}" for peer in report["left out"])


def format_behind(rows: list[Row]) -> Iterator[str]:
    """Yield the cells that are slower than a peer, then those that are ahead by less than their goal."""
    behind = sorted((row for row in rows if find_ratio(row) < 1), key=find_ratio)
    short = sorted((row for row in rows if 1 <= find_ratio(row) < GOALS[row["group"]].find_least(row["work"])),
                   key=find_ratio)
    for title, members in (("behind", behind), ("ahead, but by less than the goal", short)):
        yield f"{title}: {len(members) or 'none'}"
        for row in members:
            peer = min(row["peers"], key=row["peers"].get)
            yield (f"  {row['work']}, {row['threads']} thread{'s' * (row['threads'] > 1)}: {find_ratio(row):.2f} of "
                   f"{peer}, goal {GOALS[row['group']].find_least(row['work']):g}")
