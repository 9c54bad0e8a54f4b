"""Non-local means: pixels averaged with those around which the image looks alike, block by block.

A block gathers its pixels and those that offsets and patches reach, beyond the border too, in planes of floats; the
loops (pyx/patches.pyx) know no border, and nothing of the image's size is allocated but the result.
"""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype, to_native, working_dtype
from ..arrays.opened import OpenedImage
from ..errors import check_pair
from ..runtime.threads import run_task, thread_count
from . import _normalized, _patches
from .block_task import BlockTask
from .borders import Border, parse_border, parse_cval, source_indices
from .computation import Pair
from .output import allocate_output, write_output
from .request import FilterOptions

CACHE = 3 * 2**18  # bytes of a block's planes, about, that stay in the second-level cache
SCRATCH = 7 * 2**19  # bytes that they may take where margins would prevail in a smaller block
MOST_MARGIN = 1.8  # how many times as much work as its pixels a block in the cache may be
ROW = 64  # pixels that could be computed in the time that a row takes by itself
LANES = 16  # numbers that the loops compute at once, and that a cache line holds
LEAST_ROWS = 32  # of a block of a small image, which all threads share
SHORT_SUM = 84  # weights, about, that are added up before their sum is added to a total
ROUGH_ONE = 0.9710078239440918  # exp(0) by the rough powers of pyx/patches.h
LOG2_E = math.log2(math.e)
# Powers of 2 by which samples are multiplied, at most, so that squares of all that matter have room.
SCALES = {"f": (-70, 100), "d": (-600, 900)}


class Likeness(NamedTuple):
    """How pixels are weighted by the distance d of their patches, a mean of squares: exp(-max(d - noise, 0) / h^2).

    patch: rows and columns of a patch. before: those above and beside its center. search: the largest offset, down and
    across. strength: h, in the image's units. noise: what noise adds to distances, as a share of h^2.
    rough: whether weights below exp(-5) are 0, and others approximated within 4 %, as in scikit-image.
    """

    patch: int
    before: int
    search: int
    strength: float
    noise: float
    rough: bool = False

    @property
    def own(self) -> float:
        """The weight of the pixel itself."""
        return ROUGH_ONE if self.rough else 1.0

    @property
    def margins(self) -> Pair:
        """How many pixels offsets and patches reach, before and after a block."""
        return self.search + self.before, self.search + self.patch - 1 - self.before


class Scale(NamedTuple):
    """Samples are multiplied by 2**exponent. likeness: see _patches.add_offsets, for the scaled samples."""

    exponent: int
    likeness: tuple[float, float, float]


def choose_scale(likeness: Likeness, channels: int, working: np.dtype[Any]) -> Scale:
    """Return the scale that brings the distances that matter near 1: the squares of no image leave the range."""
    low, high = SCALES[working.char]
    terms = likeness.patch**2 * channels
    exponent = min(max(-math.frexp(likeness.strength)[1], low), high)
    unit = math.ldexp(likeness.strength, exponent)
    factor = LOG2_E / terms / unit / unit if unit > 1e-150 else math.inf
    most = float(np.finfo(working).max)
    least = -5 * LOG2_E if likeness.rough else -126.0
    return Scale(exponent, (min(factor, most), min(likeness.noise * LOG2_E, most), least))


class PreparedNonLocal:
    """Non-local means, ready to be run on images of one shape and dtype."""

    ready = None

    def __init__(self, opened: OpenedImage, likeness: Likeness, options: FilterOptions) -> None:
        self._layout, self._dtype = opened.layout, result_dtype(opened.dtype, options.dtype)
        self._stride = check_pair("stride", options.stride, 1)
        self._border = parse_border("mode", options.mode)
        self._cval = parse_cval(options.cval, self._border, opened.dtype)
        size = self._layout.size(opened.pixels.shape)
        results = [-(-length // step) for length, step in zip(size, self._stride, strict=True)]
        self._shape = self._layout.shape(opened.pixels.shape, *results)
        self._likeness, self._working = likeness, working_dtype(opened.dtype, self._dtype)

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        threads, source = thread_count(workers), self._layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self._shape, self._dtype, out, self._layout)
        if result.size:
            border = self._border, self._cval
            task = Task(source, target, self._likeness, self._working, self._stride, border, threads)
            run_task(task, threads if task.rows > 1 else 1)
        return write_output(result, self._dtype, out)


class Rooms(NamedTuple):
    """Arrays for the largest block, as _patches.add_offsets takes them. totals: of sums of some offsets each."""

    pixels: Array
    sums: Array
    spare: Array
    rings: Array
    rooms: Array
    lists: Array
    totals: Array


class Task(BlockTask):
    """Non-local means of a stack of images."""

    def __init__(
        self, source: Array, target: Array, likeness: Likeness, working: np.dtype[Any], stride: Pair,
        border: tuple[Border, float], threads: int,
    ) -> None:
        super().__init__(source, target)
        self._likeness, self._working, self._stride, self._border = likeness, working, stride, border
        self._scale = choose_scale(likeness, source.shape[3], working)
        self._finite = source.dtype.kind != "f" and math.isfinite(border[1])
        self._starts = _patches.first_columns((likeness.patch, likeness.before), likeness.search)
        self._cut(self._choose_size(threads))

    def _choose_size(self, threads: int) -> Pair:
        """Return the rows and columns of the results of a block: those with the least work beside them."""
        search, height = self._likeness.search, self._target.shape[1]
        parts = -(-2 * threads // len(self._target)) if threads > 1 else 1
        highest = min(height, max(-(-height // parts), LEAST_ROWS), max(1024 // self._stride[0], 1))
        beside = sum(self._likeness.margins) - search  # of which offsets compute half, on average
        best: tuple[float, Pair] | None = None
        for room in (CACHE, SCRATCH):
            for size in self._list_sizes(room, highest):
                rows, columns = self._span(size)
                pixels = min(rows, self._source.shape[1]) * min(columns, self._source.shape[2])
                cost = (rows + beside) * (columns + beside + ROW) / pixels
                if best is None or cost < best[0]:
                    best = cost, size
            if best is not None and best[0] < MOST_MARGIN:
                break
        return best[1] if best else (1, max(LANES // self._stride[1], 1))

    def _list_sizes(self, room: int, highest: int) -> list[Pair]:
        """Return sizes of results whose block takes at most so many bytes. highest: the most rows."""
        width = self._target.shape[2]
        sizes = []
        for columns in sorted({min(max(2**k // self._stride[1], 1), width) for k in range(4, 10)}):
            low, high = 0, highest
            while low < high:  # the most rows that fit
                rows = (low + high + 1) // 2
                low, high = (rows, high) if self._count_bytes((rows, columns)) <= room else (low, rows - 1)
            if low:
                sizes.append((low, columns))
        return sizes

    def _span(self, size: Pair) -> Pair:
        """Return the rows and columns of pixels from the first result of a block to its last one."""
        rows, columns = ((length - 1) * step + 1 for length, step in zip(size, self._stride, strict=True))
        return rows, columns

    def _count_bytes(self, size: Pair) -> int:
        return sum(math.prod(shape) for shape in self._room_shapes(size)) * self._working.itemsize

    def _room_shapes(self, size: Pair) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of all arrays of numbers for a block of results."""
        likeness = self._likeness
        shapes = _patches.room_shapes(
            self._source.shape[3], self._span(size), (likeness.patch, likeness.before), likeness.search)
        return *shapes, shapes[1]

    def _allocate_rooms(self) -> Rooms:
        """Return arrays for the largest block."""
        shapes = self._room_shapes(self._size)
        lists = np.empty(4 * (1 + self._source.shape[3]), np.intp)
        pixels, sums, spare, rings, rooms, totals = (_allocate(shape, self._working) for shape in shapes)
        return Rooms(pixels, sums, spare, rings, rooms, lists, totals)

    def _compute(self, n: int, top: int, left: int, rooms: Rooms) -> None:
        """Compute a block of results."""
        target = self._target[n, top:top + self._size[0], left:left + self._size[1]]
        rows, columns = size = self._span(target.shape[:2])
        down, across = self._stride
        likeness, (top, left) = self._likeness, (top * down, left * across)
        self._gather(n, (top, left), size, rooms.pixels)
        values = self._drop_infinities(rooms.pixels)
        for sums in (rooms.totals, rooms.sums, rooms.spare):
            sums[...] = 0
        terms = 2 * (2 * likeness.search + 1)  # of a row of offsets, for each pixel
        for offset in range(likeness.search + 1):
            if self._stopped:
                return
            _patches.add_offsets(
                rooms.pixels, values, *rooms[1:-1], size, (likeness.patch, likeness.before),
                likeness.search, offset, self._scale.likeness, likeness.rough)
            if offset == likeness.search or (offset + 1) * terms % SHORT_SUM < terms:
                rooms.totals[...] += rooms.sums
                rooms.sums[...] = 0
        start = self._starts[1]
        own = np.s_[:rows:down, start:start + columns:across]
        weights, unit = likeness.own + rooms.totals[0][own], self._working.type(math.ldexp(1, -self._scale.exponent))
        results = self._source[n, top:top + rows:down, left:left + columns:across].astype(self._working, "C")
        for c in range(results.shape[2]):
            results[:, :, c] += rooms.totals[1 + c][own] / weights * unit
        _normalized.store(results, target)

    def _gather(self, n: int, first: Pair, size: Pair, planes: Array) -> None:
        """Fill in the pixels of a block and of its margin, beyond the border too, scaled."""
        border, cval = self._border
        before, after = self._likeness.margins
        height, width = self._source.shape[1:3]
        rows, beyond = source_indices(border, height, first[0] - before, 1, size[0] + before + after)
        columns, beside = source_indices(border, width, first[1] - before, 1, size[1] + before + after)
        both = not isinstance(rows, slice) and not isinstance(columns, slice)
        start = self._starts[0] - before
        for c, plane in enumerate(planes):
            into = plane[:size[0] + before + after, start:start + size[1] + before + after]
            into[...] = self._source[n, :, :, c][rows[:, None] if both else rows, columns]
            if beyond is not None:
                into[beyond] = cval
            if beside is not None:
                into[:, beside] = cval
            if self._scale.exponent:
                into *= self._working.type(math.ldexp(1, self._scale.exponent))

    def _drop_infinities(self, pixels: Array) -> Array:
        """Return pixels with 0 in place of those whose distance from any other is not finite: their weights are 0."""
        largest = math.sqrt(float(np.finfo(self._working).max)) * 2**30
        if self._finite or np.abs(pixels).max() < largest:
            return pixels
        return np.where(np.abs(pixels) < largest, pixels, self._working.type(0))


def _allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array of zeros that begins with a cache line."""
    room = np.zeros(math.prod(shape) + LANES, dtype)
    first = -room.ctypes.data % 64 // dtype.itemsize
    array: Array = room[first:first + math.prod(shape)].reshape(shape)
    return array
