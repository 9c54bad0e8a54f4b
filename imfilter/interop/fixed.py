"""Pillow's fixed kernels, in Pillow's arithmetic: float32 sums in its order, plus offset and a half, cut off."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..borders import Border, border
from ..convolution import correlate
from ..images import Array

Taps = Iterable[list[Array]]  # samples under the taps, row by row from the lowest


class Fixed(NamedTuple):
    """A kernel as it lies on the image, what its sums are divided by, and what is then added."""

    weights: Array
    scale: float
    offset: float

    @property
    def kernel(self) -> Array:
        """The weights as Pillow multiplies by them."""
        return self.weights.astype(np.float32) / np.float32(self.scale)


def _fixed(rows: list[list[int]], scale: float, offset: float = 0) -> Fixed:
    return Fixed(np.array(rows, float), scale, offset)


# The numbers are PIL.ImageFilter's. Pillow turns its kernels upside down; only EMBOSS shows it.
FIXED = {
    "BLUR": _fixed([[1, 1, 1, 1, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]], 16),
    "CONTOUR": _fixed([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 1, 255),
    "DETAIL": _fixed([[0, -1, 0], [-1, 10, -1], [0, -1, 0]], 6),
    "EDGE_ENHANCE": _fixed([[-1, -1, -1], [-1, 10, -1], [-1, -1, -1]], 2),
    "EDGE_ENHANCE_MORE": _fixed([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]], 1),
    "EMBOSS": _fixed([[0, 0, 0], [0, 1, 0], [-1, 0, 0]], 1, 128),
    "FIND_EDGES": _fixed([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 1),
    "SHARPEN": _fixed([[-2, -2, -2], [-2, 32, -2], [-2, -2, -2]], 16),
    "SMOOTH": _fixed([[1, 1, 1], [1, 5, 1], [1, 1, 1]], 13),
    "SMOOTH_MORE": _fixed([[1, 1, 1, 1, 1], [1, 5, 5, 5, 1], [1, 5, 44, 5, 1], [1, 5, 5, 5, 1], [1, 1, 1, 1, 1]], 100),
}
# numpy.pad's names of the borders.
PAD = {Border.REFLECT: "symmetric", Border.MIRROR: "reflect", Border.NEAREST: "edge", Border.CONSTANT: "constant",
       Border.WRAP: "wrap"}


def filtered(pixels: Array, fixed: Fixed, mode: str, cval: float) -> Array:
    """Return what Pillow makes of an image (H, W) or (H, W, C), in its dtype, with the border filtered too."""
    if pixels.size == 0:
        return pixels
    if pixels.dtype != np.uint8 or not float(cval).is_integer():
        return _summed(pixels, fixed, mode, cval)
    return _exact(pixels, fixed, mode, cval)


def _exact(pixels: Array, fixed: Fixed, mode: str, cval: float) -> Array:
    """Filter bytes by whole sums, which are exact. Only where a result lies halfway does Pillow's rounding decide."""
    sums = correlate(pixels, fixed.weights, mode=mode, cval=cval, dtype=np.int32)
    scale, half = int(fixed.scale), int(fixed.scale) // 2
    sums += int(fixed.offset) * scale + half
    if scale & (scale - 1) == 0:
        result: Array = np.clip(sums >> (scale.bit_length() - 1), 0, 255).astype(np.uint8)
        return result
    result = np.clip(sums // scale, 0, 255).astype(np.uint8)
    if scale % 2 == 0:
        places = np.nonzero((sums % scale == 0) & (sums > 0) & (sums <= 255 * scale))
        result[places] = _cut(_chain(_around(pixels, fixed, mode, cval, places), fixed), pixels.dtype)
    return result


def _summed(pixels: Array, fixed: Fixed, mode: str, cval: float) -> Array:
    """Filter samples of any dtype by float32 sums in Pillow's order; floats are neither rounded nor cut off."""
    height, width = pixels.shape[:2]
    reach = fixed.weights.shape[0] // 2
    padded = _padded(pixels, reach, mode, cval)
    taps = ([padded[i:i + height, j:j + width] for j in range(2 * reach + 1)] for i in reversed(range(2 * reach + 1)))
    if pixels.dtype.kind == "f":
        return _chain(taps, fixed, half=0).astype(pixels.dtype)
    return _cut(_chain(taps, fixed), pixels.dtype)


def _padded(pixels: Array, reach: int, mode: str, cval: float) -> Array:
    """Return the image with its border laid out."""
    edge = border("mode", mode)
    values: dict[str, Any] = {"constant_values": cval} if edge is Border.CONSTANT else {}
    if pixels.dtype.kind != "f" and not float(cval).is_integer():
        pixels = pixels.astype(np.float32)
    margins = ((reach, reach), (reach, reach), *((0, 0),) * (pixels.ndim - 2))
    return np.pad(pixels, margins, PAD[edge], **values)  # type: ignore[call-overload, no-any-return]


def _around(pixels: Array, fixed: Fixed, mode: str, cval: float, places: tuple[Array, ...]) -> Taps:
    """Return the samples under the taps at some places."""
    size = len(fixed.weights)
    padded = _padded(pixels, size // 2, mode, cval)
    y, x, *band = places
    return ([padded[(y + i, x + j, *band)] for j in range(size)] for i in reversed(range(size)))


def _chain(taps: Taps, fixed: Fixed, half: float = 0.5) -> Array:
    """Add up samples by rows, from the lowest to the highest, each from left to right."""
    total: Any = np.float32(fixed.offset + half)
    for weights, samples in zip(fixed.kernel[::-1], taps, strict=True):
        row: Any = None
        for weight, sample in zip(weights, samples, strict=True):
            term = sample.astype(np.float32) * weight
            row = term if row is None else row + term
        total = total + row
    return total  # type: ignore[no-any-return]


def _cut(sums: Array, dtype: np.dtype[Any]) -> Array:
    """Cast float32 sums to integers as Pillow does: from 0 to the largest, without their fraction."""
    limits = np.iinfo(dtype)
    exact = sums.astype(np.float64)
    return np.clip(np.trunc(exact), 0, limits.max).astype(dtype)
