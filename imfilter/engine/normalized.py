"""Masks of normalized convolution: how much each pixel of an image counts."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.layout import ArrayLayout, iterate_strips, layout_of
from ..errors import DtypeError, ImfilterError, check_real
from .borders import Border, parse_border
from .kernel_structure import Kernel, absolute_sum, sum_of

FINEST = 1e-12  # ratio to the largest weight down to which float32 serves for the smallest

NAN = "nan"


class Weights(NamedTuple):
    """How much pixels count.

    mask: (1 or images, rows, columns, 1 or channels), boolean or finite numbers from 0 up to about 1; None: all pixels
    but NaN count. fill_weight: how much the constant outside the image counts. fine: whether some weights of the whole
    mask are too small relative to the largest for float32.
    """

    mask: Array | None
    fill_weight: float
    fine: bool = False


class MaskStats(NamedTuple):
    """Statistics of a whole mask: its smallest and largest weight, and the smallest above 0."""

    smallest: float
    largest: float
    least: float

    def validate(self) -> MaskStats:
        """Return the statistics; reject a mask with negative or infinite weights or NaN."""
        if not (self.smallest >= 0 and self.largest < math.inf):
            came = "NaN or infinity" if not math.isfinite(self.smallest + self.largest) else f"{self.smallest:g}"
            raise ImfilterError(f"mask must hold finite weights of at least 0, got {came} in it")
        return self


class MaskTile(NamedTuple):
    """A region of a mask, with the statistics of the whole mask."""

    mask: Array
    stats: MaskStats


def check_weights(mask: Any, shape: tuple[int, ...], layout: ArrayLayout, cval: float) -> Weights:
    """Check a mask for an image of this shape.

    A constant outside the image counts as much as the largest weight, but a constant of NaN does not count.
    """
    missing = math.isnan(cval)
    if isinstance(mask, Weights):
        return mask
    if isinstance(mask, str):
        if mask != NAN:
            raise ImfilterError(f"mask must be an array of weights or {NAN!r}, got {mask!r}")
        return Weights(None, 0.0 if missing else 1.0)
    stats = mask.stats if isinstance(mask, MaskTile) else None
    given = mask_array(mask.mask if isinstance(mask, MaskTile) else mask)
    weights = broadcast_mask(given, shape, layout)
    _, largest, least = (stats or measure_mask(given)).validate()
    exponent = math.frexp(largest)[1]  # scaling by a power of 2 changes no quotient, and prevents overflow
    if abs(exponent) > 8:
        weights = np.ldexp(weights, -exponent)
        largest, least = math.ldexp(largest, -exponent), math.ldexp(least, -exponent)
    fine = weights.dtype.kind == "f" and least < FINEST * largest
    return Weights(weights, 0.0 if missing else largest, fine)


def mask_array(mask: Any) -> Array:
    """Return a mask as an array; reject dtypes that cannot be weights."""
    given = as_array(mask, "mask")
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"mask must be boolean or hold real numbers, got dtype {given.dtype}")
    return given


def merge_stats(parts: Sequence[MaskStats]) -> MaskStats:
    """Merge the statistics of a mask's parts."""
    smallest, largest, least = np.transpose(parts)
    return MaskStats(float(smallest.min()), float(largest.max()), float(least.min()))


def measure_mask(mask: Array) -> MaskStats:
    """Measure a mask. In a mask without pixels nothing counts."""
    if not mask.size:
        return MaskStats(math.inf, 0.0, math.inf)
    smallest, largest = float(mask.min()), float(mask.max())
    if mask.dtype.kind != "f" and largest <= 1:
        return MaskStats(smallest, largest, 1.0 if largest > 0 else math.inf)
    highest, rows = np.inf if mask.dtype.kind == "f" else mask.max(), np.atleast_1d(mask)
    strips = (rows[strip] for strip in iterate_strips(rows.shape))
    return MaskStats(smallest, largest, min(float(np.min(one, where=one > 0, initial=highest)) for one in strips))


def broadcast_mask(mask: Array, shape: tuple[int, ...], layout: ArrayLayout) -> Array:
    """Return a mask of one image plane, one image or all of them as (images, rows, columns, channels)."""
    size = layout.size(shape)
    view = None
    if mask.ndim == 2:
        view = mask[None, :, :, None]
    elif mask.ndim == layout.ndim:
        view = layout.images(mask)
    elif mask.ndim == 3 and layout.ndim == 4:
        view = layout.images(mask[None])
    images = layout.images(np.broadcast_to(np.int8(0), shape)).shape
    if view is None or view.shape[1:3] != size or any(view.shape[k] not in (1, images[k]) for k in (0, 3)):
        wanted = f"{size} or {shape}" if layout.ndim > 2 else f"{size}"
        raise ImfilterError(f"mask must have the shape {wanted} for an image of shape {shape}, got {mask.shape}")
    return view


def sum_weights(kernel: Kernel) -> float:
    """Return the sum of a kernel's weights; reject a kernel whose weights sum to 0."""
    total = sum_of(kernel)
    if not has_sum(kernel):
        raise ImfilterError(
            f"a mask needs a kernel whose weights do not sum to 0, as those of edges do: they sum to {total:.3g}")
    return total


def has_sum(kernel: Kernel) -> bool:
    """Return whether a kernel's weights do not sum to 0, so that it takes a mask."""
    total = sum_of(kernel)
    return abs(total) > 1e-12 * absolute_sum(kernel) and math.isfinite(total)


def alpha_weights(alpha: Array, shape: tuple[int, ...], mask: Any, mode: Any, cval: Any) -> Weights:
    """Return the weights of colors of this shape: their alpha (H, W), times a mask if there is one.

    A constant outside the image is also its own alpha: 0 is transparent black, and does not count.
    """
    outside = check_real("cval", cval) if parse_border("mode", mode) is Border.CONSTANT else 0.0
    floating = alpha.dtype.kind == "f"  # fine for any values, so that regions are computed like the whole image
    own = Weights(alpha[None, :, :, None], max(outside, 0.0), floating)
    if mask is None:
        return own
    other = check_weights(mask, shape, layout_of(shape, -1), outside)
    if other.mask is None:  # 'nan', which integers never are
        return own
    product = own.mask * other.mask.astype(np.float32)  # type: ignore[operator]
    return Weights(product, own.fill_weight * other.fill_weight, floating or other.fine)
