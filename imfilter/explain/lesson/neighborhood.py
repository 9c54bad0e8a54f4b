"""The pixels under a kernel at one place of an image, and their weighted sum."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...arrays.dtypes import Array
from ...engine.borders import Border, source_indices
from .formula import PlacedKernel


def add_once_rounded(values: Array) -> float:
    """Return the sum of finite values, rounded once; any other sum as NumPy adds."""
    try:
        if np.isfinite(values).all():
            return math.fsum(values.ravel().tolist())
    except OverflowError:  # a partial sum beyond the range of floats
        pass
    with np.errstate(invalid="ignore", over="ignore"):
        return float(values.sum())


@dataclass(frozen=True)
class KernelSum:
    """A kernel and the pixels under it. outside: which of these are padding."""

    kernel: PlacedKernel
    pixels: Array
    outside: Array

    @property
    def products(self) -> Array:
        """Weights times pixels. A weight of 0 gives 0 even where the pixel is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            products: Array = np.where(self.kernel.weights == 0, 0.0, self.kernel.weights * self.pixels)
        return products

    @property
    def total(self) -> float:
        """The sum of the products, rounded once."""
        return add_once_rounded(self.products)


@dataclass(frozen=True)
class Place:
    """A pixel of an image (H, W, C), and the border around the image."""

    image: Array
    row: int
    column: int
    border: Border
    constant: float

    def pixels_under(self, kernel: PlacedKernel, channel: int) -> KernelSum:
        """Return a kernel placed here, with the pixels of a channel under it."""
        indices, outs = [], []
        for at, size, taps, anchor in zip((self.row, self.column), self.image.shape[:2], kernel.weights.shape,
                                          kernel.anchor, strict=True):
            start = at - anchor
            source, _ = source_indices(self.border, size, start, 1, taps)
            indices.append(np.arange(size)[source])
            where = np.arange(start, start + taps)
            outs.append((where < 0) | (where >= size))
        outside = outs[0][:, None] | outs[1]
        pixels = self.image[..., channel][np.ix_(*indices)].astype(np.float64)
        if self.border is Border.CONSTANT:
            pixels[outside] = self.constant
        return KernelSum(kernel, pixels, outside)
