"""The formula of a filter, for computing single pixels: kernels as they lie on the image, and how sums are combined."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...errors import ImfilterError
from ...filters.operation import Joined
from ...pipeline.filter import Filter


@dataclass(frozen=True)
class PlacedKernel:
    """A kernel as it lies on the image. anchor: the tap that lies on the pixel."""

    name: str
    weights: Array
    anchor: tuple[int, int]

    @classmethod
    def from_correlation(cls, name: str, kernel: Array) -> PlacedKernel:
        """Return a kernel as correlation applies it."""
        return cls(name, kernel, (kernel.shape[0] // 2, kernel.shape[1] // 2))

    @classmethod
    def from_convolution(cls, name: str, kernel: Array) -> PlacedKernel:
        """Return a kernel rotated by 180 degrees, as convolution applies it."""
        kh, kw = kernel.shape
        return cls(name, np.ascontiguousarray(kernel[::-1, ::-1]), (kh - 1 - kh // 2, kw - 1 - kw // 2))


@dataclass(frozen=True)
class Formula:
    """How a pixel is computed.

    choices: groups of kernels; the sums of a group are joined, and the largest of what the groups give is taken.
    join: the function of a group's sums, and the same as text with {} for each; None: each group has one kernel.
    offset: what is added at the end. matrix: of colors, for filters that mix the channels and have no kernels.
    """

    choices: list[list[PlacedKernel]] = field(default_factory=list)
    join: Joined | None = None
    offset: float = 0.0
    matrix: Array | None = None


def formula_of(filter: Filter, dtype: np.dtype[Any], channels: int) -> Formula:
    """Return the formula of a filter by name, for an image of this dtype and number of channels.

    Raises
    ------
    ImfilterError
        When it is not made of kernels.
    """
    operation = filter.operation
    if filter.keywords.get("linear"):
        raise ImfilterError("linear must be False to show numbers: in linear light those of the photo are not summed")
    if operation.matrix is not None:
        return Formula(matrix=operation.matrix_for(channels if channels > 1 else None))
    composition = operation.composition()
    if composition is None:
        raise ImfilterError(f"{filter.name} is not made of kernels: it has no products and no sum to show")
    if filter.step != (1, 1):
        raise ImfilterError(f"{filter.name} must keep the size to show the numbers, got a result every "
                            f"{','.join(map(str, filter.step))} pixels")
    if filter.keywords.get("threshold"):
        raise ImfilterError("threshold must be 0 to show the numbers: what is below it is not made of a kernel")
    place = PlacedKernel.from_convolution if composition.flip else PlacedKernel.from_correlation
    choices = [[place(_full_name(filter.name, label), kernel) for label, kernel in group.items()]
               for group in composition.groups]
    return Formula(choices, composition.join, composition.level(dtype) if composition.level else 0.0)


def formula_of_file(kernel: Array, bias: Array) -> Formula:
    """Return the formula of a kernel file."""
    if kernel.ndim == 2:
        return Formula([[PlacedKernel.from_correlation("kernel", kernel)]], offset=float(bias))
    if kernel.shape[2:] != (1, 1) or bias.any():
        raise ImfilterError("a kernel from every channel to every channel has too many products to show")
    return Formula(matrix=kernel[:, :, 0, 0])


def _full_name(name: str, label: str) -> str:
    return name if label == "kernel" else f"{name} {label}"
