"""Fold kernels that reach beyond the image and its border: taps that always read the same sample become one.

A reflected or wrapped axis is periodic, so taps a period apart read the same sample. Beyond a repeated edge or a
constant, all taps that lie outside for every result read that edge or constant. So the size of the image bounds the
cost per result, however large the kernel is.
"""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .borders import Border, Margins
from .computation import Pair
from .kernel_structure import Kernel, Separable
from .region import WholeImage

Array = np.ndarray[Any, Any]

PERIODIC = (Border.REFLECT, Border.MIRROR, Border.WRAP)


class Folding(NamedTuple):
    """How the taps along an axis are merged: tap i becomes tap places[i] of `taps`.

    places: None where no taps are merged. lost: pixels by which the padding before the image shrinks. period: after
    how many pixels the axis repeats; 0: never.
    """

    places: Array | None = None
    taps: int = 0
    lost: int = 0
    period: int = 0

    def shorten_padding(self, before: int) -> int:
        """Return the padding before the image, or a region of it, that the merged taps need."""
        return (before - self.lost) % self.period if self.period else before - self.lost

    def fold(self, weights: Array, axis: int, reads: bool = False) -> Array:
        """Return weights with the taps along an axis merged.

        reads: whether the sum of weights that cancel must still be read, because it spreads NaN and infinity.
        """
        if self.places is None:
            return weights
        moved = np.moveaxis(weights, axis, 0)
        merged, used = np.zeros((self.taps, *moved.shape[1:])), np.zeros((self.taps, *moved.shape[1:]), bool)
        np.add.at(merged, self.places, moved)
        if reads:
            np.logical_or.at(used, self.places, moved != 0)
            merged[used & (merged == 0)] = np.finfo(np.float64).smallest_subnormal
        return np.ascontiguousarray(np.moveaxis(merged, 0, axis))


Foldings = tuple[Folding, Folding]  # along the rows and along the columns


def fold_axis(size: int, taps: int, margins: tuple[int, int], dilation: int, border: Border) -> Folding:
    """Return how taps along an axis of `size` pixels are merged; margins: padding before and after.

    It depends neither on the stride nor on the region that is computed, so all of them sum alike.
    """
    if size == 0:
        return Folding()
    if border in PERIODIC:
        period = {Border.REFLECT: 2 * size, Border.MIRROR: max(2 * size - 2, 1), Border.WRAP: size}[border]
        count = period // math.gcd(period, dilation)
        if taps > count:
            return Folding(np.arange(taps) % count, count, period=period)
        return Folding()
    before = margins[0]
    last = sum(margins) + size - 1 - dilation * (taps - 1)  # the last result without stride
    first_seen = min(max(-((last - before) // dilation), 0), taps)  # the first tap that reads the image for any result
    first_after = min(max(-((-size - before) // dilation), first_seen), taps)
    low, high = max(first_seen - 1, 0), min(first_after, taps - 1)
    if low > 0 or high < taps - 1:
        return Folding(np.clip(np.arange(taps), low, high) - low, high - low + 1, low * dilation)
    return Folding()


def fold_axes(whole: WholeImage, taps: Pair, margins: Margins, dilation: Pair, border: Border) -> Foldings:
    """Return how the taps along rows and columns are merged. margins: those of the image, unless it sets its own."""
    rows, columns = (fold_axis(*axis, border) for axis in zip(
        whole.pixels, taps, whole.margins or margins, dilation, strict=True))
    return rows, columns


def shorten_padding(foldings: Foldings, margins: Margins) -> Pair:
    """Return the padding above and to the left that the merged taps need."""
    return foldings[0].shorten_padding(margins[0][0]), foldings[1].shorten_padding(margins[1][0])


def fold_kernel(kernel: Kernel, foldings: Foldings, reads: bool) -> Kernel:
    """Return a kernel with its taps merged; reads: see Folding.fold."""
    if isinstance(kernel, Separable):
        return Separable(foldings[0].fold(kernel.column, 0, reads), foldings[1].fold(kernel.row, 0, reads))
    return fold_weights(kernel, foldings, reads)


def fold_weights(weights: Array, foldings: Foldings, reads: bool) -> Array:
    """Return weights (..., kh, kw) with their taps merged; reads: see Folding.fold."""
    return foldings[1].fold(foldings[0].fold(weights, -2, reads), -1, reads)
