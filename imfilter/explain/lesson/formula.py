"""What a filter is made of, exactly: kernels as they lie on the image, and how their sums become the result."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import kernels
from ...arrays.dtypes import Array
from ...errors import ImfilterError
from ...filters import FILTERS
from ...pipeline.chain import Filter
from ..kernel.anatomy import CORRELATED, kernel_of, matrix_of, settled

FALLING = {"roberts": ("falling diagonal", "rising diagonal")}


@dataclass(frozen=True)
class Lying:
    """A kernel as it lies on the image. anchor: the tap that stands on the pixel."""

    name: str
    weights: Array
    anchor: tuple[int, int]

    @classmethod
    def as_given(cls, name: str, kernel: Array) -> Lying:
        """Return a kernel that is not turned, as correlation has it."""
        return cls(name, kernel, (kernel.shape[0] // 2, kernel.shape[1] // 2))

    @classmethod
    def turned(cls, name: str, kernel: Array) -> Lying:
        """Return a kernel turned by 180 degrees, as convolution has it."""
        kh, kw = kernel.shape
        return cls(name, np.ascontiguousarray(kernel[::-1, ::-1]), (kh - 1 - kh // 2, kw - 1 - kw // 2))


@dataclass(frozen=True)
class Recipe:
    """How a pixel is made.

    choices: groups of kernels; the sums of a group are joined, and the largest of what the groups give is taken.
    join: what is made of a group's sums, and the same in words with {} for each of them; None: a group has one kernel,
    whose sum it is. offset: what is added at the end. matrix: of colors, for filters that mix the channels and have no
    kernels.
    """

    choices: list[list[Lying]] = field(default_factory=list)
    join: tuple[Callable[..., float], str] | None = None
    offset: float = 0.0
    matrix: Array | None = None


def recipe(step: Filter, dtype: np.dtype[Any], channels: int) -> Recipe:
    """Return what a filter by name is made of, for an image of this dtype and number of channels.

    Raises
    ------
    ImfilterError
        When it is not made of kernels.
    """
    preset = FILTERS[step.name]
    own = settled(step)
    if own.get("linear"):
        raise ImfilterError("linear must be False to show numbers: in linear light those of the photo are not summed")
    if preset.group == "color":
        return Recipe(matrix=matrix_of(preset, own, channels))
    if preset.name not in kernels.KERNELS and preset.name != "contour":
        raise ImfilterError(f"{preset.name} is not made of kernels: it has no products and no sum to show")
    if own.get("threshold"):
        raise ImfilterError("threshold must be 0 to show the numbers: what is below it is not made of a kernel")
    return _of_kernels(preset.name, own, dtype)


def learned(kernel: Array, bias: Array) -> Recipe:
    """Return what the filter of a kernel file is made of."""
    if kernel.ndim == 2:
        return Recipe([[Lying.as_given("kernel", kernel)]], offset=float(bias))
    if kernel.shape[2:] != (1, 1) or bias.any():
        raise ImfilterError("a kernel from every channel to every channel has too many products to show")
    return Recipe(matrix=kernel[:, :, 0, 0])


def _of_kernels(name: str, own: dict[str, Any], dtype: np.dtype[Any]) -> Recipe:
    if "axis" in own and own["axis"] is None:
        axes = FALLING.get(name, ("down", "across"))
        pair = [Lying.turned(f"{name} axis {k}, {way}", kernel_of(name, {"axis": k})) for k, way in enumerate(axes)]
        return Recipe([pair], (lambda a, b: math.sqrt((a * a + b * b) / 2), "sqrt(({}^2 + {}^2) / 2)"))
    if name == "kirsch":
        return Recipe([[Lying.turned(f"kirsch {45 * k} degrees", kernel)] for k, kernel in enumerate(kernels.kirsch())])
    if name == "gabor":
        return _gabor(own)
    if name == "contour":
        return Recipe([[Lying.turned("find_edges", kernels.find_edges())]], offset=_of_black(name, own, dtype))
    if name == "emboss":
        return Recipe([[Lying.turned(name, own["depth"] * kernel_of(name, own))]], offset=_of_black(name, own, dtype))
    kernel = kernel_of(name, own)
    if name in CORRELATED:
        return Recipe([[Lying.as_given(name, kernel)]])
    return Recipe([[Lying.turned(name, kernel)]])


def _of_black(name: str, own: dict[str, Any], dtype: np.dtype[Any]) -> float:
    """Return what a pixel of 0 becomes among others of 0: what is added to every sum."""
    return float(FILTERS[name].function(np.zeros((1, 1), dtype), **own)[0, 0])


def _gabor(own: dict[str, Any]) -> Recipe:
    angles = [own["angle"]] if own["angle"] is not None else [180 * k / own["angles"] for k in range(own["angles"])]
    whole = own["part"] == "magnitude"
    parts = ("real", "imaginary") if whole else (own["part"],)
    choices = [[Lying.turned(f"gabor {angle:g} degrees, {part}",
                             kernel_of("gabor", {**own, "angle": angle, "part": part}))
                for part in parts] for angle in angles]
    return Recipe(choices, (math.hypot, "sqrt({}^2 + {}^2)") if whole else None)
