"""Pooling: the maximum or the mean of the window of each result, which may lie partly outside of the image."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype, round_to_dtype, sample_limits, to_native
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError, check_integer, check_pair
from ..runtime.threads import thread_count
from .borders import Margins, bank_margins
from .checks import check_flag
from .computation import Pair
from .output import allocate_output, check_fits_memory, check_out, write_output
from .sizes import LARGEST


class PoolOptions(NamedTuple):
    """Keywords of `max_pool2d` and `avg_pool2d` that decide what is computed, as the caller gave them."""

    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    ceil_mode: Any = False
    count_include_pad: Any = True
    divisor_override: Any = None
    dtype: Any = None


class WindowAxis(NamedTuple):
    """The windows of all results along an axis.

    first: the first pixel of each. counts: how many of its pixels lie within the image, `dilation` apart. places: how
    many lie within the image or its padding.
    """

    first: Array
    counts: Array
    places: Array
    dilation: int


def count_windows(size: int, kernel: int, margin: Pair, stride: int, dilation: int, ceil_mode: bool) -> int:
    """Return how many windows an axis has. With ceil_mode, the last one may reach beyond the padding."""
    extent = dilation * (kernel - 1) + 1
    room = size + sum(margin) - extent
    if max(room, extent, stride) > LARGEST:
        raise ImfilterError(
            f"an axis may not be larger than 2**62 pixels, got {size} with padding {margin}, "
            f"a window of {extent} and stride {stride}")
    if size == 0:
        return 0
    count = (room + (stride - 1) * ceil_mode) // stride + 1
    if count > 1 and (count - 1) * stride >= size + margin[0]:  # such a window would begin in the padding at the end
        count -= 1
    if count < 1:
        raise ImfilterError(
            f"the window must fit into the padded image: it spans {extent} pixels, "
            f"the image {size} and its padding {sum(margin)}; the result would be empty")
    return count


def place_windows(count: int, size: int, kernel: int, margin: Pair, stride: int, dilation: int) -> WindowAxis:
    """Return the windows of an axis."""
    start = np.arange(count) * stride - margin[0]
    skipped = -(np.minimum(start, 0) // dilation)
    stop = np.minimum(-((start - size) // dilation), kernel)
    places = np.minimum(-((start - size - margin[1]) // dilation), kernel)
    return WindowAxis(start + skipped * dilation, np.maximum(stop - skipped, 0), places, dilation)


class PreparedPool:
    """A pooling, ready to be run on images of one shape and dtype. mean: not the maximum."""

    def __init__(self, opened: OpenedImage, size: Any, mean: bool, options: PoolOptions) -> None:
        kernel, dilation = check_pair("size", size, 1), check_pair("dilation", options.dilation, 1)
        stride = kernel if options.stride is None else check_pair("stride", options.stride, 1)
        ceil_mode = check_flag("ceil_mode", options.ceil_mode)
        shape, self.layout, self._mean = opened.pixels.shape, opened.layout, mean
        self.dtype = result_dtype(opened.dtype, options.dtype)
        image = self.layout.size(shape)
        margins = pool_margins(options.padding, kernel, dilation, image, stride)
        axes = [
            (pixels, taps, margin, step, gap) for pixels, taps, margin, step, gap in zip(
                image, kernel, margins, stride, dilation, strict=True)]
        counts = [count_windows(*along, ceil_mode) for along in axes]
        self.shape = self.layout.shape(shape, *counts)
        check_fits_memory(self.shape)
        self._axes = [place_windows(count, *along) for count, along in zip(counts, axes, strict=True)]
        included = check_flag("count_include_pad", options.count_include_pad)
        self._divisors = [(one.places if included else one.counts).astype(float) for one in self._axes]
        if options.divisor_override is not None:
            divisor = check_divisor(options.divisor_override)
            self._divisors = [np.full(counts[0], float(divisor)), np.ones(counts[1])]

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        thread_count(workers)
        if out is not None:
            check_out(out, self.shape, self.dtype)
        source = self.layout.images(to_native(pixels))
        dtype = np.dtype(np.float64) if self._mean else source.dtype
        result, target = allocate_output(pixels, self.shape, dtype, None, self.layout)
        neutral = 0 if self._mean else sample_limits(dtype)[0]
        down, across = self._axes
        target[...] = neutral
        for y in range(target.shape[1]):
            for x in range(target.shape[2]):
                rows = down.first[y] + np.arange(down.counts[y]) * down.dilation
                columns = across.first[x] + np.arange(across.counts[x]) * across.dilation
                window = source[:, rows[:, None], columns]
                if self._mean:
                    with np.errstate(invalid="ignore", divide="ignore"):
                        target[:, y, x] = window.sum((1, 2), np.float64) / (
                            self._divisors[0][y] * self._divisors[1][x])
                elif window.size:
                    target[:, y, x] = window.max((1, 2))
        return write_output(round_to_dtype(result, self.dtype), self.dtype, out)


def pool_margins(padding: Any, kernel: Pair, dilation: Pair, size: Pair, stride: Pair) -> Margins:
    """Return how many pixels lie around an image of some size for windows of this size.

    p and (py, px) are limited as in PyTorch; ((top, bottom), (left, right)) so that every window reads the image.
    """
    if isinstance(padding, str) and padding not in ("same_tf", "same", "valid"):
        raise ImfilterError(
            f"padding must be 'same', 'same_tf', 'valid', an integer or a pair of them, got {padding!r}")
    margins = bank_margins(padding, kernel, dilation, size, stride)
    if isinstance(padding, str):
        return margins
    apart = isinstance(padding, (tuple, list)) and any(isinstance(side, (tuple, list)) for side in padding)
    for margin, taps, gap in zip(margins, kernel, dilation, strict=True):
        extent = gap * (taps - 1) + 1
        if max(margin) > (extent - 1 if apart else taps // 2):
            what = f"less than the {extent} pixels that the window spans" if apart else (
                f"at most half of the size, {taps}, unless it is ((top, bottom), (left, right))")
            raise ImfilterError(f"padding must be {what}, got {padding!r}")
    return margins


def check_divisor(value: Any) -> int:
    """Return a divisor, which must be an integer that is not 0."""
    divisor = check_integer("divisor_override", value, -LARGEST, LARGEST)
    if divisor == 0:
        raise ImfilterError("divisor_override must not be 0, got 0")
    return divisor
