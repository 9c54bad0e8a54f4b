"""Statistics of rectangles: deviations and thresholds made of them, and the entropy of windows of any shape."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, round_to_dtype, to_native
from ..arrays.opened import OpenedImage, open_image
from ..errors import ImfilterError
from ..runtime.threads import run_task, thread_count
from . import _core
from .borders import parse_border
from .checks import check_flag
from .computation import Pair, WindowPlan
from .footprint import Footprint, chords_of, rectangle
from .rank import PreparedWindow, make_fill_value, prepare_extreme
from .request import FilterOptions

LARGEST_SIDE = 2**14  # rows and columns of a window of statistics
MOST_COUNTED = 2**18  # samples of a window whose entropy is computed: its table takes 2 MiB
STRIP = 2**16  # samples that become levels at a time, about
UNIT = 2.0**36  # of the terms of an entropy, as in entropy.pxi
COST = 30  # of a result, as in WindowPlan
EXACT_SUMS = tuple(map(np.dtype, (np.uint8, np.uint16, np.int16)))  # whose sums are those of integers


def prepare_statistic(
    opened: OpenedImage, size: Pair, statistic: str, options: FilterOptions, *, amount: float = 0.0,
    offset: float = 0.0, white: float = 1.0, scales: Array | None = None,
) -> PreparedWindow:
    """Prepare a statistic of rectangles. The rest is that of `Window` in pyx/engine.pxd; scales: (..., 2)."""
    plan = _make_plan(size, statistic)._replace(amount=amount, offset=offset, white=white, weights=scales)
    return PreparedWindow(opened, lambda *_: plan, options, selects=False)


def scaled_by(opened: OpenedImage, size: Pair, deviation: float) -> Array:
    """Return the scales of the threshold m + amount m (s / deviation - 1)."""
    height, width = opened.layout.size(opened.pixels.shape)
    planes = opened.pixels.size // max(height * width, 1)
    unit = math.prod(size) if sums_are_exact(opened.dtype) else 1
    return np.tile([0.0, unit * deviation], (max(planes, 1), 1))


def sums_are_exact(dtype: np.dtype[Any]) -> bool:
    """Return whether statistics of this dtype are computed from sums of integers."""
    return PROXY_DTYPE.get(dtype, dtype) in EXACT_SUMS


def _make_plan(size: Pair, statistic: str) -> WindowPlan:
    if max(size) > LARGEST_SIDE:
        raise ImfilterError(f"size must be at most {LARGEST_SIDE} rows and columns, got {size}")
    return WindowPlan("statistics", size, rectangle(size).before, COST, statistic=statistic)


class PreparedExtent:
    """A threshold m + amount (m - low) (s / largest - 1), ready to be run on images of one shape and dtype.

    low is the smallest sample of a channel of an image, largest the largest deviation of its windows.
    """

    ready = None

    def __init__(self, opened: OpenedImage, size: Pair, amount: float, white: float, options: FilterOptions) -> None:
        self._layout, self._size, self._amount, self._white = opened.layout, size, amount, white
        self._options = options
        self._border, self._exact = parse_border("mode", options.mode), check_flag("exact", options.exact)
        self._fill_value = make_fill_value(options.cval, self._border, opened)
        prepare_statistic(opened, size, "above_scaled", options, amount=amount, white=white,
                          scales=scaled_by(opened, size, 1.0))  # checks the rest

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        opened = open_image(pixels, self._layout.channel_axis)
        prepared = prepare_statistic(
            opened, self._size, "above_scaled", self._options, amount=self._amount, white=self._white,
            scales=self._measure(self._layout.images(to_native(pixels)), thread_count(workers)))
        return prepared.run(pixels, out, workers)

    def _measure(self, source: Array, threads: int) -> Array:
        """Return low and the largest deviation, in the unit of the loops, for each image and channel."""
        images, height, _, channels = source.shape
        if not source.size:
            return np.ones((1, 2))
        extents = np.empty((images, height, 2, channels))
        plan = _make_plan(self._size, "extent")._replace(exact=self._exact)
        packed = _core.PackedWindow(source, extents, plan, (1, 1), int(self._border), self._fill_value)
        task = packed.task(source, extents)
        assert task is not None
        run_task(task, threads)
        low, largest = extents[:, :, 1].min(axis=1), extents[:, :, 0].max(axis=1)
        largest[largest == 0] = np.inf  # then all deviations are 0, and so is their share
        return np.stack([low, largest], axis=-1)


class PreparedEntropy:
    """The entropy of windows, ready to be computed of images of one shape and dtype. white: their largest sample.

    Other samples than bytes become one of 256 levels from 0 to white. A window that contains NaN gives NaN.
    """

    def __init__(self, opened: OpenedImage, window: Footprint, white: float, options: FilterOptions) -> None:
        if window.samples > MOST_COUNTED:
            raise ImfilterError(
                f"size must be that of at most {MOST_COUNTED} samples, got {window.size[0]} x {window.size[1]}")
        self._window, self._options, self._layout = window, options, opened.layout
        self._levels = opened.dtype == np.uint8 and white == 255
        self._scale = 255 / white
        outside = float(make_fill_value(options.cval, parse_border("mode", options.mode), opened)[0])
        self._outside_missing = math.isnan(outside)
        if not self._levels and opened.dtype != np.bool_:
            outside = 0.0 if self._outside_missing else outside
            options = options._replace(cval=round(min(max(outside, 0.0), white) * self._scale))
        if options.dtype is None:
            options = options._replace(dtype=opened.dtype)
        chords = chords_of(window)
        plan = WindowPlan("entropy", window.size, window.before, 8.0 + 16 * len(chords), chords=chords,
                          weights=_list_growth(window.samples))
        levels = opened._replace(pixels=opened.pixels.view(np.uint8) if self._levels else _proxy(opened.pixels))
        self._prepared = PreparedWindow(levels, lambda *_: plan, options, selects=False)

    @property
    def ready(self) -> _core.ReadyCall | None:
        """What repeats the computation by one call of the core, where that is all it takes."""
        return self._prepared.ready if self._levels else None

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        if self._levels:
            return self._prepared.run(pixels, out, workers)
        missing = np.isnan(pixels).view(np.uint8) if pixels.dtype.kind == "f" else None  # `out` may be the image
        result = self._prepared.run(self._find_levels(pixels), out, workers)
        if missing is not None and result.dtype.kind == "f" and (self._outside_missing or missing.any()):
            result[self._spread(missing, workers) > 0] = np.nan
        return result

    def _spread(self, missing: Array, workers: int | None) -> Array:
        """Return 1 where a window contains a 1."""
        options = self._options._replace(dtype=None, cval=float(self._outside_missing))
        opened = open_image(missing, self._layout.channel_axis)
        return prepare_extreme(opened, self._window, True, options).run(missing, None, workers)

    def _find_levels(self, pixels: Array) -> Array:
        if pixels.dtype == np.bool_:
            return pixels.view(np.uint8)
        levels = np.empty(pixels.shape, np.uint8)
        step = max(STRIP * len(pixels) // max(pixels.size, 1), 1)
        for first in range(0, len(pixels), step):  # in double, but not all of it at once
            part = slice(first, first + step)
            with np.errstate(over="ignore"):
                scaled = np.multiply(pixels[part], self._scale, dtype=np.float64)
            levels[part] = round_to_dtype(scaled, levels.dtype)
        return levels


def _proxy(pixels: Array) -> Array:
    """Return an array of bytes of the same shape, for plans alone."""
    return np.broadcast_to(np.empty((), np.uint8), pixels.shape)


def _list_growth(samples: int) -> Array:
    """Return by how much c log2 c grows from each count c to the next, in whole units."""
    counts = np.arange(samples + 1, dtype=np.float64)
    terms = np.rint(counts * np.log2(np.maximum(counts, 1)) * UNIT).astype(np.int64)
    growth: Array = np.diff(terms)
    return growth
