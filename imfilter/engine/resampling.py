"""Shrinking to any size: sums down and across, with weights of its own for each row and each column of results.

A block of results is computed from a few rows of the image at a time, with what its border mode puts around it, so
nothing of the image's size is allocated but the result.
"""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, result_dtype, supported_dtype, to_native, working_dtype
from ..arrays.opened import OpenedImage
from ..errors import check_pair, check_real
from ..runtime._pool import count_threads
from ..runtime.threads import run_task, thread_count
from ..weights.resampling import Resampling, resampling_weights
from . import _normalized, _resampling
from .borders import Border, parse_border, parse_cval, source_indices
from .checks import check_flag
from .computation import Pair
from .normalized import Weights, check_weights
from .output import allocate_output, check_fits_memory, write_output
from .request import FilterOptions

LANES = 16  # rows of results that are computed at once, as in resampling.pyx
WIDE = 2**13  # samples of a row of sums, about: LANES of them, twice, stay in the second-level cache
PIECE = 2**15  # samples of the rows of the image that are read at a time, about
SECONDS = 2e-10  # of a weighted sample, about
DOUBLE = np.dtype(np.float64)


class Outside(NamedTuple):
    """How an image continues beyond its border: its mode, and the constant."""

    border: Border
    value: float


class PreparedResampling:
    """An image that is shrunk to a size, ready to be computed of images of one shape and dtype."""

    ready = None

    def __init__(self, opened: OpenedImage, size: Pair, name: str, options: FilterOptions) -> None:
        shape, image_dtype = opened.pixels.shape, supported_dtype(opened.dtype)
        self._layout, self._dtype = opened.layout, result_dtype(image_dtype, options.dtype)
        check_flag("exact", options.exact)  # each operation rounds once on any processor
        border = parse_border("mode", options.mode)
        cval = options.cval
        self._mask: Weights | None = None
        if options.mask is not None:
            beyond = check_real("cval", cval) if border is Border.CONSTANT else 0.0
            self._mask = check_weights(options.mask, shape, opened.layout, beyond)
            cval = 0.0 if math.isnan(beyond) else cval
        self._outside = Outside(border, parse_cval(cval, border, image_dtype))
        self._proxy = PROXY_DTYPE.get(self._dtype, self._dtype)
        self._working = DOUBLE if self._mask else working_dtype(image_dtype, self._proxy)
        stride = check_pair("stride", options.stride, 1)
        self._axes = tuple(resampling_weights(old, new, step, name) for old, new, step in zip(
            self._layout.size(shape), size, stride, strict=True))
        self._shape = self._layout.shape(shape, *(len(axis.taps) for axis in self._axes))
        check_fits_memory(self._shape)
        taps = sum(axis.weights.shape[1] for axis in self._axes)
        self._seconds = math.prod(self._shape) * taps * SECONDS

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        native, layout, weights = to_native(pixels), self._layout, self._mask
        source = layout.planes(native) if layout.planar and weights is None else None
        planes = source is not None
        if weights is not None and weights.mask is not None and out is not None and np.may_share_memory(
                out, weights.mask):
            weights = weights._replace(mask=weights.mask.copy())
        result, target = allocate_output(pixels, self._shape, self._dtype, out, layout, planes, self._proxy)
        source = layout.images(native) if source is None else source
        task = Task(source, target, self._axes, (self._outside, self._working), weights)
        run_task(task, count_threads(thread_count(workers), self._seconds))
        return write_output(result, self._dtype, out)


class Task:
    """Shrinking, ready to be computed block by block on any number of threads.

    axes: the weights down and across. kinds: what lies outside of the image, and the dtype of sums.
    """

    align = 1

    def __init__(
        self, source: Array, target: Array, axes: tuple[Resampling, ...], kinds: tuple[Outside, np.dtype[Any]],
        weights: Weights | None,
    ) -> None:
        self._source, self._target, (self._outside, self._dtype), self._mask = source, target, kinds, weights
        if weights is not None and weights.mask is None:
            self._mask = weights._replace(mask=~np.isnan(source) if source.dtype.kind == "f" else np.ones_like(
                source, bool))
        self._down, self._across = (
            Resampling(axis.taps, axis.weights.astype(self._dtype)) for axis in axes)
        height, width, channels = target.shape[1:]
        across, taps = max(width, 1), self._across.weights.shape[1]
        each = max(source.shape[2] / across * channels, 1)  # samples from one result to the next
        self._columns = min(max(int((WIDE - taps * channels) / each), LANES), across)
        self._counts = -(-height // LANES), -(-width // self._columns)
        self.rows = len(target) * math.prod(self._counts) if target.size else 0
        self._stopped = False

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            for number in range(first, last):
                if self._stopped:
                    return
                self._compute_block(*self._find(number))

    def _find(self, number: int) -> tuple[int, slice, slice]:
        """Return the image, the rows and the columns of a block."""
        number, across = divmod(number, self._counts[1])
        n, down = divmod(number, self._counts[0])
        height, width = self._target.shape[1:3]
        return n, slice(down * LANES, min((down + 1) * LANES, height)), slice(
            across * width // self._counts[1], (across + 1) * width // self._counts[1])

    def _compute_block(self, n: int, rows: slice, columns: slice) -> None:
        results = self._target[n, rows, columns]
        if self._mask is None:
            _normalized.store(self._sum(self._source[n], self._outside, rows, columns), results)
            return
        mask, beyond = self._mask.mask, self._outside._replace(value=self._mask.fill_weight)
        assert mask is not None
        weights = mask[min(n, len(mask) - 1)]
        total = self._sum(weights, beyond, rows, columns)
        sums = self._sum(self._source[n], self._outside, rows, columns, (weights, beyond))
        values = np.where(total == 0, np.nan, sums / total)
        _normalized.store(values, results)

    def _sum(
        self, source: Array, outside: Outside, rows: slice, columns: slice,
        mask: tuple[Array, Outside] | None = None,
    ) -> Array:
        """Return weighted sums (rows, columns, channels) of a block. mask: what pixels are multiplied by before."""
        channels, down, across = source.shape[-1], self._down.taps[rows], self._across.taps[columns]
        low, high = int(across[:, 0].min()), int(across[:, 1].max())
        width = (high - low) * channels
        sums = np.zeros((LANES, width), self._dtype)
        top, bottom = int(down[:, 0].min()), int(down[:, 1].max())
        step = max(PIECE // width, 1)
        for start in range(top, bottom, step):
            window = (start, min(start + step, bottom)), (low, high)
            pixels = read_window(source, outside, window, self._dtype)
            if mask is not None:
                counts = read_window(*mask, window, self._dtype)
                pixels = np.where(counts == 0, 0, pixels) * counts
            _resampling.add_rows(
                pixels.reshape(len(pixels), -1), start, down, self._down.weights[rows], sums[:len(down)])
        values = np.empty((len(down), len(across), channels), self._dtype)
        _resampling.add_columns(sums, low, across, self._across.weights[columns], channels,
                                np.empty(sums.size, self._dtype), values)
        return values


def read_window(source: Array, outside: Outside, window: tuple[Pair, Pair], dtype: np.dtype[Any]) -> Array:
    """Return the rows and columns of an image (rows, columns, channels) as floats; some may lie outside of it."""
    (top, bottom), (low, high) = window
    height, width = source.shape[:2]
    rows, beyond = source_indices(outside.border, height, top, 1, bottom - top)
    pixels = np.empty((bottom - top, high - low, source.shape[2]), dtype)
    start, stop = max(low, 0), min(high, width)
    pixels[:, start - low:stop - low] = source[:, start:stop][rows]  # rows of neighbors, which is fast
    numbers = np.arange(height)[rows, None]
    for first, last in ((low, start), (stop, high)):
        if first < last:
            columns, constant = source_indices(outside.border, width, first, 1, last - first)
            side = pixels[:, first - low:last - low]
            side[...] = source[numbers, columns]
            if constant is not None:
                side[...] = outside.value
    if beyond is not None:
        pixels[beyond] = outside.value
    return pixels
