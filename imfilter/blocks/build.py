"""Filters of images that are never whole in memory: how each block of a result is computed, from where.

>>> import numpy
>>> from imfilter import Pipeline
>>> from imfilter.blocks import build
>>> parts = build.split_pipeline(Pipeline("gaussian:sigma=1", "sobel:stride=2"), (1000, 1000), numpy.uint8)
>>> parts.shape, parts.dtype
((500, 500), dtype('uint8'))
>>> parts.sees(build.Block(0, 100, 100, 200))
[Block(top=0, bottom=204, left=194, right=404)]
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
from ..convolution import conv2d, convolve, correlate
from ..engine import region
from ..engine.borders import PADDING_MODES, Margins, bank_margins, kernel_margins, parse_border
from ..engine.checks import check_kernel
from ..engine.normalized import MaskStats, MaskTile, mask_array, measure_mask
from ..engine.normalized import broadcast_mask as fitted_mask
from ..engine.sizes import count_outputs
from ..errors import ImfilterError, check_pair
from ..pipeline.chain import Pipeline, Stage
from .blockwise import PLANE, Block, BlockwiseFilter, FilterStage, Mask, Pixels
from .intervals import Axis

__all__ = ["Block", "BlockwiseFilter", "Mask", "mask_layout", "split_bank", "split_kernel", "split_pipeline"]

# Rows shorter than a register of bytes take other loops, which may round otherwise.
NARROWEST = 64
ALL = MaskTile(np.ones((1, 1), bool), MaskStats(1.0, 1.0, 1.0))  # a mask of one pixel, which counts


def split_pipeline(
    pipeline: Pipeline, shape: tuple[int, ...], dtype: Any, *, alpha: bool = False, wanted: Any = None,
    channel_axis: int | None = -1,
) -> BlockwiseFilter:
    """Return the parts of what a chain makes of an image of this shape and dtype.

    Parameters
    ----------
    pipeline : Pipeline
        A chain each of whose results sees a bounded part of the image. With `linear`, floats are checked to lie from
        0 to 1 window by window, when they are read.
    shape, dtype : tuple of int, dtype
        Of the image.
    alpha : bool, default False
        Whether the last channel of the image, and of the result, is alpha, which is treated as that of photos.
    wanted : dtype, optional
        Of the result; what the chain gives when left out.
    channel_axis : int or None, default -1
        Where the channels are.

    Raises
    ------
    ImfilterError
        When the chain does not fit the image, or has a filter whose results may depend on any pixel.
    """
    source = supported_dtype(np.dtype(dtype))
    colors, plane = _pixel(shape, source, channel_axis), None
    if alpha:
        colors, plane = split_alpha(colors)
    for one in pipeline:
        one.check_image(colors)
    size, steps = layout_of(shape, channel_axis).size(shape), []
    for stage in pipeline.stages(source, pipeline.result_dtype(source, wanted)):
        step, colors, plane = _filter(stage, size, colors, plane, channel_axis)
        steps.append(step)
        size = step.rows.results, step.columns.results
        channel_axis = None if step.result.channel_axis is None else channel_axis
    last = colors if plane is None else merge_alpha(colors, plane)
    layout = steps[-1].result if plane is None else layout_of(last.shape, -1)
    linear = any(one.keywords.get("linear") for one in pipeline)
    return BlockwiseFilter(_whole(last.shape, layout, size, shape), last.dtype, source, tuple(steps), alpha, linear)


def split_kernel(
    shape: tuple[int, ...], dtype: Any, kernel: Any, *, flip: bool, mode: Any = "reflect", cval: Any = 0.0,
    padding: Any = "same", stride: Any = 1, dilation: Any = 1, mask: Any = None, channel_axis: int | None = -1,
    wanted: Any = None, method: str = "auto",
) -> BlockwiseFilter:
    """Return the parts of `correlate`, or of `convolve` where the kernel is flipped. The arguments are theirs."""
    weights = check_kernel(kernel, "kernel", 2)
    strides, dilations = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
    taps = weights.shape[0], weights.shape[1]
    call = functools.partial(
        _beside, convolve if flip else correlate, kernel=weights, mode=mode, cval=cval, stride=strides,
        dilation=dilations, channel_axis=channel_axis, dtype=wanted, method=method, **_by_name(mask))
    margin = kernel_margins(padding, taps, dilations, flip)
    return _padded(call, shape, dtype, parse_border("mode", mode), margin, taps, strides, dilations, channel_axis, mask)


def split_bank(
    shape: tuple[int, ...], dtype: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1, padding_mode: Any = "zeros", channel_axis: int | None = -1,
    wanted: Any = None,
) -> BlockwiseFilter:
    """Return the parts of `conv2d`. The arguments are its own."""
    weights = check_kernel(weight, "weight", 4)
    strides, dilations = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
    taps = weights.shape[2], weights.shape[3]
    call = functools.partial(
        _beside, conv2d, weight=weights, bias=bias, stride=strides, dilation=dilations, groups=groups,
        padding_mode=padding_mode, channel_axis=channel_axis, dtype=wanted)
    edge = parse_border("padding_mode", padding_mode, PADDING_MODES)
    margin = bank_margins(padding, taps, dilations)
    return _padded(call, shape, dtype, edge, margin, taps, strides, dilations, channel_axis, None)


def _beside(function: Callable[..., Array], colors: Array, alpha: Array | None, **options: Any) -> Pixels:
    """Call a function that knows no alpha."""
    return function(colors, **options), alpha


def _padded(
    call: Callable[..., Pixels], shape: tuple[int, ...], dtype: Any, edge: Any, margin: Margins, taps: tuple[int, int],
    stride: tuple[int, int], dilation: tuple[int, int], channel_axis: int | None, mask: Any,
) -> BlockwiseFilter:
    """Return the parts of a convolution that can be told its padding."""
    source = supported_dtype(np.dtype(dtype))
    layout = layout_of(shape, channel_axis)
    rows, columns = (
        Axis(size, count_outputs(size, *along), along[1][0], along[3] * (along[0] - 1) + 1, along[2], edge, True, least)
        for size, least, along in zip(
            layout.size(shape), (1, NARROWEST), zip(taps, margin, stride, dilation, strict=True), strict=True))
    step = FilterStage(rows, columns, layout, layout, call, _mask(mask, shape, layout))
    padding = (rows.extent - 1, 0), (columns.extent - 1, 0)  # one result of one pixel
    step, result, _ = _tried(step, _pixel(shape, source, channel_axis), None, padding=padding)
    size = rows.results, columns.results
    return BlockwiseFilter(_whole(result.shape, step.result, size, shape), result.dtype, source, (step,))


def _filter(
    stage: Stage, size: tuple[int, int], colors: Array, alpha: Array | None, channel_axis: int | None
) -> tuple[FilterStage, Array, Array | None]:
    """Return a filter of a chain as a step, and what it makes of one pixel."""
    one = stage.filter
    layout = layout_of(colors.shape, channel_axis)
    reach = [max(pixels, 0) for pixels in one.reach]
    if math.inf in reach:
        raise ImfilterError(
            f"{one.name} cannot be computed in tiles: a pixel of its result may depend on any pixel of the image")
    edge = parse_border("mode", one.keywords.get("mode", "reflect"))
    rows, columns = (
        Axis(length, -(-length // stride), int(before), int(before + after) + 1, stride, edge, False, least)
        for length, stride, before, after, least in zip(
            size, one.stride, reach[::2], reach[1::2], (1, NARROWEST), strict=True))
    mask = _mask(one.keywords.get("mask"), layout.shape(colors.shape, *size), layout)
    step = FilterStage(rows, columns, layout, layout, functools.partial(stage.run, channel_axis=channel_axis), mask)
    return _tried(step, colors, alpha)


def _tried(
    step: FilterStage, colors: Array, alpha: Array | None, **options: Any
) -> tuple[FilterStage, Array, Array | None]:
    """Return a step that knows which results it gives and which are computed together, and its results of one pixel."""
    if step.mask is not None:
        options["mask"] = ALL
    window = region.OutputRegion((0, 0), (step.rows.results, step.columns.results), set())
    with region.computing_region(window):
        result, alpha = step.compute(colors, alpha, workers=1, **options)
    layout = step.layout
    if result.ndim != layout.ndim:
        layout = ArrayLayout(result.ndim, None if result.ndim < layout.ndim else result.ndim - 1)
    rows, columns = (
        axis._replace(grains=tuple(sorted({grain[k] for grain in window.grains})))
        for k, axis in enumerate((step.rows, step.columns)))
    return FilterStage(rows, columns, step.layout, layout, step.compute, step.mask), result, alpha


def _pixel(shape: tuple[int, ...], dtype: np.dtype[Any], channel_axis: int | None) -> Array:
    """Return an image of one pixel, with the channels of an image of this shape."""
    layout = layout_of(shape, channel_axis)
    return np.zeros((1, *layout.shape(shape, 1, 1)[1:]) if _many(layout) else layout.shape(shape, 1, 1), dtype)


def _whole(shape: tuple[int, ...], layout: ArrayLayout, size: tuple[int, int], source: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the whole result, from that of a pixel of it."""
    shape = layout.shape(shape, *size)
    return (source[0], *shape[1:]) if _many(layout) else shape


def _many(layout: ArrayLayout) -> bool:
    """Say whether the first axis counts images."""
    return layout.ndim - (layout.channel_axis is not None) == 3


def _by_name(mask: Any) -> dict[str, Any]:
    """Return the keyword for a mask that is found in the pixels themselves, if it is such a one."""
    return {"mask": mask} if isinstance(mask, str) else {}


def _mask(mask: Any, shape: tuple[int, ...], layout: ArrayLayout) -> Mask | None:
    """Return a mask of a whole image, checked; 'nan' is none, and one that is read is what it is."""
    if mask is None or isinstance(mask, (str, Mask)):
        return mask if isinstance(mask, Mask) else None
    given = mask_array(mask)
    fitted_mask(given, shape, layout)
    where = mask_layout(given.ndim, layout)
    return Mask(functools.partial(_window, given, where), where, measure_mask(given).checked())


def _window(mask: Array, layout: ArrayLayout, block: Block) -> Array:
    return block.of(mask, layout)


def mask_layout(ndim: int, layout: ArrayLayout) -> ArrayLayout:
    """Return where the rows and columns of a mask of so many axes are, for an image laid out like this."""
    if ndim == layout.ndim:
        return layout
    return PLANE if ndim == 2 else ArrayLayout(3, (layout.channel_axis or 3) - 1)
