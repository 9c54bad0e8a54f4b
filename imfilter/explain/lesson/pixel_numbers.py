"""Compute the numbers behind one pixel of a filtered image, from the neighborhood to the rounded result."""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...arrays.alpha import split_picture_alpha
from ...arrays.conversion import as_array, has_alpha, is_picture
from ...arrays.dtypes import Array, round_to_dtype, supported_dtype
from ...engine.borders import Border, parse_border, parse_cval
from ...engine.checks import check_kernel
from ...errors import ImfilterError, check_integer
from ...filters import FILTERS
from ...pipeline.chain import Filter
from ...pipeline.kernel_files import is_kernel_file
from .formula import Formula, PlacedKernel, formula_of, formula_of_file
from .grids import format_number
from .neighborhood import KernelSum, Place


@dataclass(frozen=True)
class ChannelNumbers:
    """The arithmetic of one channel of a pixel.

    sums: the kernels whose sums are combined. steps: how the sums become the result, in words. exact: before rounding.
    result: what the filter returns. directions: the response in each direction; the largest is used.
    """

    channel: str
    sums: list[KernelSum]
    steps: list[str]
    exact: float
    result: float
    directions: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PixelNumbers:
    """The arithmetic of one pixel of a filtered image, by channel. mixing: whether a matrix mixes its channels."""

    name: str
    x: int
    y: int
    size: tuple[int, int]
    dtype: np.dtype[Any]
    border: Border
    mixing: bool
    channels: list[ChannelNumbers]


def compute_pixel(
    image: Any, x: int, y: int, filter: Any, *, mode: Any, cval: float, **parameters: Any
) -> PixelNumbers:
    """Compute the numbers at column x and row y; arguments as in `imfilter.explain.pixel`."""
    pixels = split_picture_alpha(image)[0] if is_picture(image) else as_array(image)
    if pixels.ndim not in (2, 3) or not pixels.size:
        raise ImfilterError(f"image must have the shape (H, W) or (H, W, C) and at least one pixel, got {pixels.shape}")
    dtype, border = supported_dtype(pixels.dtype), parse_border("mode", mode)
    constant = parse_cval(cval, border, dtype)
    column, row = _check_inside("x", x, pixels.shape[1]), _check_inside("y", y, pixels.shape[0])
    flat = pixels[..., None] if pixels.ndim == 2 else pixels
    stage, formula = _parse_filter(filter, {**parameters, "mode": mode, "cval": constant}, flat)
    stride = stage.keywords.get("stride", 1)
    if stride not in (1, (1, 1)):
        raise ImfilterError(f"stride must be 1, because x and y count the pixels of the image, got {stride}")
    place = Place(flat, row, column, border, constant)
    weighted = _weights_alpha(stage, image)
    if weighted:
        _check_opaque(stage, image, formula, place)
    result = np.asarray(split_picture_alpha(stage(image))[0] if weighted else stage(pixels))
    results = np.atleast_1d(result[row, column])
    names = image.getbands()[:flat.shape[2]] if is_picture(image) else [f"channel {k}" for k in range(flat.shape[2])]
    channels = _mix_channels(place, formula.matrix, names, results) if formula.matrix is not None else [
        _filter_channel(place, formula, names[k], k, value) for k, value in enumerate(results)]
    height, width = flat.shape[:2]
    return PixelNumbers(stage.name, column, row, (width, height), dtype, border, formula.matrix is not None, channels)


def _parse_filter(filter: Any, keywords: dict[str, Any], image: Array) -> tuple[Filter, Formula]:
    """Return the filter to apply to an image (H, W, C), and its formula."""
    if isinstance(filter, str):
        stage = Filter.from_name(filter, **keywords)
        if is_kernel_file(filter):
            return stage, formula_of_file(stage.keywords["kernel"], stage.keywords["bias"])
        return stage, formula_of(stage, supported_dtype(image.dtype), image.shape[2])
    if more := keywords.keys() - {"mode", "cval"}:
        raise ImfilterError(f"a kernel has no parameters, got {', '.join(sorted(more))}")
    kernel = check_kernel(filter, "kernel", 2)
    formula = Formula([[PlacedKernel.from_convolution("kernel", kernel)]])
    return Filter.from_kernel(kernel, flip=True, **keywords), formula


def _check_inside(name: str, value: Any, size: int) -> int:
    """Return a column or row, or raise if it is outside the image."""
    if check_integer(name, value, 0) >= size:
        raise ImfilterError(f"{name} must be from 0 to {size - 1} to lie in the image, got {value}")
    return int(value)


def _weights_alpha(stage: Filter, image: Any) -> bool:
    """Say whether the filter weights pixels by their alpha."""
    return (is_picture(image) and has_alpha(image) and stage.name in FILTERS
            and FILTERS[stage.name].weighs and stage.operation.averages)


def _check_opaque(stage: Filter, image: Any, formula: Formula, place: Place) -> None:
    """Raise if a pixel is not opaque: alpha then enters the sums, too."""
    alpha = split_picture_alpha(image)[1][..., None]  # type: ignore[index]
    opaque = Place(alpha, place.row, place.column, place.border, 255.0)
    if any((opaque.pixels_under(kernel, 0).pixels != 255).any() for kernels in formula.choices for kernel in kernels):
        raise ImfilterError(
            f"all pixels under the kernel must be opaque, because {stage.name} weights them by alpha, got some that are"
            f" not at ({place.column}, {place.row}): choose a photo without alpha, or another place")


def _filter_channel(place: Place, formula: Formula, name: str, channel: int, result: Any) -> ChannelNumbers:
    """Return how a filter with kernels computes a channel."""
    groups = [[place.pixels_under(kernel, channel) for kernel in kernels] for kernels in formula.choices]
    values = [_combine_sums(group, formula) for group in groups]
    best = max(range(len(values)), key=lambda k: -math.inf if math.isnan(values[k]) else values[k])
    steps = []
    if formula.join:
        words = formula.join[1].format(*(_write_operand(kernel_sum.total) for kernel_sum in groups[best]))
        steps.append(f"{words} = {format_number(values[best], 6)}")
    directions = {}
    if len(groups) > 1:
        steps.append(f"the largest of {len(groups)} directions")
        names = (group[0].kernel.name.partition(",")[0] for group in groups)
        directions = dict(zip(names, values, strict=True))
    exact = values[best] + formula.offset
    if formula.offset:
        steps.append(
            f"{format_number(formula.offset)} + {format_number(values[best], 6)} = {format_number(exact, 6)}")
    steps.append(_describe_rounding(exact, result))
    return ChannelNumbers(name, groups[best], steps, exact, float(result), directions)


def _write_operand(value: float) -> str:
    return f"({format_number(value, 6)})" if value < 0 else format_number(value, 6)


def _combine_sums(group: list[KernelSum], formula: Formula) -> float:
    totals = [kernel_sum.total for kernel_sum in group]
    return formula.join[0](*totals) if formula.join else totals[0]


def _mix_channels(place: Place, matrix: Array, names: Any, results: Array) -> list[ChannelNumbers]:
    """Return how a matrix computes each channel from all channels of the pixel."""
    pixel = place.image[place.row, place.column].astype(np.float64)[None]
    channels = []
    for k, (weights, result) in enumerate(zip(matrix, results, strict=True)):
        name = names[k] if len(matrix) == len(names) else "gray" if len(matrix) == 1 else f"channel {k}"
        row = PlacedKernel("weights of " + ", ".join(names), weights[None], (0, 0))
        mixed = KernelSum(row, pixel, np.zeros_like(pixel, bool))
        steps = [_describe_rounding(mixed.total, result)]
        channels.append(ChannelNumbers(name, [mixed], steps, mixed.total, float(result)))
    return channels


def _describe_rounding(exact: float, result: Any) -> str:
    """Say how the exact number becomes the result."""
    kind = np.asarray(result).dtype
    if kind.kind == "f":
        return f"{format_number(exact, 6)} as {kind} is {format_number(float(result), 6)}"
    limits = np.iinfo(kind) if kind.kind != "b" else np.iinfo(np.uint8)
    if exact > limits.max or exact < limits.min:
        return f"{format_number(exact, 6)} is clipped to {int(result)}, the limit of {kind}"
    if int(result) != int(round_to_dtype(np.array([exact]), kind)[0]):
        return f"{format_number(exact, 6)} in single precision is rounded to {int(result)}"
    return f"{format_number(exact, 6)} is {'' if exact == result else 'rounded to '}{int(result)}"
