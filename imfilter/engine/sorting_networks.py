"""Sorting networks that find the k-th smallest sample of each window; neighboring windows share exchanges."""
from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np


class Wire(NamedTuple):
    """A row of samples, the result of an exchange or a row of the window, shifted by some pixels."""

    source: int  # below 0: row -1 - source of the window
    shift: int


class Sorted(NamedTuple):
    """The sorted samples of a window, without those that cannot be the result."""

    wires: list[Wire]
    below: int  # samples already dropped at the low end
    above: int  # and at the high end


class Network(NamedTuple):
    """Exchanges that find the k-th smallest sample. Rows of samples are kept in slots.

    steps: (exchanges, 7) int64 array. Each puts the smaller and the larger of two samples into two slots: first slot,
    its shift in pixels, second slot, its shift, slot of the smaller, slot of the larger (-1: not needed), and how
    many pixels are needed beyond the results. The first slots hold the rows of the window.
    """

    steps: np.ndarray[Any, Any]
    slots: int
    result: int


class _Builder:
    """The exchanges so far. Exchange k yields source 2 k, the smaller, and source 2 k + 1, the larger."""

    def __init__(self, samples: int, rank: int) -> None:
        self.exchanges: list[tuple[Wire, Wire]] = []
        self._below, self._above = rank, samples - 1 - rank

    def exchange(self, first: Wire, second: Wire) -> list[Wire]:
        self.exchanges.append((first, second))
        k = 2 * len(self.exchanges)
        return [Wire(k - 2, 0), Wire(k - 1, 0)]

    def merge(self, first: list[Wire], second: list[Wire]) -> list[Wire]:
        """Merge two sorted lists by Batcher's odd-even merge."""
        if not first or not second:
            return first or second
        if len(first) == len(second) == 1:
            return self.exchange(first[0], second[0])
        even = self.merge(first[::2], second[::2])
        odd = self.merge(first[1::2], second[1::2])
        merged = even[:1]
        for low, high in zip_longest(odd, even[1:]):
            merged += self.exchange(low, high) if low and high else [low or high]
        return merged

    def sort(self, wires: list[Wire]) -> list[Wire]:
        half = len(wires) // 2
        return self.merge(self.sort(wires[:half]), self.sort(wires[half:])) if half else wires

    def trim(self, some: Sorted) -> Sorted:
        """Drop samples with too many others above or below them to be the result."""
        low = max(len(some.wires) - 1 - self._above + some.above, 0)
        high = min(self._below - some.below + 1, len(some.wires))
        return Sorted(some.wires[low:high], some.below + low, some.above + len(some.wires) - high)

    def merge_windows(self, first: Sorted, second: Sorted, shift: int) -> Sorted:
        """Merge the samples of two windows, the second `shift` pixels to the right of the first."""
        further = [Wire(wire.source, wire.shift + shift) for wire in second.wires]
        return self.trim(Sorted(
            self.merge(first.wires, further), first.below + second.below, first.above + second.above))


def build_network(height: int, width: int, rank: int) -> Network:
    """Return the network that finds the rank-th smallest sample of a window, counted from 0.

    Columns are sorted first, then windows of 2, 4, ... columns are merged from two of half the width. All windows that
    contain one of these share it.

    K. E. Batcher, "Sorting networks and their applications", AFIPS Spring Joint Computer Conference, 1968.
    """
    builder = _Builder(height * width, rank)
    level = builder.trim(Sorted(builder.sort([Wire(-1 - i, 0) for i in range(height)]), 0, 0))
    whole: Sorted | None = None
    columns, start = 1, 0
    while columns <= width:
        if width & columns:
            whole = builder.merge_windows(level, whole, columns) if whole else level
            start += columns
        columns *= 2
        if columns <= width:
            level = builder.merge_windows(level, level, columns // 2)
    assert whole is not None and len(whole.wires) == 1
    return _assign_slots(builder.exchanges, whole.wires[0], height)


def build_ragged_network(chords: Iterable[tuple[int, ...]], height: int, rank: int) -> Network:
    """Return the network that finds the rank-th smallest sample of a footprint.

    Columns with pixels in the same rows are sorted once; then neighbors are merged in pairs, and pairs in pairs.
    chords: row, first column and length of each run of pixels.
    """
    columns: dict[int, list[int]] = {}
    for row, first, length in chords:
        for column in range(first, first + length):
            columns.setdefault(column, []).append(row)
    builder, begins = _Builder(sum(map(len, columns.values())), rank), min(columns)
    made: dict[Hashable, Sorted] = {}  # windows by what they are made of, which neighbors share
    parts: list[tuple[Hashable, int]] = []  # kind and first column of each window
    for column, rows in sorted(columns.items()):
        kind: Hashable = tuple(rows)
        if kind not in made:
            made[kind] = builder.trim(Sorted(builder.sort([Wire(-1 - row, begins) for row in rows]), 0, 0))
        parts.append((kind, column - begins))
    while len(parts) > 1:
        pairs: list[tuple[Hashable, int]] = []
        for (one, column), (other, further) in zip(parts[::2], parts[1::2], strict=False):
            kind = one, other, further - column
            if kind not in made:
                made[kind] = builder.merge_windows(made[one], made[other], further - column)
            pairs.append((kind, column))
        parts = pairs + parts[2 * len(pairs):]
    return _assign_slots(builder.exchanges, made[parts[0][0]].wires[0], height)


def _assign_slots(exchanges: list[tuple[Wire, Wire]], result: Wire, height: int) -> Network:
    """Drop exchanges that do not affect the result; assign the others to as few slots as possible."""
    reach = {result.source: 0}
    last: dict[int, int] = {}
    for k in range(len(exchanges) - 1, -1, -1):
        ends = [reach[source] for source in (2 * k, 2 * k + 1) if source in reach]
        for wire in exchanges[k] if ends else ():
            reach[wire.source] = max(reach.get(wire.source, 0), max(ends) + wire.shift)
            last.setdefault(wire.source, k)

    slots = {-1 - i: i for i in range(height)}
    count = height
    free: list[int] = []
    steps = []
    for k, wires in enumerate(exchanges):
        made = [source for source in (2 * k, 2 * k + 1) if source in reach]
        if not made:
            continue
        for source in made:  # never one that is still read
            if not free:
                free.append(count)
                count += 1
            slots[source] = free.pop()
        first, second = wires
        steps.append((slots[first.source], first.shift, slots[second.source], second.shift,
                      slots.get(2 * k, -1), slots.get(2 * k + 1, -1), max(reach[source] for source in made)))
        free += {slots[wire.source] for wire in wires if wire.source >= 0 and last[wire.source] == k}
    return Network(np.array(steps, np.int64).reshape(-1, 7), count, slots[result.source])
