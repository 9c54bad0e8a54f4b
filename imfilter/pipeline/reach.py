"""How far a result pixel sees: found by putting one row of NaN into an image and looking where it goes."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

FIRST, LARGEST = 2**6, 2**24  # pixels of the image looked at: of the first, and of the last that is tried


class Support(NamedTuple):
    """Pixels that a result pixel sees above and below itself, to its left and to its right; inf: any of them."""

    up: float
    down: float
    left: float
    right: float

    def after(self, first: Support, stride: tuple[int, int]) -> Support:
        """Return the reach of this on top of a step of that reach and stride."""
        down, across = stride
        steps = (down, down, across, across)
        up, below, left, right = (own * step + other for own, step, other in zip(self, steps, first, strict=True))
        return Support(up, below, left, right)


NOWHERE, ENDLESS = Support(0, 0, 0, 0), Support(math.inf, math.inf, math.inf, math.inf)


def measure_support(function: Callable[[Any], Any]) -> Support:
    """Return the reach of a filter whose border is 'nearest', and which NaN goes through as far as its kernel reaches.

    In an image of one column its row of NaN is a whole row of an endless image, so a line sees all of a kernel.
    """
    up, down = _along(function, 0)
    left, right = _along(function, 1)
    return Support(up, down, left, right)


def _along(function: Callable[[Any], Any], axis: int) -> tuple[float, float]:
    """Return how many pixels before and after itself a result pixel sees along an axis."""
    size = FIRST
    while size <= LARGEST:
        line = np.zeros(size)  # in double, which the smallest weights are read in
        line[size // 2] = np.nan
        seeing = np.flatnonzero(np.isnan(function(line[:, None] if axis == 0 else line[None])))
        if not seeing.size:
            return 0, 0
        if seeing[0] > 0 and seeing[-1] < size - 1:
            return int(seeing[-1]) - size // 2, size // 2 - int(seeing[0])
        size *= 4
    return math.inf, math.inf
