"""Turn stored images upright, for EXIF's orientations 1 to 8."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

TURNS = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
         5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
         8: Image.Transpose.ROTATE_90}


def turn_image(image: Picture, orientation: int) -> Picture:
    """Return an image upright."""
    if isinstance(image, HighDepthImage):
        image.pixels = turn_pixels(image.pixels, orientation)
        return image
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def turn_pixels(pixels: Array, orientation: int) -> Array:
    """Return stored pixels (H, W, C) upright."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    down, across = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(pixels[::-1 if down else 1, ::-1 if across else 1])
