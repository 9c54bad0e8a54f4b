"""The numbers behind one pixel of a filtered image: those under the kernel, the products, the sum, the result."""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...arrays.alpha import split_picture_alpha
from ...arrays.conversion import as_array, has_alpha, is_picture
from ...arrays.dtypes import Array, round_to_dtype, supported_dtype
from ...engine.borders import Border, parse_border, parse_cval, source_indices
from ...engine.checks import check_kernel
from ...errors import ImfilterError, check_integer
from ...filters import FILTERS
from ...pipeline.chain import Filter
from ...pipeline.kernel_files import is_kernel_file
from .formula import Formula, PlacedKernel, formula_of, formula_of_file
from .grids import number


@dataclass(frozen=True)
class Part:
    """A kernel, the pixels under it, and which of these stand outside the image."""

    kernel: PlacedKernel
    pixels: Array
    beyond: Array

    @property
    def products(self) -> Array:
        """What the sum is of. A weight of 0 reads nothing, not even what is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            products: Array = np.where(self.kernel.weights == 0, 0.0, self.kernel.weights * self.pixels)
        return products

    @property
    def total(self) -> float:
        """The sum of the products, exact but for its last rounding."""
        products = self.products
        if np.isfinite(products).all():
            return math.fsum(products.ravel().tolist())
        with np.errstate(invalid="ignore"):
            return float(products.sum())


@dataclass(frozen=True)
class Reading:
    """How one channel of one pixel is made.

    parts: the kernels whose sums are joined; others: what the other directions gave, by name; steps: how the sums
    become the result, in words; exact: before it is rounded; result: what the filter gives.
    """

    channel: str
    parts: list[Part]
    steps: list[str]
    exact: float
    result: float
    others: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """A place in an image, and what was read there."""

    name: str
    x: int
    y: int
    size: tuple[int, int]
    dtype: np.dtype[Any]
    edge: Border
    mixing: bool
    readings: list[Reading]


def probe(image: Any, x: int, y: int, filter: Any, *, mode: str, cval: float, **parameters: Any) -> Probe:
    """Return the numbers at column x and row y; arguments as in `imfilter.explain.pixel`."""
    pixels = split_picture_alpha(image)[0] if is_picture(image) else as_array(image)
    if pixels.ndim not in (2, 3) or not pixels.size:
        raise ImfilterError(f"image must have the shape (H, W) or (H, W, C) and pixels, got {pixels.shape}")
    dtype, edge = supported_dtype(pixels.dtype), parse_border("mode", mode)
    beyond = parse_cval(cval, edge, dtype)
    column, row = _inside("x", x, pixels.shape[1]), _inside("y", y, pixels.shape[0])
    flat = pixels[..., None] if pixels.ndim == 2 else pixels
    step, made = _made(filter, {**parameters, "mode": mode, "cval": beyond}, flat)
    at = Place(flat, row, column, edge, beyond)
    weighed = _weighs_alpha(step, image)
    if weighed:
        _check_alpha(step, image, made, at)
    result = np.asarray(split_picture_alpha(step(image))[0] if weighed else step(pixels))
    results = np.atleast_1d(result[row, column])
    names = image.getbands()[:flat.shape[2]] if is_picture(image) else [f"channel {k}" for k in range(flat.shape[2])]
    readings = _mixed(at, made.matrix, names, results) if made.matrix is not None else [
        _reading(at, made, names[k], k, value) for k, value in enumerate(results)]
    height, width = flat.shape[:2]
    return Probe(step.name, column, row, (width, height), dtype, edge, made.matrix is not None, readings)


def _made(filter: Any, keywords: dict[str, Any], image: Array) -> tuple[Filter, Formula]:
    """Return a filter by name or a kernel as what is applied to an image (H, W, C), and what it is made of."""
    if isinstance(filter, str):
        step = Filter.named(filter, **keywords)
        if is_kernel_file(filter):
            return step, formula_of_file(step.keywords["kernel"], step.keywords["bias"])
        return step, formula_of(step, supported_dtype(image.dtype), image.shape[2])
    if more := keywords.keys() - {"mode", "cval"}:
        raise ImfilterError(f"a kernel has no parameters, got {', '.join(sorted(more))}")
    kernel = check_kernel(filter, "kernel", 2)
    return Filter.of_kernel(kernel, flip=True, **keywords), Formula([[PlacedKernel.flipped("kernel", kernel)]])


def _inside(name: str, value: Any, size: int) -> int:
    """Return a column or row, which must lie in the image."""
    if check_integer(name, value, 0) >= size:
        raise ImfilterError(f"{name} must be from 0 to {size - 1} to lie in the image, got {value}")
    return int(value)


def _weighs_alpha(step: Filter, image: Any) -> bool:
    """Say whether pixels count by their alpha."""
    return (is_picture(image) and has_alpha(image) and step.name in FILTERS
            and FILTERS[step.name].weighs_alpha)


def _check_alpha(step: Filter, image: Any, made: Formula, at: Place) -> None:
    """Refuse places where some pixels are not opaque, so that the sums are not those of the kernel."""
    opaque = Place(split_picture_alpha(image)[1][..., None], at.row, at.column, at.edge, 255.0)  # type: ignore[index]
    if any((opaque.under(kernel, 0).pixels != 255).any() for kernels in made.choices for kernel in kernels):
        raise ImfilterError(f"{step.name} weighs pixels by their alpha, and some are not opaque at ({at.column}, "
                            f"{at.row}): take a photo without alpha, or another place")


@dataclass(frozen=True)
class Place:
    """A pixel of an image (H, W, C), and what stands around the image."""

    image: Array
    row: int
    column: int
    edge: Border
    constant: float

    def under(self, kernel: PlacedKernel, channel: int) -> Part:
        """Return the pixels of a channel under a kernel that stands here."""
        indices, outs = [], []
        for at, size, taps, anchor in zip((self.row, self.column), self.image.shape[:2], kernel.weights.shape,
                                          kernel.anchor, strict=True):
            start = at - anchor
            found, _ = source_indices(self.edge, size, start, 1, taps)
            indices.append(np.arange(size)[found])
            where = np.arange(start, start + taps)
            outs.append((where < 0) | (where >= size))
        beyond = outs[0][:, None] | outs[1]
        pixels = self.image[..., channel][np.ix_(*indices)].astype(np.float64)
        if self.edge is Border.CONSTANT:
            pixels[beyond] = self.constant
        return Part(kernel, pixels, beyond)


def _reading(at: Place, made: Formula, name: str, channel: int, result: Any) -> Reading:
    """Return how a filter made of kernels makes a channel."""
    groups = [[at.under(kernel, channel) for kernel in kernels] for kernels in made.choices]
    values = [_joined(group, made) for group in groups]
    best = max(range(len(values)), key=lambda k: -math.inf if math.isnan(values[k]) else values[k])
    steps = []
    if made.join:
        words = made.join[1].format(*(_in_power(part.total) for part in groups[best]))
        steps.append(f"{words} = {number(values[best], 6)}")
    others = {}
    if len(groups) > 1:
        steps.append(f"the largest of {len(groups)} directions")
        others = {group[0].kernel.name.partition(",")[0]: value for group, value in zip(groups, values, strict=True)}
    exact = values[best] + made.offset
    if made.offset:
        steps.append(f"{number(made.offset)} + {number(values[best], 6)} = {number(exact, 6)}")
    return Reading(name, groups[best], [*steps, _settled(exact, result)], exact, float(result), others)


def _in_power(value: float) -> str:
    return f"({number(value, 6)})" if value < 0 else number(value, 6)


def _joined(group: list[Part], made: Formula) -> float:
    totals = [part.total for part in group]
    return made.join[0](*totals) if made.join else totals[0]


def _mixed(at: Place, matrix: Array, names: Any, results: Array) -> list[Reading]:
    """Return how a matrix makes each channel of all channels of the pixel."""
    pixel = at.image[at.row, at.column].astype(np.float64)[None]
    readings = []
    for k, (weights, result) in enumerate(zip(matrix, results, strict=True)):
        name = names[k] if len(matrix) == len(names) else "gray" if len(matrix) == 1 else f"channel {k}"
        part = Part(PlacedKernel("weights of " + ", ".join(names), weights[None], (0, 0)), pixel, np.zeros_like(pixel, bool))
        readings.append(Reading(name, [part], [_settled(part.total, result)], part.total, float(result)))
    return readings


def _settled(exact: float, result: Any) -> str:
    """Say how the exact number becomes the result."""
    kind = np.asarray(result).dtype
    if kind.kind == "f":
        return f"{number(exact, 6)} as {kind} is {number(float(result), 6)}"
    limits = np.iinfo(kind) if kind.kind != "b" else np.iinfo(np.uint8)
    if exact > limits.max or exact < limits.min:
        return f"{number(exact, 6)} is cut off at {int(result)}, the end of {kind}"
    if int(result) != int(round_to_dtype(np.array([exact]), kind)[0]):
        return f"{number(exact, 6)} in single precision is rounded to {int(result)}"
    return f"{number(exact, 6)} is {'' if exact == result else 'rounded to '}{int(result)}"
