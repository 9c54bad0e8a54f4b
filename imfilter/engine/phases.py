"""Phases of transposed convolutions: every stride-th result along an axis, a convolution at stride 1 with some taps."""
from __future__ import annotations

import math
from typing import NamedTuple

from .computation import Pair


class Phase(NamedTuple):
    """Every stride-th result along an axis, from `first` on.

    results: how many there are. taps: which of the kernel they read, and how many those are; the first one reads the
    last pixel. dilation: pixels from one to the next. start: the pixel that the last tap reads for the first result; it
    may lie outside of the image.
    """

    first: int
    results: int
    taps: slice
    length: int
    dilation: int
    start: int

    def window(self, size: int) -> tuple[slice, Pair]:
        """Return the pixels that are read of an axis of this size, and how many zeros there are on both sides."""
        stop = self.start + self.results + (self.length - 1) * self.dilation
        low, high = min(max(self.start, 0), size), max(min(stop, size), 0)
        return slice(low, high), (max(-self.start, 0), max(stop - size, 0))


class Piece(NamedTuple):
    """One phase of the results of a row, or all of them side by side, as channels of one convolution.

    phases: one for each. place: which results of the row they are, and where those lie among what is computed.
    """

    phases: tuple[Phase, ...]
    place: slice
    crop: slice

    def is_whole(self, results: int) -> bool:
        """Return whether what is computed is a row of so many results, one beside the other."""
        return self.place == slice(0, results) and self.crop == slice(0, len(self.phases) * self.phases[0].results)


def split_phases(results: int, kernel: int, stride: int, dilation: int, before: int) -> list[Phase]:
    """Return the phases of an axis of so many results that read anything. before: results cropped in front of them."""
    step = stride // math.gcd(stride, dilation)  # taps from one that a result reads to the next
    spread = dilation * step // stride
    phases = []
    for tap in range(min(step, kernel)):
        remainder = dilation * tap % stride
        first = (remainder - before) % stride
        length = len(range(tap, kernel, step))
        start = (first + before - dilation * tap) // stride - (length - 1) * spread
        if first < results:
            phases.append(
                Phase(first, len(range(first, results, stride)), slice(tap, None, step), length, spread, start))
    return sorted(phases, key=lambda phase: phase.first)


def split_row(results: int, kernel: int, stride: int, dilation: int, before: int, joined: bool) -> list[Piece]:
    """Return the pieces of a row of results. joined: whether phases that read the same pixels may be one piece."""
    first, last = before // stride, -(-(before + results) // stride)
    whole = split_phases((last - first) * stride, kernel, stride, dilation, first * stride)
    if results and len(whole) == stride and (joined or stride == 1) and len({phase[3:] for phase in whole}) == 1:
        skipped = before - first * stride
        return [Piece(tuple(whole), slice(0, results), slice(skipped, skipped + results))]
    return [Piece((phase,), slice(phase.first, None, stride), slice(0, phase.results))
            for phase in split_phases(results, kernel, stride, dilation, before)]
