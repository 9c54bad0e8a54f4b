"""Means and covariances of windows around every pixel, merged from windows of half the size.

The moments of two parts that lie side by side give those of both without a difference of large sums, so a flat window
has a variance of exactly 0, and an offset costs no digits. A window of 17 takes five merges along each axis.

T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
recommendations", The American Statistician 37, 1983.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from . import _merging


class Moments(NamedTuple):
    """Planes (planes, rows, columns) of means, and those of covariances or None. room: which room they are in, if any.
    """

    means: Array
    products: Array | None
    room: int | None = None

    def shift(self, axis: int, span: int) -> Moments:
        """Return the moments without the first `span` rows (axis 1) or columns (axis 2)."""
        rest = (slice(None),) * axis + (slice(span, None),)
        return self._replace(
            means=self.means[rest], products=None if self.products is None else self.products[rest])


class WindowMerger:
    """Merges the moments of windows in two rooms, arrays (planes, rows, columns) that take turns.

    pairs: for each covariance, the numbers of its two planes; None: means alone are merged.
    """

    def __init__(self, rooms: tuple[Array, Array], pairs: Array | None) -> None:
        self._rooms, self._pairs = rooms, pairs

    def merge_around(self, source: Moments, radius: tuple[int, int]) -> Moments:
        """Return the moments of windows of 2 radius + 1 rows and columns, the first of which is the source's first.

        A source in a room is overwritten.
        """
        for axis, pixels in enumerate(radius, 1):
            source = self._merge_along(source, axis, 2 * pixels + 1)
        return source

    def _merge_along(self, source: Moments, axis: int, size: int) -> Moments:
        """Return the moments of windows of an odd size along an axis: doubled windows, by the binary digits of it."""
        level, held, span, count = source, source, 1, 1
        while 2 * span <= size:
            level = self._merge(level, level.shift(axis, span), 0.5, self._other(held) if span == 1 else level.room)
            span *= 2
            if size & span:
                room = self._other(level) if held.room is None else held.room
                held = self._merge(level, held.shift(axis, span), count / (count + span), room)
                count += span
        return held

    @staticmethod
    def _other(moments: Moments) -> int:
        """Return the number of a room that does not hold these moments."""
        return 1 if moments.room == 0 else 0

    def _merge(self, first: Moments, second: Moments, share: float, room: int | None) -> Moments:
        """Merge the parts of windows into a room. share: of the second part in the whole."""
        assert room is not None
        rows, columns = map(min, first.means.shape[1:], second.means.shape[1:])
        count, into = len(first.means), self._rooms[room][:, :rows, :columns]
        if self._pairs is None or first.products is None or second.products is None:
            _merging.merge(first.means, second.means, into[:count], share)
            return Moments(into[:count], None, room)
        products = into[count:count + len(self._pairs)]
        _merging.merge_moments(
            first.means, second.means, first.products, second.products, self._pairs, into[:count], products, share)
        return Moments(into[:count], products, room)


def point_moments(means: Array, products: int) -> Moments:
    """Return the moments of single pixels, whose covariances are 0."""
    zeros = np.zeros(means.shape[2], means.dtype)
    return Moments(means, np.broadcast_to(zeros, (products, *means.shape[1:])))
