"""Have Pillow decode JPEG files to an array, which saves a copy."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array_image import LARGEST_MAP, PADDED, map_core
from ..arrays.dtypes import Array

SAMPLES = {"L": 1, "RGB": PADDED, "CMYK": 4}  # bytes of a pixel as Pillow stores it


def load_jpeg(image: Any) -> Array | None:
    """Load an opened JPEG file, and return its pixels (H, W) or (H, W, 4); those of RGB have a byte of padding.

    None: the image stays as it was, and Pillow loads it.
    """
    pixels = map_pixels(image)
    if pixels is not None:
        image.load()
    return pixels


def map_pixels(image: Any) -> Array | None:
    """Have Pillow load an opened file to an array of zeros, and return that; None: the image stays as it was."""
    height, width, samples = image.height, image.width, SAMPLES.get(image.mode)
    if samples is None or height * width * samples > LARGEST_MAP or not image.tile:
        return None
    pixels = np.zeros((height, width) if samples == 1 else (height, width, samples), np.uint8)
    image.im = map_core(pixels, image.mode)
    return pixels
