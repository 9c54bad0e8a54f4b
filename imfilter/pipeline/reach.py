"""The support of a filter: measured by filtering an image with one row of NaN, and looking how far it spreads."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SMALLEST, LARGEST = 2**6, 2**24  # pixels of the first and of the last image that is tried


class Support(NamedTuple):
    """Pixels above, below, left and right of itself that a result pixel depends on; inf: any of them."""

    up: float
    down: float
    left: float
    right: float

    def after(self, first: Support, stride: tuple[int, int]) -> Support:
        """Return the support of this filter after a first one of that support and stride."""
        down, across = stride
        steps = (down, down, across, across)
        up, below, left, right = (own * step + other for own, step, other in zip(self, steps, first, strict=True))
        return Support(up, below, left, right)


SAME_PIXEL, UNBOUNDED = Support(0, 0, 0, 0), Support(math.inf, math.inf, math.inf, math.inf)


def measure_support(function: Callable[[Any], Any]) -> Support:
    """Return the support of a filter with border mode 'nearest', through which NaN spreads as far as its kernel.

    An image of one column represents infinitely long rows, so a single line measures the whole kernel.
    """
    up, down = _measure_along(function, 0)
    left, right = _measure_along(function, 1)
    return Support(up, down, left, right)


def _measure_along(function: Callable[[Any], Any], axis: int) -> tuple[float, float]:
    """Return the pixels before and after itself that a result pixel depends on along an axis."""
    size = SMALLEST
    while size <= LARGEST:
        line = np.zeros(size)  # in double, so that the smallest weights count
        line[size // 2] = np.nan
        affected = np.flatnonzero(np.isnan(function(line[:, None] if axis == 0 else line[None])))
        if not affected.size:
            return 0, 0
        if affected[0] > 0 and affected[-1] < size - 1:
            return int(affected[-1]) - size // 2, size // 2 - int(affected[0])
        size *= 4
    return math.inf, math.inf
