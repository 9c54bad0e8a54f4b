"""Images as scikit-image sees them: floats in [0, 1] or [-1, 1], of which the factor is left to the kernel."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...arrays.dtypes import NATIVE, Array, supported_dtype

# Borders that scikit-image passes on to SciPy, and their names here.
MODES = {"reflect": "reflect", "constant": "constant", "nearest": "nearest", "mirror": "mirror", "wrap": "wrap",
         "grid-mirror": "reflect", "grid-constant": "constant", "grid-wrap": "wrap"}


class Floats(NamedTuple):
    """An image whose samples times `scale` are what scikit-image filters, in its `dtype`."""

    pixels: Array
    scale: float
    dtype: np.dtype[Any]

    def times(self, weights: Array) -> Array:
        """Return the weights that do to the pixels as they are what these do to the scaled ones."""
        return weights if self.scale == 1 else weights * self.scale

    def beyond(self, cval: float) -> float:
        """Return the constant of a border as it stands beside the pixels."""
        return cval if self.scale == 1 else cval / self.scale

    def scaled(self) -> Array:
        """Return the image that scikit-image filters: a copy of integers, floats as they are."""
        if self.scale == 1:
            return self.pixels.astype(self.dtype, copy=False)
        return np.multiply(self.pixels, self.scale, dtype=self.dtype)


def floats(image: Array, preserve_range: bool = False) -> Floats:
    """Return a real image as scikit-image's img_as_float has it.

    float16 becomes float32, other floats stay; integers become float64, divided by the largest of their dtype (the
    smallest of a signed one becomes -1) unless preserve_range; booleans 0.0 and 1.0.
    """
    kind = supported_dtype(image.dtype)
    if kind.kind == "f":
        single = np.dtype(np.float32)
        return Floats(image.astype(single), 1.0, single) if kind.itemsize == 2 else Floats(image, 1.0, kind)
    double = np.dtype(np.float64)
    if kind.kind == "b":  # the root of whole sums of bytes would be taken in single precision
        return Floats(image.astype(double), 1.0, double)
    if preserve_range:
        return Floats(image if kind in NATIVE else image.astype(double), 1.0, double)
    limits = np.iinfo(kind)
    if kind in NATIVE and (kind.kind == "u" or image.min() > limits.min):
        return Floats(image, 1 / limits.max, double)
    scaled = np.multiply(image, 1 / limits.max, dtype=double)
    return Floats(np.maximum(scaled, -1, out=scaled), 1.0, double)


def is_plain(image: object) -> bool:
    """Say whether it is an array of real samples, with pixels, that may be filtered here."""
    return (type(image) is np.ndarray and image.size > 0 and image.dtype.kind in "buif" and image.dtype.itemsize <= 8)


def is_number(value: object) -> bool:
    """Say whether it is one finite real number."""
    return isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value)


def is_mode(mode: object, cval: object) -> bool:
    """Say whether it is one border for both axes."""
    return isinstance(mode, str) and mode in MODES and is_number(cval)


def is_mask(mask: object, image: Array) -> bool:
    """Say whether it is no mask, or one of the image's shape."""
    return mask is None or (type(mask) is np.ndarray and mask.shape == image.shape and mask.dtype.kind in "buif")


def masked(result: Array, mask: Array | None) -> Array:
    """Return the result, set to 0 where the 3 x 3 square about a pixel leaves the mask or the image."""
    if mask is not None:
        result *= eroded(mask)
    return result


def eroded(mask: Array) -> Array:
    """Return where all of the 3 x 3 square about a pixel (H, W) is in the mask and in the image."""
    inside = mask.astype(bool, copy=False)
    kept = np.zeros(mask.shape, bool)
    rows = inside[:-2] & inside[1:-1] & inside[2:]
    np.logical_and(rows[:, :-2], rows[:, 1:-1], out=kept[1:-1, 1:-1])
    kept[1:-1, 1:-1] &= rows[:, 2:]
    return kept
