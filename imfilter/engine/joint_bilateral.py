"""Bilateral means of all channels with the same weights: those of a guide, or of the image's own colors, in blocks.

A block gathers its pixels and those around it, beyond the border too, in planes of floats; what follows knows no
border, and nothing of the image's size is allocated but the result.
"""
from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype, to_native, working_dtype
from ..arrays.opened import OpenedImage
from ..errors import check_pair
from ..runtime.threads import run_task, thread_count
from . import _core, _normalized
from .block_task import BlockTask
from .borders import Border, parse_border, source_indices
from .checks import check_flag
from .computation import Pair
from .guide import check_guide_size, take_tile
from .output import allocate_output, check_fits_memory, write_output
from .rank import clip_stride, make_fill_value
from .region import get_region
from .request import FilterOptions

SCRATCH = 3 * 2**20  # bytes of a block's planes, about; more where windows are so large that margins would prevail
LARGEST = 2**15  # results of a block, about: so few that threads share an image
WORK = 2**25  # products of results and taps between two looks at whether to stop
PATCH = 2**17  # pixels that are gathered between two looks at whether to stop
ROOM = 64  # samples that vectors may reach beyond the last pixel
SMALLEST = -126.0  # exponent of 2 of a weight; smaller ones are 0
STRICTEST = 2.0**10  # strictness from which on integers that differ have no weight


class Likeness(NamedTuple):
    """How alike two pixels are: 2 ** (exponents - strictness**2 distance**2).

    exponents: of places of the window (rows, columns). guide: (rows, columns, channels), None: the image's own colors.
    absolute: whether distances are sums of magnitudes, not roots of sums of squares. scale: what a number in the
    image's units is in the guide's.
    """

    exponents: Array
    strictness: float
    guide: Array | None
    absolute: bool
    scale: float


@cache
def _load_loops(variant: str) -> Any:
    return import_module(f"imfilter.engine._joint_bilateral_{variant}")


class PreparedJointBilateral:
    """A bilateral filter whose channels share their weights, ready to be run on images of one shape and dtype."""

    ready = None

    def __init__(self, opened: OpenedImage, likeness: Likeness, options: FilterOptions) -> None:
        self._layout, self._dtype = opened.layout, result_dtype(opened.dtype, options.dtype)
        self._stride = check_pair("stride", options.stride, 1)
        self._border = parse_border("mode", options.mode)
        self._fill = float(make_fill_value(options.cval, self._border, opened)[0])
        self._variant = "baseline" if check_flag("exact", options.exact) else None
        size = self._layout.size(opened.pixels.shape)
        results = [-(-length // step) for length, step in zip(size, self._stride, strict=True)]
        self._shape = self._layout.shape(opened.pixels.shape, *results)
        check_fits_memory(self._shape)
        dtypes = [opened.dtype, self._dtype]
        if likeness.guide is not None:
            region = get_region()
            first, whole = (region.first, region.whole.pixels) if region else ((0, 0), size)
            check_guide_size(likeness.guide, whole)
            origin = first[0] * self._stride[0], first[1] * self._stride[1]
            guide = to_native(take_tile(likeness.guide, origin, size))
            likeness = likeness._replace(guide=guide)
            dtypes.append(guide.dtype)
        self._likeness, self._working = likeness, working_dtype(*dtypes)
        self._whole = all(dtype.kind in "biu" for dtype in (opened.dtype, *dtypes[2:]))
        if self._whole:  # its square is finite then
            self._likeness = likeness._replace(strictness=min(likeness.strictness, STRICTEST))

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        threads, source = thread_count(workers), self._layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self._shape, self._dtype, out, self._layout)
        if result.size:
            task = Task(source, target, self._likeness, self._working, Placing(
                self._border, self._fill, clip_stride(self._stride, source.shape), self._whole,
                self._variant or _core.used_variant()))
            run_task(task, threads if task.rows > 1 else 1)
        return write_output(result, self._dtype, out)


class Placing(NamedTuple):
    """Where pixels outside of the image come from, which results are computed, and how.

    whole: whether all samples are integers. variant: the instruction set of the loops.
    """

    border: Border
    fill: float
    stride: Pair
    whole: bool
    variant: str


class Rooms(NamedTuple):
    """Planes (planes, rows, columns) of a block's guide and pixels, its results, and three rows of them."""

    guide: Array
    image: Array
    means: Array
    rows: Array


class Task(BlockTask):
    """A joint bilateral filter of a stack of images."""

    def __init__(
        self, source: Array, target: Array, likeness: Likeness, working: np.dtype[Any], placing: Placing
    ) -> None:
        super().__init__(source, target)
        self._likeness, self._placing, self._working = likeness, placing, working
        self._loops = _load_loops(placing.variant)
        down, across = likeness.exponents.shape
        self._margin = down // 2, across // 2
        self._guides = source.shape[3] if likeness.guide is None else likeness.guide.shape[2]
        self._cut(self._choose_size())
        self._planes = tuple(
            (length - 1) * step + 1 + 2 * margin + room for length, step, margin, room in zip(
                self._size, placing.stride, self._margin, (0, ROOM), strict=True))
        counted = likeness.exponents > SMALLEST
        counted[self._margin] = False  # the pixel itself, whose weight is 1
        places = np.argwhere(counted) - self._margin
        self._offsets = np.ascontiguousarray(places[:, 0] * self._planes[1] + places[:, 1], np.intp)
        self._nearness = np.ascontiguousarray(likeness.exponents[counted], working)

    def _choose_size(self) -> Pair:
        """Return the rows and columns of the results of a block: those with the smallest margin for their scratch."""
        height, width, channels = self._target.shape[1:]
        stride, margin = self._placing.stride, self._margin
        planes = channels + (0 if self._likeness.guide is None else self._guides)
        best: tuple[float, Pair] | None = None
        for columns in {min(2**k, width) for k in range(6, 11)}:
            across = (columns - 1) * stride[1] + 1 + 2 * margin[1] + ROOM
            room = SCRATCH // self._working.itemsize - across * planes * (2 * margin[0] + 1)
            rows = min(room // (across * planes * stride[0] + columns * channels), max(LARGEST // columns, 1), height)
            if rows < 1:
                continue
            cost = ((rows - 1) * stride[0] + 1 + 2 * margin[0]) * across / (rows * columns)
            if best is None or cost < best[0]:
                best = cost, (rows, columns)
        return best[1] if best else (min(max(2 * margin[0] // stride[0], 1), height), min(64, width))

    def _allocate_rooms(self) -> Rooms:
        """Return arrays for the planes of the largest block; vectors read beyond the ends of rows."""
        channels = self._source.shape[3]
        image = np.zeros((channels, *self._planes), self._working)
        guide = image if self._likeness.guide is None else np.zeros((self._guides, *self._planes), self._working)
        return Rooms(guide, image, np.empty((*self._size, channels), self._working),
                     np.empty((3, self._planes[1]), self._working))

    def _compute(self, n: int, top: int, left: int, rooms: Rooms) -> None:
        """Compute a block of results."""
        target = self._target[n, top:top + self._size[0], left:left + self._size[1]]
        height, width = target.shape[:2]
        places = [(first * step - margin, (length - 1) * step + 1 + 2 * margin) for first, step, length, margin in zip(
            (top, left), self._placing.stride, (height, width), self._margin, strict=True)]
        self._gather(self._source[n], places, self._placing.fill, rooms.image)
        if self._likeness.guide is not None:
            self._gather(self._likeness.guide, places, self._placing.fill * self._likeness.scale, rooms.guide)
        means = rooms.means.reshape(-1)[:target.size].reshape(target.shape)
        across = max(WORK // max(len(self._offsets), 1), 64)
        down = max(across // width, 1)
        for y in range(0, height, down):
            for x in range(0, width, across):
                if self._stopped:
                    return
                self._average(rooms, (y, x), means[y:y + down, x:x + across])
        _normalized.store(means, target)

    def _average(self, rooms: Rooms, first: Pair, means: Array) -> None:
        """Compute some results of a block; first: the row and column of the first of them."""
        like, (down, across) = self._likeness, self._placing.stride
        place = self._margin[0] + first[0] * down, self._margin[1] + first[1] * across
        self._loops.average(
            rooms.guide, rooms.image, self._offsets, self._nearness, like.strictness,
            (like.guide is None, self._placing.whole, like.absolute), (down, across), place, rooms.rows, means)

    def _gather(self, pixels: Array, places: list[Pair], fill: float, planes: Array) -> None:
        """Copy pixels (rows, columns, channels) from some places on, beyond the border too, to planes."""
        (top, rows), (left, columns) = places
        across, beside = source_indices(self._placing.border, pixels.shape[1], left, 1, columns)
        each = max(PATCH // columns, 1)
        for first in range(0, rows, each):  # of huge windows, a few rows at a time
            if self._stopped:
                return
            count = min(each, rows - first)
            down, beyond = source_indices(self._placing.border, pixels.shape[0], top + first, 1, count)
            both = not isinstance(down, slice) and not isinstance(across, slice)
            patch = pixels[down[:, None] if both else down, across]
            if not (patch.flags.aligned and patch.dtype.isnative):
                patch = patch.astype(patch.dtype.newbyteorder("="))
            self._loops.split_channels(patch, planes, first)
            if beyond is not None:
                planes[:, first:first + count][:, beyond, :columns] = fill
        if beside is not None:
            planes[:, :rows, :columns][:, :, beside] = fill
