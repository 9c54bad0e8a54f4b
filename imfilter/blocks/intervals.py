"""Which rows of an image some rows of a result are computed from, and likewise for columns."""
from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..engine.borders import Border


class Interval(NamedTuple):
    """Rows start to stop - 1 of an image; where it wraps around they may lie outside.

    before, after: rows that the filter is to add where it can be told. first: which of all results the filter gives
    first.
    """

    start: int
    stop: int
    before: int
    after: int
    first: int

    def pieces(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield the rows of an image of this size that stand there, one run after the other."""
        at = self.start
        while at < self.stop:
            place = at % size
            length = min(size - place, self.stop - at)
            yield place, place + length
            at += length


class Axis(NamedTuple):
    """How the results along an axis are made from the pixels along it.

    size, results: how many there are of both. Result k sees `extent` pixels from k stride - before on; what stands
    outside is as `edge` says. padded: whether the filter is told how much to add outside; otherwise it adds as ever,
    and its results near the end of a window that is not the image's own are not used. grains: numbers of results that
    are computed together, from the first on. least: of how many results a window is, where there are as many.
    """

    size: int
    results: int
    before: int
    extent: int
    stride: int
    edge: Border
    padded: bool
    least: int = 1
    grains: tuple[int, ...] = ()

    def span(self, first: int, last: int) -> Interval:
        """Return what results first to last - 1 are computed from."""
        for grain in self.grains:
            first, last = min(first, first // grain * grain), max(last, -(-last // grain) * grain)
        last = min(max(last, first + self.least), self.results)
        first = max(min(first, last - self.least), 0)
        low, high = first * self.stride - self.before, (last - 1) * self.stride - self.before + self.extent
        start, stop = interval_with_border(self.edge, self.size, low, high) if self.results > self.least else (0, self.size)
        if not self.padded:
            start -= start % self.stride
            return Interval(start, stop, 0, 0, start // self.stride)
        before = start - low if start > low else (start - low) % self.stride
        return Interval(start, stop, before, max(high - stop, 0), first - (low - start + before) // self.stride)


def interval_with_border(edge: Border, size: int, low: int, high: int) -> tuple[int, int]:
    """Return the first row of an image that holds what stands at rows low to high - 1, and the one behind the last.

    A row at least. Around an image that wraps, rows outside stand for those of the other end.
    """
    if edge is Border.WRAP:
        return (low, high) if high - low < size else (0, size)
    start, stop = min(max(low, 0), size - 1), max(min(high, size), 1)
    if edge in (Border.REFLECT, Border.MIRROR):
        axis = int(edge is Border.MIRROR)  # the row at the edge, which is not seen twice
        if low < 0:
            stop = max(stop, axis - low)
        if high > size:
            start = min(start, size - (high - size) - axis)
        if start < 0 or stop > size:  # what is reflected is reflected again
            return 0, size
    return start, stop
