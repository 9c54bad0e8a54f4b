"""CMYK pictures as light, for filters whose results lie on white or gray: full ink would make those black."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .conversion import as_array, simplify_picture
from .dtypes import Array
from .high_depth import HighDepthImage

if TYPE_CHECKING:
    from .conversion import Picture


def inks_to_light(picture: Picture) -> Picture:
    """Return a CMYK picture as red, green and blue."""
    return simplify_picture(HighDepthImage(convert_inks(as_array(picture)), info=picture.info))


def light_to_inks(picture: Picture) -> Picture:
    """Return a picture of red, green and blue as CMYK without black ink."""
    return simplify_picture(HighDepthImage(convert_light(as_array(picture)), colors=4, info=picture.info))


def convert_inks(pixels: Array) -> Array:
    """Return what the inks of pixels (H, W, 4) leave of white: red, green and blue.

    Examples
    --------
    >>> convert_inks(np.array([[[0, 0, 0, 0], [255, 0, 51, 0], [0, 0, 0, 127]]], np.uint8)).tolist()
    [[[255, 255, 255], [0, 255, 204], [128, 128, 128]]]
    """
    top = _full_ink(pixels)
    light = (top - pixels[..., :3].astype(np.float64)) * (top - pixels[..., 3:].astype(np.float64)) / top
    return _to_samples(light, pixels)


def convert_light(pixels: Array) -> Array:
    """Return the inks, without black, that leave these pixels (H, W, 3) of white."""
    inks = np.zeros((*pixels.shape[:2], 4), pixels.dtype)
    inks[..., :3] = _to_samples(_full_ink(pixels) - pixels.astype(np.float64), pixels)
    return inks


def _full_ink(pixels: Array) -> float:
    return float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "ui" else 1.0


def _to_samples(values: Array, like: Array) -> Array:
    return np.rint(values).astype(like.dtype) if like.dtype.kind in "ui" else values.astype(like.dtype)
