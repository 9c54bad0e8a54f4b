"""Which arguments are computed here; all others are left to scikit-image."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from .scaling import MODES


def is_plain(image: object) -> bool:
    """Return whether it is an array of real samples, with pixels, that can be filtered here."""
    return (type(image) is np.ndarray and image.size > 0 and image.dtype.kind in "buif" and image.dtype.itemsize <= 8)


def is_number(value: object) -> bool:
    """Return whether it is one finite real number; a boolean is none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value)


def is_mode(mode: object, cval: object) -> bool:
    """Return whether it is one border mode for both axes."""
    return isinstance(mode, str) and mode in MODES and is_number(cval)


def is_mask(mask: object, image: Array) -> bool:
    """Return whether it is None, or a mask of the image's shape."""
    return mask is None or (type(mask) is np.ndarray and mask.shape == image.shape and mask.dtype.kind in "buif")


def is_gray(image: Any) -> bool:
    """Return whether it is an array (H, W) that can be filtered here."""
    return is_plain(image) and image.ndim == 2


def is_flat(image: Any, channel_axis: Any) -> bool:
    """Return whether it is an array (H, W), or (H, W) with channels."""
    if channel_axis is None:
        return is_gray(image)
    return is_plain(image) and image.ndim == 3 and isinstance(channel_axis, int) and -3 <= channel_axis < 3


def describe_support(name: str, image: Any, more: str) -> str:
    """Return what a function computes here, and what came instead."""
    came = f"shape {image.shape} of {image.dtype}" if isinstance(image, np.ndarray) else type(image).__name__
    return f"{name} needs an array (H, W) of real numbers{more}, got {came}"
