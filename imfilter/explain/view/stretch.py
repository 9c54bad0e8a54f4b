"""Scale the results of filters that are too faint to be seen, or so strong that most samples saturate."""
from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.alpha import split_picture_alpha
from ...arrays.dtypes import Array
from ...arrays.high_depth import HighDepthImage
from ...filters.signed_samples import white_factor
from ...pipeline.recipe import Recipe
from .display import to_displayable

if TYPE_CHECKING:
    import PIL.Image

WHITE = 255.0
HIGH = 98  # percentile of the samples that should stay below white
FAINT, STRONG = 0.5, 4.0  # shares of the range that HIGH may have before a result is scaled
MOST = 64  # times that a result is stretched at most


def apply_visibly(recipe: Recipe, photo: PIL.Image.Image) -> tuple[PIL.Image.Image, str]:
    """Return a filtered photo of 8 bits, and how it was scaled to be seen, or '' for a result as it is written.

    Results fainter than half of the range, and of the photo, are multiplied by a power of two; those that would
    saturate far beyond the range are divided by one. Zero stays black, or gray where results have a sign.
    """
    picture = to_displayable(recipe.picture(photo))
    shown, seen = _split_colors(picture)
    original, opaque = _split_colors(photo)
    signed = recipe.maps_signed(np.dtype(np.uint8), "offset")
    gray = 128.0 if signed else 0.0
    room = WHITE - gray
    share = _measure(shown - gray, seen) / room
    saturated = share >= 1 and not recipe.pipeline.filters[-1].declaration.cut  # which saturate to draw lines
    if share >= FAINT * min(1.0, _measure(original, opaque) / WHITE) and not saturated:
        return picture, ""
    values = _to_levels(recipe, photo, signed)
    factor = _choose_factor(_measure(values, seen) / room)
    if factor == 1 or values.shape != shown.shape:
        return picture, ""
    return _replace_colors(picture, np.clip(values * factor + gray, 0, WHITE)), (
        f"stretched x{factor:g}" if factor > 1 else f"divided by {1 / factor:g}")


def _split_colors(picture: Any) -> tuple[Array, Array]:
    """Return the colors of a picture as floats, and a mask of its pixels that are not transparent."""
    colors, alpha = split_picture_alpha(picture)
    seen = np.ones(colors.shape[:2], bool) if alpha is None else np.asarray(alpha) > 0
    return np.asarray(colors).astype(np.float64), seen


def _measure(values: Array, seen: Array) -> float:
    """Return how far nearly all samples lie from 0."""
    chosen = values[seen]
    return float(np.percentile(np.abs(chosen), HIGH)) if chosen.size else 0.0


def _to_levels(recipe: Recipe, photo: Any, signed: bool) -> Array:
    """Return the results as floats in levels of 8 bits, before they are rounded and saturated."""
    result = replace(recipe, dtype="float32").picture(photo)
    pixels = result.pixels[..., :result.colors] if isinstance(result, HighDepthImage) else np.asarray(result)
    values: Array = pixels.astype(np.float64)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if recipe.pipeline.full_scale is not None:
        values *= white_factor(recipe.pipeline.full_scale, WHITE, "offset" if signed else "clip")
    return np.nan_to_num(values)


def _choose_factor(share: float) -> float:
    """Return the power of two that brings a share of the range to between a half and one; 1 for what is in sight."""
    if share < FAINT:
        return float(min(MOST, 2 ** math.floor(-math.log2(share)))) if share else 1.0
    return float(2.0 ** -math.ceil(math.log2(share))) if share > STRONG else 1.0


def _replace_colors(picture: PIL.Image.Image, colors: Array) -> PIL.Image.Image:
    """Return a picture of 8 bits with other colors and the same alpha."""
    from PIL import Image

    made = Image.fromarray(colors.round().astype(np.uint8))
    if picture.mode in ("LA", "RGBA"):
        made.putalpha(picture.getchannel("A"))
    return made
