"""A photo as the input of a network: resized, from 0 to 1, in as many channels as the first layer reads."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.dtypes import Array
from ...errors import ImfilterError
from ..view.display import flatten_alpha

if TYPE_CHECKING:
    import PIL.Image

Pair = tuple[int, int]

LONGEST = 256  # pixels of the longer side, unless a size is given
WHITE = (255, 255, 255)  # behind transparent pixels
MODES = {1: "L", 3: "RGB"}


def open_photo(photo: Any, channels: int) -> PIL.Image.Image:
    """Return a photo in color or in gray, with white behind transparent pixels."""
    if channels not in MODES:
        raise ImfilterError(f"the first layer must read 1 or 3 channels to run on a photo, got {channels}")
    return flatten_alpha(photo, WHITE).convert(MODES[channels])


def reduced_size(picture: PIL.Image.Image) -> Pair:
    """Return rows and columns of a picture, reduced to at most 256 a side."""
    width, height = picture.size
    scale = min(1, LONGEST / max(width, height))
    return max(1, round(height * scale)), max(1, round(width * scale))


def make_input(picture: PIL.Image.Image, rows: int, columns: int) -> Array:
    """Return a picture, resized, as float32 (rows, columns, channels) from 0 to 1."""
    from PIL import Image

    if picture.size != (columns, rows):
        picture = picture.resize((columns, rows), Image.Resampling.LANCZOS)
    pixels: Array = np.asarray(picture, np.float32) / 255
    return pixels.reshape(rows, columns, -1)
