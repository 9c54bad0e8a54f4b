"""Pillow's fixed kernels in Pillow's arithmetic: float32 sums in its order, plus offset and a half, truncated."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ...arrays.dtypes import Array
from ...arrays.layout import iterate_strips
from ...convolution import correlate
from ...engine.borders import Border, Mode, parse_border, source_indices
from ...runtime.threads import for_each

Taps = Iterable[list[Array]]  # samples under the taps, row by row from the lowest


class FixedKernel(NamedTuple):
    """A kernel as it lies on the image, the divisor of its sums, and the offset added to them."""

    weights: Array
    scale: float
    offset: float

    @property
    def kernel(self) -> Array:
        """The weights that Pillow multiplies by."""
        return self.weights.astype(np.float32) / np.float32(self.scale)


def _build(rows: list[list[int]], scale: float, offset: float = 0) -> FixedKernel:
    return FixedKernel(np.array(rows, float), scale, offset)


# The numbers are PIL.ImageFilter's. Pillow applies its kernels upside down, which only EMBOSS shows.
FIXED = {
    "BLUR": _build([[1, 1, 1, 1, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]], 16),
    "CONTOUR": _build([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 1, 255),
    "DETAIL": _build([[0, -1, 0], [-1, 10, -1], [0, -1, 0]], 6),
    "EDGE_ENHANCE": _build([[-1, -1, -1], [-1, 10, -1], [-1, -1, -1]], 2),
    "EDGE_ENHANCE_MORE": _build([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]], 1),
    "EMBOSS": _build([[0, 0, 0], [0, 1, 0], [-1, 0, 0]], 1, 128),
    "FIND_EDGES": _build([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 1),
    "SHARPEN": _build([[-2, -2, -2], [-2, 32, -2], [-2, -2, -2]], 16),
    "SMOOTH": _build([[1, 1, 1], [1, 5, 1], [1, 1, 1]], 13),
    "SMOOTH_MORE": _build([[1, 1, 1, 1, 1], [1, 5, 5, 5, 1], [1, 5, 44, 5, 1], [1, 5, 5, 5, 1], [1, 1, 1, 1, 1]], 100),
}


def filter_fixed(pixels: Array, fixed: FixedKernel, mode: Mode, cval: float) -> Array:
    """Return Pillow's result for an image (H, W) or (H, W, C), in its dtype, with the border filtered too."""
    result = np.empty(pixels.shape, pixels.dtype)
    if not pixels.size:
        return result
    whole = pixels.dtype == np.uint8 and float(cval).is_integer() and abs(cval) <= 255
    # Every sixth of the sums divided by 6 lies halfway, where Pillow's rounding decides: then its floats are faster.
    (_filter_with_integers if whole and fixed.scale != 6 else _filter_with_floats)(pixels, fixed, mode, cval, result)
    return result


def _filter_with_integers(pixels: Array, fixed: FixedKernel, mode: Mode, cval: float, result: Array) -> None:
    """Filter bytes with exact integer sums; only results halfway between integers need Pillow's rounding."""
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
            halfway = np.nonzero((part == 0) & (rounded > 0) & (rounded < 256))
            _compute_halfway(halfway, rows, pixels, fixed, mode, cval, result)

    for_each(divide, iterate_strips(sums.shape))


def _compute_halfway(
    places: tuple[Array, ...], rows: slice, pixels: Array, fixed: FixedKernel, mode: Mode, cval: float, result: Array
) -> None:
    """Compute the results at these places of a strip with Pillow's floats."""
    size = len(fixed.weights)
    padded = _pad_rows(pixels, size // 2, mode, cval, rows)
    y, x, *band = places
    taps = ([padded[(y + i, x + j, *band)] for j in range(size)] for i in reversed(range(size)))
    result[rows][places] = _truncate(_sum_in_order(taps, fixed), pixels.dtype)


def _filter_with_floats(pixels: Array, fixed: FixedKernel, mode: Mode, cval: float, result: Array) -> None:
    """Filter with float32 sums in Pillow's order; images of floats are neither rounded nor saturated."""
    size, width = len(fixed.weights), pixels.shape[1]

    def filter_strip(rows: slice) -> None:
        padded = _pad_rows(pixels, size // 2, mode, cval, rows)
        height = rows.stop - rows.start
        taps = ([padded[i:i + height, j:j + width] for j in range(size)] for i in reversed(range(size)))
        if pixels.dtype.kind == "f":
            result[rows] = _sum_in_order(taps, fixed, half=0)
        else:
            result[rows] = _truncate(_sum_in_order(taps, fixed), pixels.dtype)

    for_each(filter_strip, iterate_strips(pixels.shape))


def _pad_rows(pixels: Array, reach: int, mode: Mode, cval: float, rows: slice) -> Array:
    """Return these rows of the image as float32, with the rows and the border around them."""
    border = parse_border("mode", mode)
    down, across = (_source_rows(size, reach, border) for size in pixels.shape[:2])
    down = down[rows.start:rows.stop + 2 * reach]
    padded = np.empty((len(down), len(across), *pixels.shape[2:]), np.float32)
    padded[:, reach:-reach] = pixels[down]
    for side in (slice(None, reach), slice(-reach, None)):
        padded[:, side] = padded[:, across[side] + reach]
    if border is Border.CONSTANT:
        padded[down < 0], padded[:, across < 0] = cval, cval
    return padded


def _source_rows(size: int, reach: int, border: Border) -> Array:
    """Return the pixel at each place of an axis with `reach` more on either side; -1: the constant of the border."""
    at, constant = source_indices(border, size, -reach, 1, size + 2 * reach)
    return at if constant is None else np.where(constant, -1, at)


def _sum_in_order(taps: Taps, fixed: FixedKernel, half: float = 0.5) -> Array:
    """Sum weighted samples row by row, from the lowest to the highest, each from left to right."""
    total: Any = np.float32(fixed.offset + half)
    for weights, samples in zip(fixed.kernel[::-1], taps, strict=True):
        row: Any = None
        for weight, sample in zip(weights, samples, strict=True):
            if weight:
                term = sample * weight
                row = term if row is None else np.add(row, term, out=row)
        total = total if row is None else np.add(row, total, out=row)
    return total  # type: ignore[no-any-return]


def _truncate(sums: Array, dtype: np.dtype[Any]) -> Array:
    """Cast float32 sums to integers as Pillow does: saturated, without their fraction."""
    most = np.iinfo(dtype).max
    if most > 2**24:  # which float32 does not hold
        sums = sums.astype(np.float64)
    return np.clip(sums, 0, most).astype(dtype)
