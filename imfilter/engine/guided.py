"""Guided filters: lines and planes that fit the pixels of a window by those of a guide, block by block.

A block gathers its pixels and those around it, beyond the border too, in planes of floats; what follows knows no
border, and nothing of the image's size is allocated but the result.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype, to_native, working_dtype
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError, check_pair
from ..runtime.threads import run_task, thread_count
from . import _merging, _normalized
from .block_task import BlockTask
from .borders import Border, parse_border, parse_cval, source_indices
from .computation import Pair
from .guide import check_guide_size, take_tile
from .output import allocate_output, write_output
from .region import get_region
from .request import FilterOptions
from .sliding_windows import BlockLimits, Room, choose_block

SCRATCH = 7 * 2**19  # bytes of a block's planes, about; more where windows are so large that margins would prevail
LARGEST = 2**17  # results of a block, about: so many that its margin is small, so few that threads share an image
ROW = 64  # samples that could be computed in the time that a row of a plane takes by itself
MOST_MARGIN = 12.0  # how many times as large as a block its planes may be
GROUP = 3  # channels that are filtered together with one guide


class Guidance(NamedTuple):
    """How pixels are fitted by a guide.

    radius: rows and columns of the window on either side, on the grid. epsilon: in units of the guide's variance.
    step: pixels from one place of the grid to the next. guide: (rows, columns, 1 or 3); None: the image, each channel
    by itself or, if joint, all of them together. scale: what a number in the image's units is in the guide's.
    """

    radius: Pair
    epsilon: float
    step: int
    guide: Array | None
    joint: bool
    scale: float


class PreparedGuided:
    """A guided filter, ready to be run on images of one shape and dtype."""

    ready = None

    def __init__(self, opened: OpenedImage, guidance: Guidance, options: FilterOptions) -> None:
        self._layout, self._dtype = opened.layout, result_dtype(opened.dtype, options.dtype)
        self._stride = check_pair("stride", options.stride, 1)
        self._border = parse_border("mode", options.mode)
        self._cval = parse_cval(options.cval, self._border, opened.dtype)
        size = self._layout.size(opened.pixels.shape)
        results = [-(-length // step) for length, step in zip(size, self._stride, strict=True)]
        self._shape = self._layout.shape(opened.pixels.shape, *results)
        channels = opened.view().shape[3]
        if guidance.joint and channels not in (1, 3):
            raise ImfilterError(f"joint needs an image of 1 or 3 channels, got one of shape {opened.pixels.shape}")
        region = get_region()
        first, whole = (region.first, region.whole.pixels) if region else ((0, 0), size)
        self._origin = first[0] * self._stride[0], first[1] * self._stride[1]
        dtypes = [opened.dtype, self._dtype]
        if guidance.guide is not None:
            check_guide_size(guidance.guide, whole)
            dtypes.append(guidance.guide.dtype)
            guidance = guidance._replace(guide=take_tile(guidance.guide, self._origin, size))
        self._guidance, self._working = guidance, working_dtype(*dtypes)

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        threads, source = thread_count(workers), self._layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self._shape, self._dtype, out, self._layout)
        if result.size:
            task = Task(source, target, self._guidance, self._working, Placing(
                self._border, self._cval, self._stride, self._origin))
            run_task(task, threads if task.rows > 1 else 1)
        return write_output(result, self._dtype, out)


class Placing(NamedTuple):
    """Where pixels outside of the image come from, and which results are computed.

    origin: the place of the first pixel in the whole image, from which the places of the grid are counted.
    """

    border: Border
    cval: float
    stride: Pair
    origin: Pair


class Span(NamedTuple):
    """The results start, start + stride, ... along one axis, and the grid that they are computed from.

    start: a pixel of the image. first: the first place of the grid, in pixels of the image, of as many as `places`.
    before, shares: for each result, which place without its margin lies at or before it, and how far it is
    from there to the next one.
    """

    start: int
    stride: int
    results: int
    first: int
    places: int
    before: Array
    shares: Array | None


def make_span(first: int, results: int, stride: int, origin: int, step: int, radius: int) -> Span:
    """Return the span of results first to first + results - 1. The grid reaches two windows beyond them."""
    pixels = first * stride + stride * np.arange(results)
    if step == 1:
        count = int(pixels[-1] - pixels[0]) + 1 + 4 * radius
        return Span(int(pixels[0]), stride, results, int(pixels[0]) - 2 * radius, count, pixels - pixels[0], None)
    places, beyond = np.divmod(pixels + origin, step)
    low = int(places[0])
    count = int(places[-1]) - low + 2 + 4 * radius
    return Span(int(pixels[0]), stride, results, (low - 2 * radius) * step - origin, count, places - low, beyond / step)


class Rooms(NamedTuple):
    """Planes (planes, rows, columns) of a block's pixels, twice those of the moments of its windows, and rows of these.
    """

    pixels: Array
    one: Array
    other: Array
    scratch: Array


class Task(BlockTask):
    """A guided filter of a stack of images."""

    def __init__(
        self, source: Array, target: Array, guidance: Guidance, working: np.dtype[Any], placing: Placing
    ) -> None:
        super().__init__(source, target)
        self._guidance, self._placing, self._working = guidance, placing, working
        guides = 0 if guidance.guide is None else guidance.guide.shape[2]
        if guidance.joint and source.shape[3] == 3:
            guides = 3
        self._guides, channels = guides, source.shape[3]
        group = GROUP if guides else 1
        self._groups = [slice(c, min(c + group, channels)) for c in range(0, channels, group)]
        self._pairs = _list_pairs(guides, min(group, channels))
        self._planes = max(guides + min(group, channels), 1)
        self._window = 2 * guidance.radius[0] + 1, 2 * guidance.radius[1] + 1
        self._cut(self._choose_size())

    def _choose_size(self) -> Pair:
        """Return the rows and columns of the results of a block: those with the smallest margin for their scratch."""
        height, width, channels = self._target.shape[1:]
        radius, step, stride = self._guidance.radius, self._guidance.step, self._placing.stride
        if not self._guides:
            limits = BlockLimits(SCRATCH, 3 * LARGEST // 4, channels if channels > 1 or step > 1 else 0)
            return choose_block((height, width), radius, step, stride, self._working, limits) or self._choose_least()
        planes = 3 * self._planes + 2 * len(self._pairs)
        best: tuple[float, Pair] | None = None
        for columns in {min(2**k, width) for k in range(4, 10)}:
            across = (columns * stride[1] - 1) // step + 3 + 4 * radius[1]
            room = SCRATCH // self._working.itemsize - across * planes * (4 * radius[0] + 3)
            each = across * planes * stride[0] / step + columns * (channels + 4 * self._guides + 4)
            rows = min(int(room / each), max(LARGEST // columns, 1), height)
            if rows < 1:
                continue
            down = (rows * stride[0] - 1) // step + 3 + 4 * radius[0]
            cost = down * (across + ROW) * step * step / (rows * columns * stride[0] * stride[1])
            if best is None or cost < best[0]:
                best = cost, (rows, columns)
        if best is None or best[0] > MOST_MARGIN:  # of windows so large that a block as large as one is better
            return self._choose_least()
        return best[1]

    def _choose_least(self) -> Pair:
        """Return the rows and columns of a block as large as a window."""
        sides = [max(2 * self._guidance.radius[k] * self._guidance.step // self._placing.stride[k], 16) for k in (0, 1)]
        return min(sides[0], self._target.shape[1]), min(sides[1], self._target.shape[2])

    def _allocate_rooms(self) -> Rooms | Room:
        """Return arrays for the planes of the largest block."""
        down, across = (
            make_span(0, size, stride, 0, self._guidance.step, radius).places + 1
            for size, stride, radius in zip(self._size, self._placing.stride, self._guidance.radius, strict=True))
        if not self._guides:
            return Room(down, across, self._window, self._working)
        moments = self._planes + len(self._pairs)
        pixels, one, other = (
            np.empty((planes, down, across), self._working) for planes in (self._planes, moments, moments))
        return Rooms(pixels, one, other, np.zeros((1 + moments, across), self._working))

    def _compute(self, n: int, top: int, left: int, rooms: Rooms | Room) -> None:
        """Compute a block of results."""
        target = self._target[n, top:top + self._size[0], left:left + self._size[1]]
        radius, step, placing = self._guidance.radius, self._guidance.step, self._placing
        rows, columns = (
            make_span(first, results, stride, origin, step, around)
            for first, results, stride, origin, around in zip(
                (top, left), target.shape[:2], placing.stride, placing.origin, radius, strict=True))
        if target.shape[2] == 1:
            _normalized.store(self._filter_group(n, self._groups[0], (rows, columns), rooms)[0][:, :, None], target)
            return
        values = np.empty(target.shape, self._working)
        for group in self._groups:
            for c, channel in enumerate(self._filter_group(n, group, (rows, columns), rooms), group.start):
                values[:, :, c] = channel
        _normalized.store(values, target)

    def _filter_group(self, n: int, group: slice, spans: tuple[Span, Span], rooms: Rooms | Room) -> list[Array]:
        """Return some channels of a block's results (rows, columns)."""
        planes = self._gather(n, group, spans, rooms.pixels)
        limits = np.finfo(self._working)
        least = min(max(self._guidance.epsilon, float(limits.tiny)), float(limits.max) / 4)
        if isinstance(rooms, Room):
            step = self._guidance.step
            first = [(span.first + start) // step for span, start in zip(spans, self._placing.origin, strict=True)]
            fitted = rooms.fit_lines((spans[0].places, spans[1].places), (first[0], first[1]), least)
        else:
            fitted = self._fit_guides(planes, group.stop - group.start, rooms, least)
        lines = _interpolate(fitted, *spans)
        guide = self._gather_guide(n, group, spans, planes)
        each = max(self._guides, 1) + 1
        for last in range(each - 1, len(lines), each):
            _merging.add_products(lines[last - each + 1:last], guide, lines[last])
        return list(lines[each - 1::each])

    def _fit_guides(self, planes: Array, channels: int, rooms: Rooms, least: float) -> Array:
        """Return the mean slopes and levels of all windows that contain a pixel, by the guides of some channels."""
        pairs, window, guides = _list_pairs(self._guides, channels), self._window, self._guides
        rows, columns = planes.shape[1:]
        moved = _merging.merge_windows(
            rooms.pixels, rooms.one, rooms.other, rooms.scratch, len(planes), pairs, (rows, columns), window, True)
        moments, room = (rooms.other, rooms.one) if moved else (rooms.one, rooms.other)
        rows, columns = rows - window[0] + 1, columns - window[1] + 1
        own = np.s_[:, :rows, :columns]
        means, products = moments[:len(planes)], moments[len(planes):len(planes) + len(pairs)]
        fitted = room[:channels * (guides + 1)]
        _merging.fit(means[own], products[own], fitted[own], guides, least)
        _merging.merge_windows(
            room, room, moments, rooms.scratch, len(fitted), pairs[:0], (rows, columns), window, False)
        return fitted[:, :rows - window[0] + 1, :columns - window[1] + 1]

    def _gather(self, n: int, group: slice, spans: tuple[Span, Span], room: Array) -> Array:
        """Fill in the guide and some channels of the image at the places of a grid, beyond the border too."""
        rows, columns = spans
        planes = room[:self._guides + group.stop - group.start, :rows.places, :columns.places]
        step = self._guidance.step
        down, across = (rows.first, step, rows.places), (columns.first, step, columns.places)
        self._take_guide(n, down, across, planes)
        for into, channel in zip(planes[self._guides:], range(group.start, group.stop), strict=True):
            self._take(self._source[n, :, :, channel], down, across, self._placing.cval, into)
        return planes

    def _take_guide(self, n: int, down: tuple[int, ...], across: tuple[int, ...], planes: Array) -> None:
        guide = self._source[n] if self._guidance.guide is None else self._guidance.guide
        for g in range(self._guides):
            self._take(guide[:, :, g], down, across, self._placing.cval * self._guidance.scale, planes[g])

    def _take(self, pixels: Array, down: tuple[int, ...], across: tuple[int, ...], fill: float, into: Array) -> None:
        """Copy samples of one plane; down, across: the first place, the step and the number of places."""
        border = self._placing.border
        rows, beyond = source_indices(border, pixels.shape[0], *down)
        columns, beside = source_indices(border, pixels.shape[1], *across)
        both = not isinstance(rows, slice) and not isinstance(columns, slice)
        into[...] = pixels[rows[:, None] if both else rows, columns]
        if beyond is not None:
            into[beyond] = fill
        if beside is not None:
            into[:, beside] = fill

    def _gather_guide(self, n: int, group: slice, spans: tuple[Span, Span], planes: Array) -> Array:
        """Return the guide at the places of the results."""
        rows, columns = spans
        count = max(self._guides, 1)
        if self._guidance.step == 1:
            (top, left), (down, across) = (2 * radius for radius in self._guidance.radius), self._placing.stride
            inner = planes[:count, top:top + rows.before[-1] + 1:down, left:left + columns.before[-1] + 1:across]
            return inner if across == 1 else np.ascontiguousarray(inner)
        guide = np.empty((count, rows.results, columns.results), self._working)
        places = (rows.start, rows.stride, rows.results), (columns.start, columns.stride, columns.results)
        if self._guides:
            self._take_guide(n, *places, guide)
        else:
            self._take(self._source[n, :, :, group.start], *places, 0.0, guide[0])
        return guide


def _list_pairs(guides: int, channels: int) -> Array:
    """Return the planes of each covariance: of guides with each other, and of each channel with every guide."""
    if not guides:
        return np.array([[0, 0]], np.intc)
    own = [(i, j) for i in range(guides) for j in range(i, guides)]
    return np.array(own + [(g, guides + c) for c in range(channels) for g in range(guides)], np.intc)


def _interpolate(planes: Array, rows: Span, columns: Span) -> Array:
    """Return planes of a grid at the places of results, linearly interpolated along both axes."""
    if rows.shares is None or columns.shares is None:
        if rows.stride == columns.stride == 1:
            return planes
        return np.ascontiguousarray(planes[:, ::rows.stride, ::columns.stride])
    low = planes.take(columns.before, 2)
    across = planes.take(columns.before + 1, 2)
    across -= low
    across *= columns.shares.astype(planes.dtype)
    across += low
    low = across.take(rows.before, 1)
    result: Array = across.take(rows.before + 1, 1)
    result -= low
    result *= rows.shares.astype(planes.dtype)[:, None]
    result += low
    return result
