"""Transposed convolutions, made of convolutions at stride 1 that each give some rows and columns of the result.

Columns that read the same pixels are computed together, as channels of one bank, because they lie side by side. What is
computed goes to the result directly where it is whole rows, else block by block through a buffer in the cache.
"""
from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import PROXY_DTYPE, Array, result_dtype, round_to_dtype, supported_dtype, to_native
from ..arrays.layout import LAST_CHANNEL, ArrayLayout
from ..arrays.opened import OpenedImage, array_like, open_image
from ..errors import ImfilterError, check_integer, check_pair
from ..runtime._pool import count_threads
from ..runtime.threads import run_task, thread_count
from .bank import PreparedBank, array_of_key, key_of_array
from .borders import Margins, parse_padding, unknown_padding
from .checks import check_bias, check_flag, check_transposed_fits, check_transposed_weights
from .computation import Pair
from .output import allocate_output, check_fits_memory, write_output
from .phases import Phase, Piece, split_phases, split_row
from .request import BankOptions, BankRequest, look_up
from .sizes import count_transposed, same_tf_padding
from .transposed_blocks import Part, PartsTask

LARGEST_CACHED = 2**15  # weights up to which what was prepared stays in memory
TAKEN = 2**14  # weights that stay in the first-level cache while they are sorted by phases


class TransposedOptions(NamedTuple):
    """Keywords of `conv_transpose2d` that decide what is computed, as the caller gave them."""

    stride: Any = 1
    padding: Any = 0
    output_padding: Any = 0
    groups: Any = 1
    dilation: Any = 1
    dtype: Any = None
    exact: Any = False


def filter_transposed(
    image: Any, weight: Any, bias: Any, options: TransposedOptions, *, channel_axis: int | None, out: Array | None,
    workers: int | None,
) -> Any:
    """Apply the transpose of a bank of kernels. The options are those of `imfilter.conv_transpose2d`."""
    opened = open_image(image, channel_axis)
    prepared = prepare_transposed(opened, weight, bias, options)
    return opened.convert_back(prepared.run(opened.pixels, out, workers))


def prepare_transposed(opened: OpenedImage, weight: Any, bias: Any, options: TransposedOptions) -> PreparedTransposed:
    """Check a request and prepare its computation, or take it from the cache."""
    weights, added = as_array(weight, "weight"), None if bias is None else as_array(bias, "bias")
    image = opened.pixels.shape, opened.pixels.dtype, opened.layout
    if weights.size <= LARGEST_CACHED:
        keys = key_of_array(weights), None if added is None else key_of_array(added)
        found = look_up(_prepare_cached, *image, *keys, *_check_pairs(options))
        if found is not None:
            return found
    return PreparedTransposed(*image, weights, added, options)


def _check_pairs(options: TransposedOptions) -> TransposedOptions:
    """Return the options with checked pairs: those of other types would be looked up as equal ones."""
    padding = options.padding if isinstance(options.padding, str) else parse_padding(options.padding)
    return options._replace(
        stride=check_pair("stride", options.stride, 1), padding=padding, dilation=check_pair(
            "dilation", options.dilation, 1), output_padding=check_pair("output_padding", options.output_padding, 0))


@lru_cache(maxsize=16, typed=True)
def _prepare_cached(
    shape: tuple[int, ...], dtype: np.dtype[Any], layout: ArrayLayout, weight: Any, bias: Any, *options: Any,
) -> PreparedTransposed:
    return PreparedTransposed(shape, dtype, layout, array_of_key(weight), None if bias is None else array_of_key(bias),
                              TransposedOptions(*options))


class PreparedTransposed:
    """A transposed convolution, ready to be run on images of one shape and dtype."""

    def __init__(
        self, shape: tuple[int, ...], image_dtype: np.dtype[Any], layout: ArrayLayout, weight: Array,
        bias: Array | None, options: TransposedOptions,
    ) -> None:
        native = supported_dtype(image_dtype)
        self._dtype = result_dtype(native, options.dtype)
        weights = check_transposed_weights(weight)
        groups = check_integer("groups", options.groups, 1)
        check_transposed_fits(weights, groups, shape, layout)
        outputs, kernel = weights.shape[1] * groups, (weights.shape[2], weights.shape[3])
        self._bias = check_bias(bias, outputs)
        stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
        size = layout.size(shape)
        margins, more = _check_padding(options, size, kernel, stride, dilation)
        height, width = (
            count_transposed(*along) for along in zip(size, kernel, margins, stride, dilation, more, strict=True))
        self._layout, self._result_layout, self._shape = layout, layout, layout.shape(shape, height, width, outputs)
        if layout.channel_axis is None:
            self._result_layout = ArrayLayout(layout.ndim + 1, layout.ndim)
            self._shape = (*self._shape, outputs)
        check_fits_memory(self._shape)
        self._stride = stride
        rows = split_phases(height, kernel[0], stride[0], dilation[0], margins[0][0])
        columns = split_row(width, kernel[1], stride[1], dilation[1], margins[1][0], groups == 1)
        self._gaps = len(rows) < min(stride[0], height) or sum(len(piece.phases) for piece in columns) < min(
            stride[1], width)
        self._width = width
        images = layout.images(array_like(shape, PROXY_DTYPE.get(native, image_dtype)))
        options = options._replace(
            groups=groups, dtype=PROXY_DTYPE.get(self._dtype, self._dtype), exact=check_flag("exact", options.exact))
        bank = _to_bank(weights, groups)
        self._parts = [self._make_part(images, bank, down, across, options) for down in rows for across in columns]

    def _make_part(
        self, images: Array, bank: Array, down: Phase, across: Piece, options: TransposedOptions
    ) -> Part:
        """Prepare the convolution of some rows and columns of the result."""
        rows, above = down.window(images.shape[1])
        columns, beside = across.phases[0].window(images.shape[2])
        source = slice(None), rows, columns
        pixels = images[source]
        if not pixels.size:
            return Part(None, source, down, across)
        weights = _take_taps(bank, down, across)
        bias = None if self._bias is None else np.tile(self._bias, len(across.phases))
        request = BankRequest(pixels.shape, pixels.dtype, LAST_CHANNEL[4], weights, bias, BankOptions(
            1, (above, beside), (down.dilation, across.phases[0].dilation), options.groups, "zeros", options.dtype,
            options.exact))
        return Part(PreparedBank(request), source, down, across)

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        threads = thread_count(workers)
        result, target = allocate_output(pixels, self._shape, self._dtype, out, self._result_layout)
        source = self._layout.images(to_native(pixels))
        nothing = 0 if self._bias is None else round_to_dtype(self._bias, target.dtype)
        if self._gaps and target.size:
            target[...] = nothing
        buffered = []
        for part in self._parts if target.size else []:
            rows = target[:, part.down.first::self._stride[0]]
            if part.bank is None:
                rows[:, :, part.across.place] = nothing
            elif part.across.is_whole(self._width):
                part.bank.run(source[part.source], rows.reshape(*part.bank.shape), workers)
            else:
                buffered.append((part.bank, part))
        if buffered:
            task = PartsTask(buffered, source, target, self._stride[0], threads)
            run_task(task, count_threads(threads, sum(bank.seconds for bank, _ in buffered)))
        return write_output(result, self._dtype, out)


def _to_bank(weights: Array, groups: int) -> Array:
    """Return weights (C_in, C_out / groups, kh, kw) as those of a bank (C_out, C_in / groups, kh, kw)."""
    inputs, outputs, kh, kw = weights.shape
    apart = weights.reshape(groups, inputs // groups, outputs, kh * kw).swapaxes(1, 2)
    return apart.reshape(groups * outputs, inputs // groups, kh, kw)


def _take_taps(bank: Array, down: Phase, across: Piece) -> Array:
    """Return the weights of a convolution for each phase of a piece, flipped."""
    outputs, inputs = bank.shape[:2]
    step = max(TAKEN // bank[0].size, 1)
    weights = np.empty((len(across.phases) * outputs, inputs, down.length, across.phases[0].length))
    for first in range(0, outputs, step):
        some = bank[first:first + step, :, down.taps]
        for number, phase in enumerate(across.phases):
            own = weights[number * outputs + first:][:len(some)]
            own[...] = some[:, :, ::-1, phase.taps][..., ::-1]
    return weights


def _check_padding(
    options: TransposedOptions, size: Pair, kernel: Pair, stride: Pair, dilation: Pair
) -> tuple[Margins, Pair]:
    """Return how many results are cropped on each side, and how many are added at the end."""
    more = check_pair("output_padding", options.output_padding, 0)
    if not isinstance(options.padding, str):
        return parse_padding(options.padding), more
    if options.padding != "same_tf":
        raise unknown_padding(options.padding, ("same_tf",))
    if more != (0, 0):
        raise ImfilterError(f"output_padding must be 0 with padding 'same_tf', got {options.output_padding!r}")
    down, across = (
        same_tf_padding(pixels * step, taps, step, gap)
        for pixels, taps, step, gap in zip(size, kernel, stride, dilation, strict=True))
    missing = [
        max(step - gap * (taps - 1) - 1, 0) for taps, step, gap in zip(kernel, stride, dilation, strict=True)]
    return (down, across), (missing[0], missing[1])
