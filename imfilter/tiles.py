"""Filters of images that are never whole in memory: how each block of a result is computed, from where.

>>> import numpy
>>> from imfilter import Pipeline, tiles
>>> parts = tiles.of_pipeline(Pipeline("gaussian:sigma=1", "sobel:stride=2"), (1000, 1000), numpy.uint8)
>>> parts.shape, parts.dtype
((500, 500), dtype('uint8'))
>>> parts.sees(tiles.Block(0, 100, 100, 200))
[Block(top=0, bottom=204, left=194, right=404)]
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import windows
from .arithmetic import fitted
from .borders import PADDING_MODES, Margins, border
from .convolution import bank_margins, checked_weights, conv2d, convolve, correlate, kernel_margins
from .errors import ImfilterError, pair
from .images import Array, Stack, joined, known_dtype, parted, stack
from .normalised import Facts, Known, checked, facts
from .normalised import fitted as fitted_mask
from .parts import PLANE, Block, Mask, Parts, Pixels, Step
from .pipeline import Pipeline, Stage
from .spans import Axis

__all__ = ["Block", "Mask", "Parts", "mask_layout", "of_bank", "of_kernel", "of_pipeline"]

# Rows shorter than a register of bytes take other loops, which may round otherwise.
NARROWEST = 64
ALL = Known(np.ones((1, 1), bool), Facts(1.0, 1.0, 1.0))  # a mask of one pixel, which counts


def of_pipeline(
    pipeline: Pipeline, shape: tuple[int, ...], dtype: Any, *, alpha: bool = False, wanted: Any = None,
    channel_axis: int | None = -1,
) -> Parts:
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
    source = known_dtype(np.dtype(dtype))
    colours, plane = _pixel(shape, source, channel_axis), None
    if alpha:
        colours, plane = parted(colours)
    for one in pipeline:
        one.fits(colours)
    size, steps = stack(shape, channel_axis).size(shape), []
    for stage in pipeline.stages(source, pipeline.result_dtype(source, wanted)):
        step, colours, plane = _filter(stage, size, colours, plane, channel_axis)
        steps.append(step)
        size = step.rows.results, step.columns.results
        channel_axis = None if step.result.channel_axis is None else channel_axis
    last = colours if plane is None else joined(colours, plane)
    layout = steps[-1].result if plane is None else stack(last.shape, -1)
    linear = any(one.keywords.get("linear") for one in pipeline)
    return Parts(_whole(last.shape, layout, size, shape), last.dtype, source, tuple(steps), alpha, linear)


def of_kernel(
    shape: tuple[int, ...], dtype: Any, kernel: Any, *, flip: bool, mode: Any = "reflect", cval: Any = 0.0,
    padding: Any = "same", stride: Any = 1, dilation: Any = 1, mask: Any = None, channel_axis: int | None = -1,
    wanted: Any = None, method: str = "auto",
) -> Parts:
    """Return the parts of `correlate`, or of `convolve` where the kernel is flipped. The arguments are theirs."""
    weights = checked_weights(kernel, "kernel", 2)
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    taps = weights.shape[0], weights.shape[1]
    call = functools.partial(
        _beside, convolve if flip else correlate, kernel=weights, mode=mode, cval=cval, stride=strides,
        dilation=dilations, channel_axis=channel_axis, dtype=wanted, method=method, **_by_name(mask))
    margin = kernel_margins(padding, taps, dilations, flip)
    return _padded(call, shape, dtype, border("mode", mode), margin, taps, strides, dilations, channel_axis, mask)


def of_bank(
    shape: tuple[int, ...], dtype: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1, padding_mode: Any = "zeros", channel_axis: int | None = -1,
    wanted: Any = None,
) -> Parts:
    """Return the parts of `conv2d`. The arguments are its own."""
    weights = checked_weights(weight, "weight", 4)
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    taps = weights.shape[2], weights.shape[3]
    call = functools.partial(
        _beside, conv2d, weight=weights, bias=bias, stride=strides, dilation=dilations, groups=groups,
        padding_mode=padding_mode, channel_axis=channel_axis, dtype=wanted)
    edge = border("padding_mode", padding_mode, PADDING_MODES)
    margin = bank_margins(padding, taps, dilations)
    return _padded(call, shape, dtype, edge, margin, taps, strides, dilations, channel_axis, None)


def _beside(function: Callable[..., Array], colours: Array, alpha: Array | None, **options: Any) -> Pixels:
    """Call a function that knows no alpha."""
    return function(colours, **options), alpha


def _padded(
    call: Callable[..., Pixels], shape: tuple[int, ...], dtype: Any, edge: Any, margin: Margins, taps: tuple[int, int],
    stride: tuple[int, int], dilation: tuple[int, int], channel_axis: int | None, mask: Any,
) -> Parts:
    """Return the parts of a convolution that can be told its padding."""
    source = known_dtype(np.dtype(dtype))
    layout = stack(shape, channel_axis)
    rows, columns = (
        Axis(size, fitted(size, *along), along[1][0], along[3] * (along[0] - 1) + 1, along[2], edge, True, least)
        for size, least, along in zip(
            layout.size(shape), (1, NARROWEST), zip(taps, margin, stride, dilation, strict=True), strict=True))
    step = Step(rows, columns, layout, layout, call, _mask(mask, shape, layout))
    padding = (rows.extent - 1, 0), (columns.extent - 1, 0)  # one result of one pixel
    step, result, _ = _tried(step, _pixel(shape, source, channel_axis), None, padding=padding)
    size = rows.results, columns.results
    return Parts(_whole(result.shape, step.result, size, shape), result.dtype, source, (step,))


def _filter(
    stage: Stage, size: tuple[int, int], colours: Array, alpha: Array | None, channel_axis: int | None
) -> tuple[Step, Array, Array | None]:
    """Return a filter of a chain as a step, and what it makes of one pixel."""
    one = stage.filter
    layout = stack(colours.shape, channel_axis)
    reach = [max(pixels, 0) for pixels in one.reach]
    if math.inf in reach:
        raise ImfilterError(
            f"{one.name} cannot be computed in tiles: a pixel of its result may depend on any pixel of the image")
    edge = border("mode", one.keywords.get("mode", "reflect"))
    rows, columns = (
        Axis(length, -(-length // stride), int(before), int(before + after) + 1, stride, edge, False, least)
        for length, stride, before, after, least in zip(
            size, one.stride, reach[::2], reach[1::2], (1, NARROWEST), strict=True))
    mask = _mask(one.keywords.get("mask"), layout.shape(colours.shape, *size), layout)
    step = Step(rows, columns, layout, layout, functools.partial(stage.run, channel_axis=channel_axis), mask)
    return _tried(step, colours, alpha)


def _tried(
    step: Step, colours: Array, alpha: Array | None, **options: Any
) -> tuple[Step, Array, Array | None]:
    """Return a step that knows which results it gives and which are computed together, and its results of one pixel."""
    if step.mask is not None:
        options["mask"] = ALL
    window = windows.Window((0, 0), (step.rows.results, step.columns.results), set())
    with windows.within(window):
        result, alpha = step.compute(colours, alpha, workers=1, **options)
    layout = step.layout
    if result.ndim != layout.ndim:
        layout = Stack(result.ndim, None if result.ndim < layout.ndim else result.ndim - 1)
    rows, columns = (
        axis._replace(grains=tuple(sorted({grain[k] for grain in window.grains})))
        for k, axis in enumerate((step.rows, step.columns)))
    return Step(rows, columns, step.layout, layout, step.compute, step.mask), result, alpha


def _pixel(shape: tuple[int, ...], dtype: np.dtype[Any], channel_axis: int | None) -> Array:
    """Return an image of one pixel, with the channels of an image of this shape."""
    layout = stack(shape, channel_axis)
    return np.zeros((1, *layout.shape(shape, 1, 1)[1:]) if _many(layout) else layout.shape(shape, 1, 1), dtype)


def _whole(shape: tuple[int, ...], layout: Stack, size: tuple[int, int], source: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the whole result, from that of a pixel of it."""
    shape = layout.shape(shape, *size)
    return (source[0], *shape[1:]) if _many(layout) else shape


def _many(layout: Stack) -> bool:
    """Say whether the first axis counts images."""
    return layout.ndim - (layout.channel_axis is not None) == 3


def _by_name(mask: Any) -> dict[str, Any]:
    """Return the keyword for a mask that is found in the pixels themselves, if it is such a one."""
    return {"mask": mask} if isinstance(mask, str) else {}


def _mask(mask: Any, shape: tuple[int, ...], layout: Stack) -> Mask | None:
    """Return a mask of a whole image, checked; 'nan' is none, and one that is read is what it is."""
    if mask is None or isinstance(mask, (str, Mask)):
        return mask if isinstance(mask, Mask) else None
    given = checked(mask)
    fitted_mask(given, shape, layout)
    where = mask_layout(given.ndim, layout)
    return Mask(functools.partial(_window, given, where), where, facts(given).checked())


def _window(mask: Array, layout: Stack, block: Block) -> Array:
    return block.of(mask, layout)


def mask_layout(ndim: int, layout: Stack) -> Stack:
    """Return where the rows and columns of a mask of so many axes are, for an image laid out like this."""
    if ndim == layout.ndim:
        return layout
    return PLANE if ndim == 2 else Stack(3, (layout.channel_axis or 3) - 1)
