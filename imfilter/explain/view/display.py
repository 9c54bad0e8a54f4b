"""Pictures of any kind as 8-bit Pillow images that a screen can show."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, is_picture
from ...arrays.dtypes import Array, supported_dtype
from ...arrays.high_depth import HighDepthImage
from ...errors import ImfilterError

if TYPE_CHECKING:
    import PIL.Image

SHOWN = ("L", "LA", "RGB", "RGBA")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def viewable(picture: Any) -> PIL.Image.Image:
    """Return a Pillow image or an array (H, W) or (H, W, 1 to 4) as a Pillow image of 8 bits a sample.

    8-bit samples stay as they are and 16-bit ones are divided by 257. All others are stretched: 0 is black and the
    largest value white; where there are values below 0, 0 is mid-gray, and the largest size is black or white.
    """
    if is_picture(picture) and not isinstance(picture, HighDepthImage) and not picture.mode.startswith(("I", "F")):
        return picture if picture.mode in SHOWN else _converted(picture)
    from PIL import Image

    pixels = _deep(picture) if isinstance(picture, HighDepthImage) else bytes_of(as_array(picture, "picture"))
    bands = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
    if bands not in MODES or pixels.size == 0:
        raise ImfilterError(f"a picture must have the shape (H, W) or (H, W, 1 to 4), got {pixels.shape}")
    height, width = pixels.shape[:2]
    return Image.frombytes(MODES[bands], (width, height), np.ascontiguousarray(pixels).tobytes())


def _deep(picture: HighDepthImage) -> Array:
    """Return the bytes of a deep picture's colors, CMYK as RGB, and of its alpha, which is not stretched."""
    colors = bytes_of(picture.pixels[..., :picture.colors])
    if picture.colors == 4:
        ink, black = 255 - colors[..., :3].astype(np.uint16), 255 - colors[..., 3:].astype(np.uint16)
        colors = ((ink * black + 127) // 255).astype(np.uint8)
    if not picture.alpha:
        return colors
    alpha = picture.pixels[..., -1:]
    scale = 255 if alpha.dtype.kind == "f" else 255 / np.iinfo(alpha.dtype).max
    return np.concatenate([colors, np.rint(np.clip(np.nan_to_num(alpha * scale), 0, 255)).astype(np.uint8)], axis=-1)


def _converted(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Return a picture whose own mode is not shown in one that is."""
    mode = {"1": "L", "La": "LA", "PA": "RGBA", "RGBa": "RGBA"}.get(picture.mode, "RGB")
    return picture.convert("RGBA" if "transparency" in picture.info else mode)


def bytes_of(samples: Array) -> Array:
    """Return samples of any shape as uint8, as `viewable` says. NaN is black."""
    kind = supported_dtype(samples.dtype)
    if kind == np.uint8:
        return samples
    if kind == np.bool_:
        return samples.astype(np.uint8) * np.uint8(255)
    if kind == np.uint16:
        return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = samples.astype(np.float64)
    known = values[np.isfinite(values)]
    largest = float(np.abs(known).max(initial=0)) or 1.0
    share = np.clip(np.nan_to_num(values / largest, nan=-1.0 if known.min(initial=0) < 0 else 0.0), -1, 1)
    if known.min(initial=0) < 0:
        share = (share * 127 + 128) / 255
    stretched: Array = np.rint(share * 255).astype(np.uint8)
    return stretched


def flat(picture: Any, paper: tuple[int, int, int]) -> PIL.Image.Image:
    """Return a picture as RGB, on paper of this color where it is transparent."""
    from PIL import Image

    shown = viewable(picture)
    if shown.mode not in ("LA", "RGBA"):
        return shown.convert("RGB")
    sheet = Image.new("RGB", shown.size, paper)
    sheet.paste(shown.convert("RGB"), mask=shown.getchannel("A"))
    return sheet
