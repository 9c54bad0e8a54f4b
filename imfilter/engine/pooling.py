"""Pooling: the maximum or the mean of the window of each result, which may lie partly outside of the image."""
from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, exceeds_float64, result_dtype, sample_limits, to_native, working_dtype
from ..arrays.layout import ArrayLayout
from ..arrays.opened import OpenedImage
from ..errors import check_pair
from ..runtime._pool import count_threads
from ..runtime.threads import run_task, thread_count
from . import _core, _normalized, _pooling
from .borders import Margins
from .checks import check_flag
from .computation import Pair
from .output import allocate_output, check_fits_memory, check_out, write_output
from .planner import PEAK
from .pool_windows import check_divisor, count_windows, place_windows, pool_margins
from .rank import find_places

SAMPLES = ("u1", "u2", "i2", "i4", "f4", "f8")  # as Sample in pyx/engine.pxd
SECONDS = 1e-10  # that a sample takes, about
BAND = 2**14  # means that stay in the cache until they are rounded, about
SHARES = 2  # strips per thread: threads that round need the interpreter's lock after each
EXACT_SUMS = 2**23  # sums of integers below which float32 holds them exactly, and their quotients round as they should
MOST_FLOATS = 2**10  # samples of floats up to which sums are in float32


class PoolOptions(NamedTuple):
    """Keywords of `max_pool2d` and `avg_pool2d` that decide what is computed, as the caller gave them."""

    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    ceil_mode: Any = False
    count_include_pad: Any = True
    divisor_override: Any = None
    dtype: Any = None


class PoolGeometry(NamedTuple):
    """Which windows there are, and what their sums are divided by: all that is asked of a pool but dtypes, checked.

    divisor: instead of the number of pixels that count; 0 for that number, which with `included` has the padding in it.
    """

    size: Pair
    stride: Pair
    dilation: Pair
    margins: Margins
    ceil_mode: bool
    included: bool
    divisor: int


def pool_image(
    opened: OpenedImage, size: Any, mean: bool, options: PoolOptions, out: Array | None, workers: int | None
) -> Array:
    """Pool an image: the means of windows, or the largest samples. Options are those of `imfilter.avg_pool2d`."""
    shape, layout = opened.pixels.shape, opened.layout
    taps, dilation = check_pair("size", size, 1), check_pair("dilation", options.dilation, 1)
    stride = taps if options.stride is None else check_pair("stride", options.stride, 1)
    margins = pool_margins(options.padding, taps, dilation, layout.size(shape), stride)
    geometry = PoolGeometry(
        taps, stride, dilation, margins, check_flag("ceil_mode", options.ceil_mode),
        check_flag("count_include_pad", options.count_include_pad), check_divisor(options.divisor_override))
    dtype = result_dtype(opened.dtype, options.dtype)
    return prepare_pool(shape, opened.dtype, layout, geometry, dtype, mean).run(opened.pixels, out, workers)


@lru_cache(maxsize=64)
def prepare_pool(
    shape: tuple[int, ...], image_dtype: np.dtype[Any], layout: ArrayLayout, geometry: PoolGeometry,
    dtype: np.dtype[Any], mean: bool,
) -> PreparedPool:
    """Prepare a pool of images of one shape and dtype, or take it from the cache."""
    return PreparedPool(shape, image_dtype, layout, geometry, dtype, mean)


class PreparedPool:
    """A pool, ready to be run on images of one shape and dtype. dtype: of the result. mean: not the maximum."""

    def __init__(
        self, shape: tuple[int, ...], image_dtype: np.dtype[Any], layout: ArrayLayout, geometry: PoolGeometry,
        dtype: np.dtype[Any], mean: bool,
    ) -> None:
        axes = list(zip(layout.size(shape), geometry.size, geometry.margins, geometry.stride, geometry.dilation,
                        strict=True))
        height, width = (count_windows(*along, geometry.ceil_mode) for along in axes)
        self._layout, self._dtype, self._shape = layout, dtype, layout.shape(shape, height, width)
        self._geometry = geometry
        check_fits_memory(self._shape)
        down, across = (place_windows(count, *along) for count, along in zip((height, width), axes, strict=True))
        divisors = [one.places if geometry.included else one.counts for one in (down, across)]
        if geometry.divisor:
            divisors = [np.full(height, geometry.divisor), np.ones(width)]
        read = PROXY_DTYPE.get(image_dtype, image_dtype)
        self._sums = _sum_dtype(read, dtype, math.prod(geometry.size)) if mean else None
        self._computed = self._sums or read
        nothing = np.zeros(1, self._sums) if self._sums else np.array([sample_limits(read)[0]], read)
        self._windows = _pooling.Windows(
            SAMPLES.index(read.str[1:]), self._sums.itemsize if self._sums else 0, down[:5], across[:5],
            (divisors[0].astype(np.float64), divisors[1].astype(np.float64)), nothing)
        taps = int(down.counts.max(initial=0) + across.counts.max(initial=0))
        self._seconds = math.prod(self._shape) * (math.prod(geometry.stride) + taps) * SECONDS

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        if self._sums is None and exceeds_float64(pixels):
            if out is not None:
                check_out(out, self._shape, self._dtype)
            return write_output(self._pool_places(pixels, workers), self._dtype, out)
        threads, native, layout = thread_count(workers), to_native(pixels), self._layout
        source = layout.planes(native) if layout.planar else None
        planes = source is not None
        source = layout.images(native) if source is None else source
        if not _core.has_packed_rows(source):
            source = np.require(source, source.dtype.newbyteorder("="), ["C", "A"])
        # Results that are rounded are written band by band, others as they are.
        rounded = self._sums is not None and self._computed != self._dtype
        proxy = PROXY_DTYPE.get(self._dtype, self._dtype)
        written = proxy if rounded else self._computed
        if out is not None:
            check_out(out, self._shape, self._dtype)
        direct = out if written == self._dtype else None
        result, target = allocate_output(pixels, self._shape, written, direct, layout, planes)
        if result.size:
            threads = count_threads(threads, self._seconds)
            if rounded:
                run_task(Rounding(self._windows, source, target, self._computed), threads, SHARES)
            else:
                run_task(_pooling.Task(self._windows, source, target), threads)
        return write_output(result, self._dtype, out)

    def _pool_places(self, pixels: Array, workers: int | None) -> Array:
        """Return the largest samples of integers beyond float64: their places in the list of all samples are pooled."""
        samples, places, _ = find_places(pixels, (sample_limits(pixels.dtype)[0],))
        pool = prepare_pool(pixels.shape, places.dtype, self._layout, self._geometry, places.dtype, False)
        # A window of no pixels gives the lowest int32, which stands for the lowest sample.
        largest: Array = samples[np.maximum(pool.run(places, None, workers), 0)]
        return largest


class Rounding:
    """Means that are rounded band by band, on any number of threads. sums: dtype of the means before."""

    align = 1

    def __init__(self, windows: _pooling.Windows, source: Array, target: Array, sums: np.dtype[Any]) -> None:
        self._windows, self._source, self._target, self._sums = windows, source, target, sums
        self.rows, self._stopped = math.prod(target.shape[:2]), False

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute rows first to last - 1, counted through all images."""
        height, width, channels = self._target.shape[1:]
        means = np.empty((1, max(BAND // (width * channels), 1), width, channels), self._sums)
        while first < last and not self._stopped:
            n, y = divmod(first, height)
            rows = min(means.shape[1], last - first, height - y)
            self._windows.run(self._source, means, first, first + rows)
            _normalized.store(means[0, :rows], self._target[n, y:y + rows])
            first += rows


def _sum_dtype(image: np.dtype[Any], result: np.dtype[Any], taps: int) -> np.dtype[Any]:
    """Return the floats that sums are computed in: those of integers are exact, and so are rounded quotients."""
    dtype = working_dtype(image, PROXY_DTYPE.get(result, result))
    most = MOST_FLOATS if image.kind == "f" else EXACT_SUMS / PEAK[image.str[1:]]
    return dtype if taps <= most else np.dtype(np.float64)
