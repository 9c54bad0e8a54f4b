"""Build the blockwise filter of a pipeline, a kernel or a bank, for images that do not fit in memory.

>>> import numpy
>>> from imfilter import Pipeline
>>> from imfilter.blocks import build
>>> blockwise = build.split_pipeline(Pipeline("gaussian:sigma=1", "sobel:stride=2"), (1000, 1000), numpy.uint8)
>>> blockwise.shape, blockwise.dtype
((500, 500), dtype('uint8'))
>>> blockwise.source_blocks(build.Block(0, 100, 100, 200))
[Block(top=0, bottom=204, left=195, right=404)]
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.alpha import merge_alpha, split_alpha
from ..arrays.dtypes import Array, supported_dtype
from ..arrays.layout import ArrayLayout, layout_of
from ..arrays.nodata import Value
from ..convolution import conv2d, convolve, correlate
from ..engine import region
from ..engine.borders import (
    IGNORE,
    PADDING_MODES,
    Border,
    Margins,
    bank_margins,
    kernel_margins,
    padding_margins,
    parse_border,
)
from ..engine.channelwise import DEFAULTS
from ..engine.checks import check_kernel
from ..engine.normalized import MaskStats, MaskTile, broadcast_mask, mask_array, measure_mask
from ..engine.request import BankRequest, ChannelwiseOptions
from ..engine.sizes import count_outputs
from ..errors import ImfilterError, check_pair
from ..pipeline.chain import Pipeline, Stage
from .blockwise import PLANE, Block, BlockwiseFilter, FilterStage, Mask, Pixels
from .intervals import Axis

__all__ = ["Block", "BlockwiseFilter", "Mask", "mask_layout", "split_bank", "split_kernel", "split_pipeline"]

Pair = tuple[int, int]

# Rows shorter than a register of bytes take other loops, which may round differently.
LEAST_COLUMNS = 64
COUNTED_PIXEL = MaskTile(np.ones((1, 1), bool), MaskStats(1.0, 1.0, 1.0))


def split_pipeline(
    pipeline: Pipeline, shape: tuple[int, ...], dtype: Any, *, alpha: bool = False, wanted: Any = None,
    channel_axis: int | None = -1, nodata: Value | None = None,
) -> BlockwiseFilter:
    """Return the blockwise filter of a pipeline, for an image of this shape and dtype.

    Parameters
    ----------
    pipeline : Pipeline
        Its results must depend on a bounded neighborhood. With `linear`, floats are checked to lie between 0 and 1
        block by block, when they are read.
    shape, dtype : tuple of int, dtype
        Of the image.
    alpha : bool, default False
        Whether the last channel of the image, and of the result, is alpha, treated like that of photos.
    wanted : dtype, optional
        Of the result. Default: that of the pipeline's result.
    channel_axis : int or None, default -1
        The axis of the channels.
    nodata : int or float, optional
        The value of samples of an image (H, W) or (H, W, C) that do not count. Their results are NaN.

    Raises
    ------
    ImfilterError
        When the pipeline cannot filter the image, or has a filter whose results may depend on any pixel.
    """
    source, channel_axis = supported_dtype(np.dtype(dtype)), layout_of(shape, channel_axis).channel_axis
    colors, plane = _one_pixel(shape, source, channel_axis), None
    if alpha:
        colors, plane = split_alpha(colors)
    for one in pipeline:
        one.check_image(colors, nodata)
    size, stages = layout_of(shape, channel_axis).size(shape), []
    pipeline = pipeline.at_size(size)
    for stage in pipeline.stages(source, pipeline.result_dtype(source, wanted), nodata):
        built, colors, plane = _build_stage(stage, size, shape, colors, plane, channel_axis)
        stages.append(built)
        size = built.rows.results, built.columns.results
        channel_axis = None if built.result.channel_axis is None else channel_axis
    last = colors if plane is None else merge_alpha(colors, plane)
    layout = stages[-1].result if plane is None else layout_of(last.shape, -1)
    return BlockwiseFilter(
        _whole_shape(last.shape, layout, size, shape), last.dtype, source, tuple(stages), alpha, pipeline.linear,
        nodata)


def split_kernel(
    shape: tuple[int, ...], dtype: Any, kernel: Any, options: ChannelwiseOptions = DEFAULTS, *, flip: bool,
    mask: Any = None, channel_axis: int | None = -1,
) -> BlockwiseFilter:
    """Return the blockwise filter of `correlate`, or with flip of `convolve`. The arguments are theirs."""
    weights, channel_axis = check_kernel(kernel, "kernel", 2), layout_of(shape, channel_axis).channel_axis
    stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
    taps = weights.shape[0], weights.shape[1]
    call = functools.partial(
        _filter_colors, convolve if flip else correlate, kernel=weights, channel_axis=channel_axis,
        **{key: value for key, value in options._asdict().items() if key != "padding"}, **_mask_by_name(mask))
    margins = kernel_margins(options.padding, taps, dilation, flip)
    axes = _padded_axes(
        layout_of(shape, channel_axis).size(shape), taps, margins, stride, dilation,
        parse_border("mode", options.mode))
    return _build_padded(call, shape, dtype, axes, channel_axis, mask)


def split_bank(request: BankRequest) -> BlockwiseFilter:
    """Return the blockwise filter of `conv2d`."""
    shape, dtype, layout, options = request.shape, request.image_dtype, request.layout, request.options
    weights = check_kernel(request.weights, "weight", 4)
    stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
    taps = weights.shape[2], weights.shape[3]
    call = functools.partial(
        _filter_colors, conv2d, weight=weights, bias=request.bias, stride=stride, dilation=dilation,
        groups=options.groups, padding_mode=options.padding_mode, channel_axis=layout.channel_axis,
        dtype=options.dtype, exact=options.exact)
    border = parse_border("padding_mode", options.padding_mode, PADDING_MODES)
    size = layout.size(shape)
    margins = bank_margins(options.padding, taps, dilation, size, stride)
    axes = _padded_axes(size, taps, margins, stride, dilation, border)
    return _build_padded(call, shape, dtype, axes, layout.channel_axis, None)


def _filter_colors(function: Callable[..., Array], colors: Array, alpha: Array | None, **options: Any) -> Pixels:
    """Call a function that does not handle alpha, with the padding of the region."""
    window = region.get_region()
    assert window is not None
    return function(colors, padding=window.padding, **options), alpha


def _padded_axes(
    size: Pair, taps: Pair, margins: Margins, stride: Pair, dilation: Pair, border: Any
) -> tuple[Axis, Axis]:
    """Return the axes of a convolution whose padding can be set."""
    rows, columns = (
        Axis(pixels, count_outputs(pixels, count, margin, step, spread), margin[0], margin[1],
             spread * (count - 1) + 1, step, border, True, least)
        for pixels, count, margin, step, spread, least in zip(
            size, taps, margins, stride, dilation, (1, LEAST_COLUMNS), strict=True))
    return rows, columns


def _build_padded(
    call: Callable[..., Pixels], shape: tuple[int, ...], dtype: Any, axes: tuple[Axis, Axis], channel_axis: int | None,
    mask: Any,
) -> BlockwiseFilter:
    """Return the blockwise filter of a convolution whose padding can be set."""
    source = supported_dtype(np.dtype(dtype))
    layout, (rows, columns) = layout_of(shape, channel_axis), axes
    stage = FilterStage(rows, columns, layout, layout, call, _open_mask(mask, shape, layout))
    stage, result, _ = _probe(stage, _one_pixel(shape, source, channel_axis), None)
    size = rows.results, columns.results
    return BlockwiseFilter(_whole_shape(result.shape, stage.result, size, shape), result.dtype, source, (stage,))


def _build_stage(
    stage: Stage, size: Pair, source: tuple[int, ...], colors: Array, alpha: Array | None, channel_axis: int | None
) -> tuple[FilterStage, Array, Array | None]:
    """Return a stage of a pipeline for images of this size, and its result for one pixel.

    source: the shape of the images that the pipeline filters, as many as the stage does.
    """
    one = stage.filter
    if one.known_step is not None:
        raise ImfilterError(
            f"{one.name} cannot be computed in tiles to a size that no whole number gives: {size[0]} x {size[1]} pixels"
            f" become {' x '.join(map(str, one.count_results(size)))}; use by instead of to")
    layout = layout_of(colors.shape, channel_axis)
    mode = one.keywords.get("mode", "reflect")
    border = Border.CONSTANT if mode == IGNORE else parse_border("mode", mode)
    # Other steps than one convolution need results for all pixels of a source block.
    steps = alpha is not None or stage.missing is not None or one.keywords.get("linear")
    kernels = None if steps else one.operation.kernel_set
    if kernels is not None:
        margins = padding_margins("same", kernels.shape, (1, 1), kernels.anchor)
        rows, columns = _padded_axes(size, kernels.shape, margins, one.stride, (1, 1), border)
    else:
        reach = [max(pixels, 0) for pixels in one.reach]
        if math.inf in reach:
            raise ImfilterError(
                f"{one.name} cannot be computed in tiles: a pixel of its result may depend on any pixel of the image"
                f"{': give c' if 'c' in one.keywords else ''}")
        rows, columns = (
            Axis(length, -(-length // stride), int(before), int(after), int(before + after) + 1, stride, border, False,
                 least)
            for length, stride, before, after, least in zip(
                size, one.stride, reach[::2], reach[1::2], (1, LEAST_COLUMNS), strict=True))
    mask = _open_mask(one.keywords.get("mask"), _whole_shape(colors.shape, layout, size, source), layout)
    compute = functools.partial(stage.run, channel_axis=channel_axis)
    return _probe(FilterStage(rows, columns, layout, layout, compute, mask), colors, alpha)


def _probe(
    stage: FilterStage, colors: Array, alpha: Array | None
) -> tuple[FilterStage, Array, Array | None]:
    """Filter one pixel to find out the layout and the alignment of a stage's results; return both."""
    options = {} if stage.mask is None else {"mask": COUNTED_PIXEL}
    padding = (stage.rows.extent - 1, 0), (stage.columns.extent - 1, 0)  # gives one result of one pixel
    computed = region.OutputRegion((0, 0), stage.whole, set(), set(), padding if stage.rows.padded else None)
    with region.computing_region(computed):
        result, alpha = stage.compute(colors, alpha, workers=1, **options)
    layout = stage.layout
    if result.ndim != layout.ndim:
        layout = ArrayLayout(result.ndim, None if result.ndim < layout.ndim else result.ndim - 1)
    rows, columns = (
        axis._replace(alignment=tuple(sorted({grain[k] for grain in computed.grains})),
                      beyond=max((pixels[k] for pixels in computed.beyond), default=0))
        for k, axis in enumerate((stage.rows, stage.columns)))
    return FilterStage(rows, columns, stage.layout, layout, stage.compute, stage.mask), result, alpha


def _one_pixel(shape: tuple[int, ...], dtype: np.dtype[Any], channel_axis: int | None) -> Array:
    """Return an image of one pixel, with the channels of an image of this shape."""
    layout = layout_of(shape, channel_axis)
    pixel = layout.shape(shape, 1, 1)
    return np.zeros((1, *pixel[1:]) if _is_batch(layout) else pixel, dtype)


def _whole_shape(shape: tuple[int, ...], layout: ArrayLayout, size: Pair, source: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the whole result, from that of the result for one pixel."""
    shape = layout.shape(shape, *size)
    return (source[0], *shape[1:]) if _is_batch(layout) else shape


def _is_batch(layout: ArrayLayout) -> bool:
    """Return whether the first axis counts images."""
    return layout.ndim - (layout.channel_axis is not None) == 3


def _mask_by_name(mask: Any) -> dict[str, Any]:
    """Return the keyword for a mask that is found in the pixels themselves, such as 'nan'."""
    return {"mask": mask} if isinstance(mask, str) else {}


def _open_mask(mask: Any, shape: tuple[int, ...], layout: ArrayLayout) -> Mask | None:
    """Return the mask of a whole image, checked; None for 'nan', which each block finds in its own pixels."""
    if mask is None or isinstance(mask, (str, Mask)):
        return mask if isinstance(mask, Mask) else None
    given = mask_array(mask)
    broadcast_mask(given, shape, layout)
    where = mask_layout(given.ndim, layout)
    return Mask(functools.partial(_read_mask, given, where), where, measure_mask(given).validate())


def _read_mask(mask: Array, layout: ArrayLayout, block: Block) -> Array:
    return block.take_from(mask, layout)


def mask_layout(ndim: int, layout: ArrayLayout) -> ArrayLayout:
    """Return the layout of a mask with this many axes, for an image of the given layout."""
    if ndim == layout.ndim:
        return layout
    return PLANE if ndim == 2 else ArrayLayout(3, (layout.channel_axis or 3) - 1)
