"""Images as scikit-image sees them: floats in [0, 1] or [-1, 1], where the kernel includes the scale."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...arrays.dtypes import NATIVE, Array, supported_dtype
from ...engine.borders import ModeName

# Borders that scikit-image passes on to SciPy, and their names here.
MODES: dict[str, ModeName] = {
    "reflect": "reflect", "constant": "constant", "nearest": "nearest", "mirror": "mirror", "wrap": "wrap",
    "grid-mirror": "reflect", "grid-constant": "constant", "grid-wrap": "wrap"}


class Floats(NamedTuple):
    """An image whose samples times `scale` are what scikit-image filters, in its `dtype`."""

    pixels: Array
    scale: float
    dtype: np.dtype[Any]

    def times(self, weights: Array) -> Array:
        """Return the weights for the unscaled pixels that give the result of these for the scaled ones."""
        return weights if self.scale == 1 else weights * self.scale

    def beyond(self, cval: float) -> float:
        """Return the constant of a border for the unscaled pixels."""
        return cval if self.scale == 1 else cval / self.scale


def as_floats(image: Array, preserve_range: bool = False) -> Floats:
    """Return a real image as scikit-image's img_as_float does.

    float16 becomes float32, other floats do not change. Integers become float64, divided by the largest of their dtype
    (the smallest of a signed dtype becomes -1) unless preserve_range; booleans 0.0 and 1.0.
    """
    kind = supported_dtype(image.dtype)
    if kind.kind == "f":
        single = np.dtype(np.float32)
        return Floats(image.astype(single), 1.0, single) if kind.itemsize == 2 else Floats(image, 1.0, kind)
    double = np.dtype(np.float64)
    if kind.kind == "b":  # of bytes, the magnitude would be computed in single precision
        return Floats(image.astype(double), 1.0, double)
    if preserve_range:
        return Floats(image if kind in NATIVE else image.astype(double), 1.0, double)
    limits = np.iinfo(kind)
    if kind in NATIVE and (kind.kind == "u" or image.min() > limits.min):
        return Floats(image, 1 / limits.max, double)
    scaled = np.multiply(image, 1 / limits.max, dtype=double)
    return Floats(np.maximum(scaled, -1, out=scaled), 1.0, double)


def apply_mask(result: Array, mask: Array | None) -> Array:
    """Set the result to 0 where the 3 x 3 square around a pixel leaves the mask or the image."""
    if mask is not None:
        result *= erode(mask)
    return result


def erode(mask: Array) -> Array:
    """Return whether the 3 x 3 square around each pixel (H, W) lies within the mask and the image."""
    inside = mask.astype(bool, copy=False)
    kept = np.zeros(mask.shape, bool)
    rows = inside[:-2] & inside[1:-1] & inside[2:]
    np.logical_and(rows[:, :-2], rows[:, 1:-1], out=kept[1:-1, 1:-1])
    kept[1:-1, 1:-1] &= rows[:, 2:]
    return kept
