"""What a kernel's weights allow: integers times a scale, separable factors, runs of equal weights."""
from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

SAME = 1e-15  # relative difference that is attributed to the rounding of the kernel's own weights
LARGEST_DIVISOR = 12  # of the smallest weight, in the search for an integer scale
SHORTEST_RUN = 4  # equal weights from which summing by doubling pays


class Separable(NamedTuple):
    """A kernel that is the outer product of a column and a row."""

    column: Array
    row: Array

    @classmethod
    def from_factors(cls, column: Array, row: Array) -> Separable:
        """Return column[:, None] * row. Of a row of zeros the loops write nothing: the column gets the zeros."""
        if row.any():
            return cls(column, row)
        return cls(np.zeros_like(column), np.eye(1, len(row), len(row) // 2)[0])

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.column), len(self.row)

    @property
    def size(self) -> int:
        return len(self.column) + len(self.row)

    @property
    def taps(self) -> int:
        return int(np.count_nonzero(self.column)) + int(np.count_nonzero(self.row))


Kernel = Array | Separable


def parts_of(kernel: Kernel) -> tuple[Array, ...]:
    """Return the arrays whose product a kernel is: its column and its row, or the kernel alone."""
    return kernel if isinstance(kernel, Separable) else (kernel,)


def to_dense(kernel: Kernel) -> Array:
    """Return a kernel as one array."""
    return np.outer(*kernel) if isinstance(kernel, Separable) else kernel


def has_negative(kernel: Kernel) -> bool:
    """Return whether a weight, or a factor of it, is negative."""
    return any(part.min(initial=0) < 0 for part in parts_of(kernel))


def sum_of(kernel: Kernel) -> float:
    """Return the sum of all weights, infinite where it overflows, or NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.prod(float(part.sum()) for part in parts_of(kernel))


def absolute_sum(kernel: Kernel) -> float:
    """Return the sum of the absolute values of all weights."""
    with np.errstate(over="ignore"):
        return math.prod(float(np.abs(part).sum()) for part in parts_of(kernel))


def is_integral(values: Array) -> bool:
    """Return whether all values are integers."""
    return bool((values == np.rint(values)).all())


def cancels(kernel: Kernel) -> bool:
    """Return whether the weights of a kernel sum to 0, and not exactly in single precision.

    The difference of two pixels times a power of 2 is exact if they are near each other, and in any case rounded once.
    """
    if abs(sum_of(kernel)) > 1e-6 * absolute_sum(kernel):
        return False
    *column, row = (part[part != 0] for part in parts_of(kernel))
    two_pixels = len(row) == 2 and all(len(part) == 1 for part in column)
    return not (two_pixels and (np.abs(np.frexp(row)[0]) == 0.5).all())


# Taps of 3 x 3 kernels whose loops take differences of pixels first (square.pxi).
UPPER_LOWER = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]], bool)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)


def is_difference(kernel: Array) -> bool:
    """Return whether a 3 x 3 kernel weighs differences of opposite pixels, or of all pixels from the one in the middle.

    The weights of those must have one sign: infinity in the middle must not become NaN.
    """
    if kernel.shape != (3, 3):
        return False
    taps = kernel != 0
    if np.array_equal(taps, UPPER_LOWER):
        return np.array_equal(kernel[0], -kernel[2])
    if np.array_equal(taps, UPPER_LOWER.T):
        return np.array_equal(kernel[:, 0], -kernel[:, 2])
    if np.array_equal(kernel, -kernel[::-1, ::-1]):
        return True
    others = np.delete(kernel.ravel(), 4)
    return ((np.array_equal(taps, CROSS) or bool(taps.all())) and bool((others >= 0).all() or (others <= 0).all())
            and abs(sum_of(kernel)) <= SAME * absolute_sum(kernel))


def integer_scale(kernel: Array) -> tuple[Array, float]:
    """Return an integer kernel and a scale whose product is the kernel, or the kernel itself and 1."""
    if is_integral(kernel):
        return kernel, 1.0
    sizes = np.abs(kernel[kernel != 0])
    smallest = float(sizes.min())
    if not 1e-30 < smallest < 1e30 or sizes.max() > 1e4 * smallest:
        return kernel, 1.0
    for divisor in range(1, LARGEST_DIVISOR + 1):
        ratios = kernel * (divisor / smallest)
        if (np.abs(ratios - np.rint(ratios)) <= SAME * np.abs(ratios)).all():
            return np.rint(ratios), smallest / divisor
    return kernel, 1.0


def separable_factors(kernel: Array) -> Separable | None:
    """Return the column and row whose outer product is the kernel, or None if not separable or not worth it."""
    height, width = kernel.shape
    if height == 1 or width == 1:
        return None
    i, j = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    largest = kernel[i, j]
    if largest == 0:
        return None
    column, row = kernel[:, j] / largest, kernel[i]
    outer = column[:, None] * row
    total = absolute_sum(kernel)
    if not math.isfinite(total):  # no sum of differences says anything
        return None
    # A tap of 0 reads nothing, so it must stay 0: otherwise NaN and infinity under it would spread.
    if ((outer == 0) != (kernel == 0)).any() or np.abs(outer - kernel).sum() > SAME * total:
        return None
    return Separable(np.ascontiguousarray(column), np.ascontiguousarray(row))


def find_runs(row: Array) -> list[tuple[int, int]]:
    """Return (start, end) of each run of at least SHORTEST_RUN equal weights other than 0."""
    changes = np.flatnonzero(np.diff(row)) + 1
    bounds = [0, *changes.tolist(), len(row)]
    return [(start, end) for start, end in pairwise(bounds)
            if end - start >= SHORTEST_RUN and row[start] != 0]


def power_of_two_sums(kernel: Array) -> tuple[Array, int]:
    """Return the kernel's weights for sums of 1, 2, 4, ... neighboring samples, and how many doublings it reads.

    Doubling k of a row holds the sums of each 2**k neighboring taps (the loops may hold their means instead). The
    result (kh, (doublings + 1) * kw) has the weights of those sums, doubling after doubling: a run of n equal weights
    needs one sum for each 1 among n's binary digits.
    """
    height, width = kernel.shape
    runs = [find_runs(row) for row in kernel]
    longest = max((end - start for row in runs for start, end in row), default=0)
    doublings = max(longest.bit_length() - 1, 0)
    spread = np.zeros((height, doublings + 1, width))
    spread[:, 0] = kernel
    for i, row in enumerate(runs):
        for start, end in row:
            weight = kernel[i, start]
            spread[i, 0, start:end] = 0
            for doubling in reversed(range(doublings + 1)):
                if end - start >> doubling:
                    spread[i, doubling, start] = weight
                    start += 1 << doubling
    return spread.reshape(height, -1), doublings
