"""Convert images of any kind to 8-bit Pillow images for display."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, is_picture
from ...arrays.dtypes import Array, supported_dtype
from ...arrays.high_depth import HighDepthImage
from ...errors import ImfilterError

if TYPE_CHECKING:
    import PIL.Image

DISPLAY_MODES = ("L", "LA", "RGB", "RGBA")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def to_displayable(picture: Any) -> PIL.Image.Image:
    """Convert a Pillow image, or an array (H, W) or (H, W, 1 to 4), to a Pillow image with 8 bits per sample.

    8-bit samples are unchanged, and 16-bit samples are divided by 257. All others are rescaled: 0 becomes black and the
    largest value white. Where there are negative values, 0 becomes mid-gray and the largest magnitude black or white.
    """
    if is_picture(picture) and not isinstance(picture, HighDepthImage) and not picture.mode.startswith(("I", "F")):
        return picture if picture.mode in DISPLAY_MODES else _convert_mode(picture)
    from PIL import Image

    deep = isinstance(picture, HighDepthImage)
    pixels = _high_depth_bytes(picture) if deep else to_bytes(as_array(picture, "picture"))
    bands = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
    if bands not in MODES or pixels.size == 0:
        raise ImfilterError(f"a picture must have the shape (H, W) or (H, W, 1 to 4), got {pixels.shape}")
    height, width = pixels.shape[:2]
    return Image.frombytes(MODES[bands], (width, height), np.ascontiguousarray(pixels).tobytes())


def _high_depth_bytes(picture: HighDepthImage) -> Array:
    """Return the colors of a high-depth image as bytes, CMYK as RGB, and its alpha, which is never rescaled."""
    colors = to_bytes(picture.pixels[..., :picture.colors])
    if picture.colors == 4:
        ink, black = 255 - colors[..., :3].astype(np.uint16), 255 - colors[..., 3:].astype(np.uint16)
        colors = ((ink * black + 127) // 255).astype(np.uint8)
    if not picture.alpha:
        return colors
    alpha = picture.pixels[..., -1:]
    scale = 255 if alpha.dtype.kind == "f" else 255 / np.iinfo(alpha.dtype).max
    return np.concatenate([colors, np.rint(np.clip(np.nan_to_num(alpha * scale), 0, 255)).astype(np.uint8)], axis=-1)


def _convert_mode(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Convert an image to the nearest mode that can be displayed."""
    mode = {"1": "L", "La": "LA", "PA": "RGBA", "RGBa": "RGBA"}.get(picture.mode, "RGB")
    return picture.convert("RGBA" if "transparency" in picture.info else mode)


def to_bytes(samples: Array) -> Array:
    """Convert samples of any shape to uint8, as `to_displayable` does. NaN becomes black."""
    kind = supported_dtype(samples.dtype)
    if kind == np.uint8:
        return samples
    if kind == np.bool_:
        return samples.astype(np.uint8) * np.uint8(255)
    if kind == np.uint16:
        return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = samples.astype(np.float64)
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0)) or 1.0
    negative = finite.min(initial=0) < 0
    share = np.clip(np.nan_to_num(values / largest, nan=-1.0 if negative else 0.0), -1, 1)
    if negative:
        share = (share * 127 + 128) / 255
    rescaled: Array = np.rint(share * 255).astype(np.uint8)
    return rescaled


def flatten_alpha(picture: Any, paper: tuple[int, int, int]) -> PIL.Image.Image:
    """Convert an image to RGB, with paper of this color behind transparent pixels."""
    from PIL import Image

    shown = to_displayable(picture)
    if shown.mode not in ("LA", "RGBA"):
        return shown.convert("RGB")
    sheet = Image.new("RGB", shown.size, paper)
    sheet.paste(shown.convert("RGB"), mask=shown.getchannel("A"))
    return sheet
