"""Along one axis: which interval of an image an interval of the result is computed from."""
from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..engine.borders import Border


class Interval(NamedTuple):
    """Rows start to stop - 1 of an image, or columns; they may lie outside an image that wraps around.

    before, after: rows that the filter must pad, if its padding can be set. first: the number, in the whole result, of
    the first row that the filter returns.
    """

    start: int
    stop: int
    before: int
    after: int
    first: int

    def split(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield the contiguous parts within an image of this size: several where it wraps around."""
        at = self.start
        while at < self.stop:
            place = at % size
            length = min(size - place, self.stop - at)
            yield place, place + length
            at += length


class Axis(NamedTuple):
    """How the results along an axis depend on the pixels along it.

    size, results: the number of pixels and of results. Result k depends on `extent` pixels from k stride - before on;
    after: padding behind the image. border: how the image continues. padded: whether the padding of the filter can be
    set. Otherwise it pads as usual, and its results near an end that is not one of the whole image are discarded.
    alignment: results are computed in groups of these sizes, counted from the first of all. least: the fewest results
    to compute at once, if there are as many. beyond: how many more pixels are read on either side, in steps of the
    stride.
    """

    size: int
    results: int
    before: int
    after: int
    extent: int
    stride: int
    border: Border
    padded: bool
    least: int = 1
    alignment: tuple[int, ...] = ()
    beyond: int = 0

    def source_interval(self, first: int, last: int) -> Interval:
        """Return the interval of the image that results first to last - 1 are computed from."""
        first, last = self._align(first, last)
        low = (first - self.beyond) * self.stride - self.before
        high = (last - 1 + self.beyond) * self.stride - self.before + self.extent
        start, stop = 0, self.size
        if self.results > self.least:
            start, stop = interval_with_border(self.border, self.size, low, high)
        if not self.padded:
            start -= start % self.stride
            return Interval(start, stop, 0, 0, start // self.stride)
        before = start - low if start > low else (start - low) % self.stride
        first = (start - before + self.before) // self.stride
        return Interval(start, stop, before, max(high - stop, 0), first)

    def gives_only(self, source: Interval, first: int, last: int) -> bool:
        """Return whether a filter with the padding of a source interval has only results first to last - 1."""
        count = (source.stop - source.start + source.before + source.after - self.extent) // self.stride + 1
        return self.padded and (source.first, count) == (first, last - first)

    def _align(self, first: int, last: int) -> tuple[int, int]:
        """Extend an interval of results to whole groups, and to the fewest results."""
        for size in self.alignment:
            first, last = min(first, first // size * size), max(last, -(-last // size) * size)
        last = min(max(last, first + self.least), self.results)
        return max(min(first, last - self.least), 0), last


def interval_with_border(border: Border, size: int, low: int, high: int) -> tuple[int, int]:
    """Return the smallest interval of an image that determines rows low to high - 1 of the image with its border.

    It has at least one row. In an image that wraps around, rows outside are those of the opposite end.
    """
    if border is Border.WRAP:
        return (low, high) if high - low < size else (0, size)
    start, stop = min(max(low, 0), size - 1), max(min(high, size), 1)
    if border in (Border.REFLECT, Border.MIRROR):
        mirrored = int(border is Border.MIRROR)  # the outermost row is not repeated
        if low < 0:
            stop = max(stop, mirrored - low)
        if high > size:
            start = min(start, size - (high - size) - mirrored)
        if start < 0 or stop > size:  # the reflection reaches beyond the opposite end
            return 0, size
    return start, stop
