"""Transposed convolutions: every stride-th result along an axis is a convolution at stride 1 with some of the taps."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, to_native
from ..arrays.layout import ArrayLayout
from ..arrays.opened import OpenedImage, open_image
from ..errors import check_integer, check_pair
from .bank import filter_bank
from .borders import Margins, parse_padding
from .checks import TRANSPOSED_SHAPE, check_bias, check_flag, check_kernel, check_transposed_fits
from .computation import Pair
from .output import allocate_output, check_fits_memory, write_output
from .request import BankOptions
from .sizes import count_transposed, same_tf_padding


class TransposedOptions(NamedTuple):
    """Keywords of `conv_transpose2d` that decide what is computed, as the caller gave them."""

    stride: Any = 1
    padding: Any = 0
    output_padding: Any = 0
    groups: Any = 1
    dilation: Any = 1
    dtype: Any = None
    exact: Any = False


class Phase(NamedTuple):
    """Every stride-th result along an axis, from `first` on.

    taps: which of the kernel they read. dilation: pixels of the image from one of them to the next. start: the pixel
    that the last tap reads for the first result; it may lie outside the image.
    """

    first: int
    results: int
    taps: slice
    length: int
    dilation: int
    start: int

    def window(self, size: int) -> tuple[slice, Pair]:
        """Return the pixels that are read of an axis of this size, and how many zeros on both sides of them."""
        stop = self.start + self.results + (self.length - 1) * self.dilation
        inner = slice(min(max(self.start, 0), size), max(min(stop, size), 0))
        return inner, (max(min(-self.start, stop - self.start), 0), max(min(stop - size, stop - self.start), 0))


def split_phases(results: int, kernel: int, stride: int, dilation: int, before: int) -> list[Phase]:
    """Return the phases of an axis of so many results. before: results that are cropped in front of them."""
    step = stride // math.gcd(stride, dilation)  # taps from one that a result reads to the next
    spread = dilation * step // stride
    phases = []
    for first in range(min(stride, results)):
        place, remainder = divmod(first + before, stride)
        tap = next((i for i in range(min(step, kernel)) if dilation * i % stride == remainder), kernel)
        length = len(range(tap, kernel, step))
        start = place - (dilation * tap - remainder) // stride - (length - 1) * spread
        phases.append(Phase(first, len(range(first, results, stride)), slice(tap, None, step), length, spread, start))
    return phases


def filter_transposed(
    image: Any, weight: Any, bias: Any, options: TransposedOptions, *, channel_axis: int | None, out: Array | None,
    workers: int | None,
) -> Any:
    """Apply the transpose of a bank of kernels. The options are those of `imfilter.conv_transpose2d`."""
    opened = open_image(image, channel_axis)
    return opened.convert_back(PreparedTransposed(opened, weight, bias, options).run(opened.pixels, out, workers))


class PreparedTransposed:
    """A transposed convolution, ready to be run on images of one shape and dtype."""

    def __init__(self, opened: OpenedImage, weight: Any, bias: Any, options: TransposedOptions) -> None:
        self.dtype = result_dtype(opened.dtype, options.dtype)
        weights = check_kernel(as_array(weight, "weight"), "weight", 4, TRANSPOSED_SHAPE)
        groups = check_integer("groups", options.groups, 1)
        shape, self.layout, self.result_layout = opened.pixels.shape, opened.layout, opened.layout
        check_transposed_fits(weights, groups, shape, self.layout)
        self._outputs = weights.shape[1] * groups
        self._bias = check_bias(bias, self._outputs)
        self._weights = _to_bank(weights, groups)
        stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
        size, kernel = self.layout.size(shape), (weights.shape[2], weights.shape[3])
        margins, more = _check_padding(options, size, kernel, stride, dilation)
        height, width = (
            count_transposed(*along) for along in zip(size, kernel, margins, stride, dilation, more, strict=True))
        self.shape = self.layout.shape(shape, height, width, self._outputs)
        if self.layout.channel_axis is None:
            self.result_layout = ArrayLayout(self.layout.ndim + 1, self.layout.ndim)
            self.shape = (*self.shape, self._outputs)
        check_fits_memory(self.shape)
        self._stride = stride
        self._phases = [split_phases(*along) for along in zip(
            (height, width), kernel, stride, dilation, [margin[0] for margin in margins], strict=True)]
        self._groups, self._exact = groups, check_flag("exact", options.exact)

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        result, target = allocate_output(pixels, self.shape, self.dtype, out, self.result_layout)
        source = self.layout.images(to_native(pixels))
        for down in self._phases[0]:
            for across in self._phases[1]:
                place = np.s_[:, down.first::self._stride[0], across.first::self._stride[1]]
                self._compute_phase(source, down, across, target[place], workers)
        return write_output(result, self.dtype, out)

    def _compute_phase(self, source: Array, down: Phase, across: Phase, target: Array, workers: int | None) -> None:
        """Compute the results of one phase down and one across."""
        rows, above = down.window(source.shape[1])
        columns, left = across.window(source.shape[2])
        pixels = source[:, rows, columns]
        if 0 in (down.length, across.length, *pixels.shape):
            target[...] = 0.0 if self._bias is None else round_to_dtype(self._bias, target.dtype)
            return
        weights = self._weights[:, :, down.taps, across.taps][:, :, ::-1, ::-1]
        filter_bank(pixels, weights, self._bias, BankOptions(
            1, (above, left), (down.dilation, across.dilation), self._groups, "zeros", target.dtype, self._exact),
            channel_axis=-1, out=target, workers=workers)


def _to_bank(weights: Array, groups: int) -> Array:
    """Return weights (C_in, C_out / groups, kh, kw) as those of a bank (C_out, C_in / groups, kh, kw)."""
    inputs, outputs, kh, kw = weights.shape
    apart = weights.reshape(groups, inputs // groups, outputs, kh, kw).swapaxes(1, 2)
    return np.ascontiguousarray(apart.reshape(groups * outputs, inputs // groups, kh, kw))


def _check_padding(
    options: TransposedOptions, size: Pair, kernel: Pair, stride: Pair, dilation: Pair
) -> tuple[Margins, Pair]:
    """Return how many results are cropped on each side, and how many are added at the end."""
    more = check_pair("output_padding", options.output_padding, 0)
    if not (isinstance(options.padding, str) and options.padding == "same_tf"):
        return parse_padding(options.padding), more
    down, across = (
        same_tf_padding(pixels * step, taps, step, gap)
        for pixels, taps, step, gap in zip(size, kernel, stride, dilation, strict=True))
    missing = [
        max(step - gap * (taps - 1) - 1, 0) for taps, step, gap in zip(kernel, stride, dilation, strict=True)]
    return (down, across), (missing[0] + more[0], missing[1] + more[1])
