"""Split the alpha channel from an image's colors, and merge it with the filtered colors."""
from __future__ import annotations

import numpy as np

from ..errors import ImfilterError
from .conversion import Picture, as_array, has_alpha, to_pil
from .dtypes import Array, round_to_dtype
from .high_depth import HighDepthImage


def split_picture_alpha(image: Picture) -> tuple[Array, Array | None]:
    """Return the colors of a Pillow image or HighDepthImage, and its alpha (H, W) or None."""
    pixels = as_array(image)
    return split_alpha(pixels) if has_alpha(image) else (pixels, None)


def split_alpha(pixels: Array) -> tuple[Array, Array]:
    """Return the colors (H, W) or (H, W, C) and the alpha (H, W), which is the last channel."""
    return pixels[..., 0] if pixels.shape[-1] == 2 else pixels[..., :-1], pixels[..., -1]


def merge_alpha(colors: Array, alpha: Array) -> Array:
    """Return one image of colors (H, W) or (H, W, C) and alpha, in the dtype of the colors."""
    if colors.ndim == 2:
        colors = colors[..., None]
    if colors.dtype.kind == alpha.dtype.kind == "u" and colors.dtype != alpha.dtype:  # opaque stays opaque
        alpha = alpha * (np.iinfo(colors.dtype).max / np.iinfo(alpha.dtype).max)
    merged = np.empty((*colors.shape[:-1], colors.shape[-1] + 1), colors.dtype)
    for c in range(colors.shape[-1]):  # NumPy copies short runs slowly
        merged[..., c] = colors[..., c]
    merged[..., -1] = round_to_dtype(alpha, colors.dtype)
    return merged


def merge_picture_alpha(source: Picture, colors: Array, alpha: Array) -> Picture:
    """Return a Pillow image of 8-bit colors and alpha, or a HighDepthImage if the source was one."""
    if colors.ndim == 2:
        colors = colors[..., None]
    mode = {(1, "B"): "LA", (3, "B"): "RGBA"}.get((colors.shape[-1], colors.dtype.char))
    if isinstance(source, HighDepthImage):
        return HighDepthImage(merge_alpha(colors, alpha), True, info=dict(source.info))
    if mode is None:
        raise ImfilterError(
            f"a photo with alpha must have 1 or 3 colors of uint8, got {colors.shape[-1]} of {colors.dtype}",
            ": pass numpy.asarray(image)")
    return to_pil(merge_alpha(colors, alpha), source, mode)
