"""Kernels that a map chooses for each pixel: Gaussians of any sigma, boxes of any size, disks of any radius.

A block of results opens the kernels of its part of the map, and they are then added up over one plane of pixels after
another: one for each channel, and those of a mask.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..arrays.dtypes import Array, working_dtype
from ..errors import ImfilterError
from ..weights.elementary import exponential
from ..weights.taps import gaussian_taps
from . import _varying

PIECE = 32  # rows of pixels that boxes and disks read at a time
LARGEST_RADIUS = 1024  # pixels of a box or a disk on either side of its center
LARGEST_REACH = 256  # pixels of a Gaussian on either side: so many of a block and around it fit into the scratch
LARGEST_SIGMA = 1024
STEPS = 8  # levels of the ladder for each doubling of the variance
# The variances of the levels, from roots alone, which have the same bits everywhere.
_ROOT = math.sqrt(math.sqrt(math.sqrt(2)))
VARIANCES = np.array([math.ldexp(math.prod([_ROOT] * (k % STEPS)), k // STEPS) for k in range(20 * STEPS + 2)])


class BlockKernels(Protocol):
    """The kernels of a block of results.

    margin: pixels around it that they read. total: what sums are divided by; None: 1.
    """

    margin: int
    total: Array | None

    def pieces(self, rows: int) -> Iterator[tuple[int, int]]:
        """Yield the first row and the number of rows of each piece that is read, of `rows` rows of pixels."""

    def add(self, plane: Array, first: int, into: Array) -> None:
        """Add up the pixels of a piece, with the margin on both sides, whose first row stands at `first`."""


class MappedKernels(Protocol):
    """The kernels of a whole map."""

    @property
    def name(self) -> str:
        """The parameter that is a map."""

    def reach(self, largest: float) -> int:
        """Return how many pixels around itself a result reads; reject a map whose values are too large."""

    def real(self, image: np.dtype[Any], result: np.dtype[Any], largest: float) -> np.dtype[Any]:
        """Return the dtype that sums are computed in."""

    def open_block(self, values: Array, step: int, real: np.dtype[Any]) -> BlockKernels:
        """Return the kernels of a block. step: rows of pixels from one row of values to the next."""


class Gaussians(NamedTuple):
    """Gaussians of a map of sigmas.

    Up to sigma 1 each pixel has its own kernel. Above, results are interpolated, linearly in sigma^2, between the blurs
    of a ladder of sigmas 2^(k / 16), of which a block computes those that its pixels need. The second derivative of a
    Gaussian by its variance v has the absolute integral 1.24 / v^2, so the kernel that this makes is about
    1.24 (2^(1 / 8) - 1)^2 / 8 = 0.0013 from the true one in the sum of its absolute differences, and at most 0.002 with
    what is truncated at 4 sigma: a quarter of a level of bytes (tests/test_varying.py).
    """

    truncate: float
    name: str = "sigma"

    def reach(self, largest: float) -> int:
        most = min(LARGEST_REACH / self.truncate, LARGEST_SIGMA)
        if not largest <= most:
            raise ImfilterError(
                f"sigma must be at most {most:g} in a map with truncate {self.truncate:g}, got {largest:g}")
        if largest <= 1:
            return self._radius(largest)
        return self._radius(math.sqrt(VARIANCES[np.searchsorted(VARIANCES, largest**2)]))

    def real(self, image: np.dtype[Any], result: np.dtype[Any], largest: float) -> np.dtype[Any]:
        return working_dtype(image, result)

    def open_block(self, values: Array, step: int, real: np.dtype[Any]) -> BlockKernels:
        return GaussianBlock(self, values, step, real)

    def _radius(self, sigma: float) -> int:
        return int(self.truncate * sigma + 0.5)

    def direct_taps(self, sigmas: Array, real: np.dtype[Any]) -> Array | None:
        """Return the taps (distance, rows, columns) of the pixels with sigmas up to 1; None where there are none."""
        small = sigmas <= 1
        if not small.any():
            return None
        largest = float(np.max(sigmas, where=small, initial=0))
        taps = np.zeros((self._radius(largest) + 1, *sigmas.shape))
        taps[0] = small
        with np.errstate(divide="ignore", over="ignore", under="ignore"):
            falloff = -0.5 / (sigmas * sigmas)
            for distance in range(1, len(taps)):
                within = small & (self.truncate * sigmas + 0.5 >= distance)
                taps[distance][within] = exponential(falloff[within] * distance**2)
        taps /= np.maximum(taps[0] + 2 * taps[1:].sum(0), 1)
        return taps.astype(real)


class GaussianBlock:
    """The Gaussians of a block: taps of its own for small sigmas, and places on the ladder for others."""

    total: Array | None = None

    def __init__(self, kernels: Gaussians, sigmas: Array, step: int, real: np.dtype[Any]) -> None:
        self._step, self._direct = step, kernels.direct_taps(sigmas, real)
        self._places = find_places(sigmas).astype(real)
        above = self._places[self._places >= 0]
        levels = range(math.floor(above.min()), math.ceil(above.max()) + 1) if above.size else range(0)
        self._levels = [(number, level_taps(number, kernels.truncate).astype(real)) for number in levels]
        lengths = [len(taps) for _, taps in self._levels] + ([] if self._direct is None else [len(self._direct)])
        self.margin = max(lengths) - 1

    def pieces(self, rows: int) -> Iterator[tuple[int, int]]:
        yield -self.margin, rows + 2 * self.margin

    def add(self, plane: Array, first: int, into: Array) -> None:
        if self._direct is not None:
            _varying.add_direct(plane, self.margin, self._step, self._direct, into)
        room = np.empty((2, plane.shape[1]), plane.dtype)
        for number, taps in self._levels:
            _varying.add_level(plane, self.margin, self._step, taps, self._places, number, room, into)


def find_places(sigmas: Array) -> Array:
    """Return where sigmas stand on the ladder, as the number of a level and a share of the next; -2: up to 1."""
    variances = np.square(np.maximum(sigmas, 1))
    below = np.searchsorted(VARIANCES, variances, "right") - 1
    low, high = VARIANCES[below], VARIANCES[below + 1]
    places: Array = below + (variances - low) / (high - low)
    places[sigmas <= 1] = -2
    return places


@functools.lru_cache(maxsize=256)
def level_taps(number: int, truncate: float) -> Array:
    """Return the taps of a level of the ladder from the middle on, without those of 0, which would read NaN."""
    taps = gaussian_taps(math.sqrt(VARIANCES[number]), truncate)
    half: Array = np.trim_zeros(taps[len(taps) // 2:], "b")
    return half


class Boxes(NamedTuple):
    """Boxes of a map of sizes: real numbers, of which the outermost pixels have their share. Below 1, they are 1."""

    name: str = "size"

    def reach(self, largest: float) -> int:
        if not largest <= 2 * LARGEST_RADIUS + 1:
            raise ImfilterError(f"size must be at most {2 * LARGEST_RADIUS + 1} in a map, got {largest:g}")
        return math.ceil((largest - 1) / 2) if largest > 1 else 0

    def real(self, image: np.dtype[Any], result: np.dtype[Any], largest: float) -> np.dtype[Any]:
        return exact_real(image, result, self.reach(largest))

    def open_block(self, values: Array, step: int, real: np.dtype[Any]) -> BlockKernels:
        halves = ((np.maximum(values, 1) - 1) / 2).astype(real)
        margins = np.ceil(halves.max(1)).astype(np.int32)
        return RowBlock(margins, step, None, halves, np.square(1 + 2 * halves.astype(np.float64)))


class Disks(NamedTuple):
    """Disks of a map of radii."""

    name: str = "radius"

    def reach(self, largest: float) -> int:
        if not largest <= LARGEST_RADIUS:
            raise ImfilterError(f"radius must be at most {LARGEST_RADIUS} in a map, got {largest:g}")
        return int(largest)

    def real(self, image: np.dtype[Any], result: np.dtype[Any], largest: float) -> np.dtype[Any]:
        return exact_real(image, result, self.reach(largest))

    def open_block(self, values: Array, step: int, real: np.dtype[Any]) -> BlockKernels:
        squares = np.square(values).astype(np.int32)
        largest = values.max(1)
        counts = count_places(1 << int(largest.max()).bit_length())
        return RowBlock(largest.astype(np.int32), step, squares, None, counts[squares])


class RowBlock:
    """Boxes or disks of a block, row by row: a row's part is a sum of its pixels between two places."""

    def __init__(
        self, reaches: Array, step: int, squares: Array | None, halves: Array | None, total: Array
    ) -> None:
        self._reaches, self._step, self._squares, self._halves = reaches, step, squares, halves
        self.total: Array | None = total
        self.margin = int(reaches.max())

    def pieces(self, rows: int) -> Iterator[tuple[int, int]]:
        for first in range(-self.margin, rows + self.margin, PIECE):
            yield first, min(PIECE, rows + self.margin - first)

    def add(self, plane: Array, first: int, into: Array) -> None:
        sums = np.empty(((2 * self.margin + 1).bit_length(), plane.shape[1]), plane.dtype)
        _varying.add_rows(
            plane, first, self.margin, self._step, self._reaches, self._squares, self._halves, sums, into)


def exact_real(image: np.dtype[Any], result: np.dtype[Any], reach: int) -> np.dtype[Any]:
    """Return the dtype in which sums of integers over a window are exact, and others as exact as the result."""
    single = image.kind == "f" or (image.itemsize == 1 and 255 * (2 * reach + 1) ** 2 < 2**24)
    return working_dtype(image, result) if single else np.dtype(np.float64)


@functools.lru_cache(maxsize=8)
def count_places(radius: int) -> Array:
    """Return the number of pixels of disks by the square of their radius, up to a radius."""
    squares = np.square(np.arange(-radius, radius + 1))
    counts = np.zeros(radius * radius + 1)
    for square in squares:
        np.add.at(counts, squares[squares <= radius * radius - square] + square, 1)
    return np.cumsum(counts)
