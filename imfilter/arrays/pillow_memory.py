"""Samples between Pillow images and arrays, by one copy."""
from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from . import _pictures
from .dtypes import Array

if TYPE_CHECKING:
    import PIL.Image

# Modes whose samples lie in Pillow's memory as in an array, apart from a fourth byte after three, and their dtypes.
STORED = {"L": "u1", "I": "i4", "F": "f4"} | dict.fromkeys(("RGB", "YCbCr", "HSV", "RGBA", "RGBX", "CMYK"), "u1")
THREE_BANDS = {"RGB", "YCbCr", "HSV"}
BYTES_ONLY = {"CMYK", "YCbCr", "HSV", "RGBX"}  # which Image.fromarray takes for other modes


def read_picture(image: PIL.Image.Image) -> Array:
    """Return a copy of the samples of a Pillow image, as numpy.asarray does."""
    mode = image.mode
    if mode in STORED:
        bands = () if mode in "LIF" else (3,) if mode in THREE_BANDS else (4,)
        pixels: Array = np.empty((image.height, image.width, *bands), STORED[mode])
        if _pictures.read_samples(image, pixels, mode in THREE_BANDS):
            return pixels
    return np.asarray(image)


def make_picture(pixels: Array, mode: str) -> PIL.Image.Image:
    """Return a Pillow image of this mode with the samples of an array without gaps: a copy only of three bands."""
    from PIL import Image

    size = pixels.shape[1], pixels.shape[0]
    if mode in THREE_BANDS and _is_writable():
        picture = Image.new(mode, size, None)
        if _pictures.write_samples(picture, pixels, True):
            return picture
    if mode in BYTES_ONLY:
        return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
    return Image.fromarray(pixels)


@cache
def _is_writable() -> bool:
    """Return whether Pillow exports the memory of an image itself, and no copy."""
    from PIL import Image

    picture, pixels = Image.new("RGB", (1, 1), None), np.full((1, 1, 3), 7, np.uint8)
    return _pictures.write_samples(picture, pixels, True) and picture.getpixel((0, 0)) == (7, 7, 7)
