"""Pillow's fixed kernels, in Pillow's arithmetic: float32 sums in its order, plus offset and a half, cut off."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ...arrays.dtypes import Array
from ...arrays.layout import iterate_strips
from ...convolution import correlate
from ...engine.borders import Border, parse_border, source_indices
from ...runtime.threads import for_each

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


def filtered(pixels: Array, fixed: Fixed, mode: str, cval: float) -> Array:
    """Return what Pillow makes of an image (H, W) or (H, W, C), in its dtype, with the border filtered too."""
    result = np.empty(pixels.shape, pixels.dtype)
    if not pixels.size:
        return result
    whole = pixels.dtype == np.uint8 and float(cval).is_integer() and abs(cval) <= 255
    # Of sums divided by 6 every sixth lies halfway, where Pillow's rounding decides: its floats are then had sooner.
    (_by_whole_sums if whole and fixed.scale != 6 else _by_floats)(pixels, fixed, mode, cval, result)
    return result


def _by_whole_sums(pixels: Array, fixed: Fixed, mode: str, cval: float, result: Array) -> None:
    """Filter bytes by sums of whole numbers, which are exact: only results halfway are left to Pillow's rounding."""
    sums = correlate(pixels, fixed.weights, mode=mode, cval=cval, dtype=np.int16)
    scale = int(fixed.scale)
    binary = scale & (scale - 1) == 0  # such fractions are exact in Pillow too

    def divide(rows: slice) -> None:
        part = sums[rows]
        part += int(fixed.offset) * scale + scale // 2
        rounded = part >> (scale.bit_length() - 1) if binary else part // scale
        result[rows] = np.clip(rounded, 0, 255)
        if not binary and scale % 2 == 0:
            part -= rounded * scale
            _settle(np.nonzero((part == 0) & (rounded > 0) & (rounded < 256)), rows, pixels, fixed, mode, cval, result)

    for_each(divide, iterate_strips(sums.shape))


def _settle(
    places: tuple[Array, ...], rows: slice, pixels: Array, fixed: Fixed, mode: str, cval: float, result: Array
) -> None:
    """Compute the results at some places of a strip as Pillow does."""
    size = len(fixed.weights)
    padded = _padded(pixels, size // 2, mode, cval, rows)
    y, x, *band = places
    taps = ([padded[(y + i, x + j, *band)] for j in range(size)] for i in reversed(range(size)))
    result[rows][places] = _cut(_chain(taps, fixed), pixels.dtype)


def _by_floats(pixels: Array, fixed: Fixed, mode: str, cval: float, result: Array) -> None:
    """Filter by float32 sums in Pillow's order; images of floats are neither rounded nor cut off."""
    size, width = len(fixed.weights), pixels.shape[1]

    def filter_strip(rows: slice) -> None:
        padded = _padded(pixels, size // 2, mode, cval, rows)
        height = rows.stop - rows.start
        taps = ([padded[i:i + height, j:j + width] for j in range(size)] for i in reversed(range(size)))
        if pixels.dtype.kind == "f":
            result[rows] = _chain(taps, fixed, half=0)
        else:
            result[rows] = _cut(_chain(taps, fixed), pixels.dtype)

    for_each(filter_strip, iterate_strips(pixels.shape))


def _padded(pixels: Array, reach: int, mode: str, cval: float, rows: slice) -> Array:
    """Return some rows of the image as float32, with those they reach and with the border laid out."""
    edge = parse_border("mode", mode)
    down, across = (_sources(size, reach, edge) for size in pixels.shape[:2])
    down = down[rows.start:rows.stop + 2 * reach]
    padded = np.empty((len(down), len(across), *pixels.shape[2:]), np.float32)
    padded[:, reach:-reach] = pixels[down]
    for side in (slice(None, reach), slice(-reach, None)):
        padded[:, side] = padded[:, across[side] + reach]
    if edge is Border.CONSTANT:
        padded[down < 0], padded[:, across < 0] = cval, cval
    return padded


def _sources(size: int, reach: int, edge: Border) -> Array:
    """Return which pixel of an axis stands at each place from `reach` before it to `reach` behind; -1: none does."""
    at, constant = source_indices(edge, size, -reach, 1, size + 2 * reach)
    return at if constant is None else np.where(constant, -1, at)


def _chain(taps: Taps, fixed: Fixed, half: float = 0.5) -> Array:
    """Add up samples by rows, from the lowest to the highest, each from left to right."""
    total: Any = np.float32(fixed.offset + half)
    for weights, samples in zip(fixed.kernel[::-1], taps, strict=True):
        row: Any = None
        for weight, sample in zip(weights, samples, strict=True):
            if weight:
                term = sample * weight
                row = term if row is None else np.add(row, term, out=row)
        total = total if row is None else np.add(row, total, out=row)
    return total  # type: ignore[no-any-return]


def _cut(sums: Array, dtype: np.dtype[Any]) -> Array:
    """Cast float32 sums to integers as Pillow does: from 0 to the largest, without their fraction."""
    most = np.iinfo(dtype).max
    if most > 2**24:  # which float32 does not hold
        sums = sums.astype(np.float64)
    return np.clip(sums, 0, most).astype(dtype)
