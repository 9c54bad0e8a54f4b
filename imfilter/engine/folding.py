"""Fold kernels that reach beyond the image and its border: taps that always read the same sample become one.

A reflected or wrapped axis is periodic, so taps a period apart read the same sample. Beyond a repeated edge or a
constant, all taps that lie outside for every result read that edge or constant. So the size of the image bounds the
cost per result, however large the kernel is. For floats, taps of different signs are not added up: infinity minus
infinity is NaN.
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


class Folding(NamedTuple):
    """How the taps along an axis are merged: tap i becomes tap positive[i] of `taps`, or negative[i] by its sign.

    positive: None where no taps are merged. lost: pixels by which the padding before the image shrinks. period: after
    how many pixels the axis repeats; 0: never.
    """

    positive: Array | None = None
    negative: Array | None = None
    taps: int = 0
    lost: int = 0
    period: int = 0

    def shorten_padding(self, before: int) -> int:
        """Return the padding before the image, or a region of it, that the merged taps need."""
        return (before - self.lost) % self.period if self.period else before - self.lost

    def fold(self, weights: Array, axis: int = 0) -> Array:
        """Return weights with the taps along an axis merged."""
        if self.positive is None or self.negative is None:
            return weights
        moved = np.moveaxis(weights, axis, 0)
        merged = np.zeros((self.taps, *moved.shape[1:]))
        np.add.at(merged, self.positive, np.maximum(moved, 0))
        np.add.at(merged, self.negative, np.minimum(moved, 0))
        return np.ascontiguousarray(np.moveaxis(merged, 0, axis))


class Foldings(NamedTuple):
    """How the taps along both axes are merged."""

    rows: Folding
    columns: Folding

    @property
    def merges(self) -> bool:
        """Whether any taps are merged."""
        return self.rows.positive is not None or self.columns.positive is not None

    def shorten_padding(self, margins: Margins) -> Pair:
        """Return the padding above and to the left that the merged taps need."""
        return self.rows.shorten_padding(margins[0][0]), self.columns.shorten_padding(margins[1][0])

    def fold(self, kernel: Kernel) -> Kernel:
        """Return a kernel with its taps merged."""
        if isinstance(kernel, Separable):
            return Separable.from_factors(self.rows.fold(kernel.column), self.columns.fold(kernel.row))
        return self.columns.fold(self.rows.fold(kernel), 1)


def fold_axes(
    whole: WholeImage, taps: Pair, margins: Margins, dilation: Pair, border: Border, signs_apart: bool
) -> Foldings:
    """Return how the taps along rows and columns are merged. margins: those of the image, unless it sets its own."""
    return Foldings(*(fold_axis(*axis, border, signs_apart) for axis in zip(
        whole.pixels, taps, whole.margins or margins, dilation, strict=True)))


def fold_axis(
    size: int, taps: int, margins: tuple[int, int], dilation: int, border: Border, signs_apart: bool
) -> Folding:
    """Return how taps along an axis of `size` pixels are merged; margins: padding before and after.

    It depends neither on the stride nor on the region that is computed, so all of them sum alike.
    """
    if size == 0:
        return Folding()
    numbers = np.arange(taps)
    if border in (Border.NEAREST, Border.CONSTANT):
        before = margins[0]
        last = sum(margins) + size - 1 - dilation * (taps - 1)  # the last result without stride
        seen = min(max(-((last - before) // dilation), 0), taps)  # the first tap that reads the image for any result
        after = min(max(-((-size - before) // dilation), seen), taps)
        low, high = max(seen - 1, 0), min(after, taps - 1)
        if low == 0 and high == taps - 1:
            return Folding()
        lowest, highest = max(low - signs_apart, 0), min(high + signs_apart, taps - 1)
        negative = np.where(numbers <= low, lowest, np.where(numbers >= high, highest, numbers))
        return Folding(numbers.clip(low, high) - lowest, negative - lowest, highest - lowest + 1, lowest * dilation)
    period = {Border.REFLECT: 2 * size, Border.MIRROR: max(2 * size - 2, 1), Border.WRAP: size}[border]
    count = period // math.gcd(period, dilation)
    if taps <= count << signs_apart:
        return Folding()
    return Folding(numbers % count, numbers % count + count * signs_apart, count << signs_apart, period=period)
