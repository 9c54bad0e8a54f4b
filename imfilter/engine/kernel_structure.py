"""What a kernel's numbers allow: whole numbers behind a scale, separable factors, runs of equal weights."""
from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

SAME = 1e-15  # relative size up to which a difference is the rounding of the kernel's own numbers
LARGEST_DIVISOR = 12  # of the smallest weight, in the search for a scale
SHORTEST_RUN = 4  # equal weights that are worth summing by doubling


class Separable(NamedTuple):
    """A kernel that is the outer product of a column and a row."""

    column: Array
    row: Array

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


Numbers = tuple[Any, bytes]  # a kernel's shape and weights, or the weights of a column and of a row


def kernel_key(kernel: Kernel) -> Numbers:
    """Return a kernel as something that can be looked up: equal when all its numbers are."""
    if isinstance(kernel, Separable):
        return kernel.column.tobytes(), kernel.row.tobytes()
    return kernel.shape, kernel.tobytes()


def kernel_from_key(numbers: Numbers) -> Kernel:
    """Return the kernel that was frozen, not to be written."""
    first, second = numbers
    if isinstance(first, bytes):
        return Separable(np.frombuffer(first), np.frombuffer(second))
    return np.frombuffer(second).reshape(first)


def absolute_sum(kernel: Kernel) -> float:
    """Return the sum of the sizes of all weights."""
    with np.errstate(over="ignore"):
        if isinstance(kernel, Separable):
            return float(np.abs(kernel.column).sum() * np.abs(kernel.row).sum())
        return float(np.abs(kernel).sum())


def is_integral(values: Array) -> bool:
    """Say whether all numbers are whole."""
    return bool((values == np.rint(values)).all())


def integer_scale(kernel: Array) -> tuple[Array, float]:
    """Return whole numbers and the scale that makes the kernel of them, or the kernel itself and 1."""
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
    """Return the column and the row whose outer product the kernel is, if it is one and they are fewer taps."""
    height, width = kernel.shape
    if height == 1 or width == 1:
        return None
    i, j = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    largest = kernel[i, j]
    if largest == 0:
        return None
    column, row = kernel[:, j] / largest, kernel[i]
    outer = column[:, None] * row
    # Taps of 0 must stay 0, which reads nothing: NaN and infinity would show.
    if ((outer == 0) != (kernel == 0)).any() or np.abs(outer - kernel).sum() > SAME * np.abs(kernel).sum():
        return None
    return Separable(np.ascontiguousarray(column), np.ascontiguousarray(row))


def find_runs(row: Array) -> list[tuple[int, int]]:
    """Return where runs of equal weights other than 0 start and end, in each of which at least SHORTEST_RUN stand."""
    edges = np.flatnonzero(np.diff(row)) + 1
    bounds = [0, *edges.tolist(), len(row)]
    return [(start, end) for start, end in pairwise(bounds)
            if end - start >= SHORTEST_RUN and row[start] != 0]


def power_of_two_sums(kernel: Array) -> tuple[Array, int]:
    """Return the kernel over a row and its levels, and how many levels it reads.

    Level k of a row holds the sums of each 2**k neighboring taps (the loops may hold their means instead). The result
    (kh, (levels + 1) * kw) has, level after level, the weights of those sums: a run of n equal weights needs one for
    each 1 in n's binary digits.
    """
    height, width = kernel.shape
    found = [find_runs(row) for row in kernel]
    longest = max((end - start for row in found for start, end in row), default=0)
    levels = max(longest.bit_length() - 1, 0)
    spread = np.zeros((height, levels + 1, width))
    spread[:, 0] = kernel
    for i, row in enumerate(found):
        for start, end in row:
            weight = kernel[i, start]
            spread[i, 0, start:end] = 0
            for level in reversed(range(levels + 1)):
                if end - start >> level:
                    spread[i, level, start] = weight
                    start += 1 << level
    return spread.reshape(height, -1), levels
