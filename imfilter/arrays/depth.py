"""Depths of samples: rescale between 8 bits, 16 bits and floats from 0 to 1, with rounding."""
from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import Array, round_to_dtype, working_dtype

DEPTHS = {"8": np.dtype(np.uint8), "16": np.dtype(np.uint16), "float": np.dtype(np.float32)}


def full_scale(dtype: np.dtype[Any]) -> float:
    """Return the white of a depth: the largest integer, or 1 for floats."""
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0


def scale_samples(values: Array, given: np.dtype[Any], target: np.dtype[Any]) -> Array:
    """Scale floats in place from the range of one dtype to that of another; white stays white exactly."""
    old, new = full_scale(given), full_scale(target)
    if new >= old:
        values *= new / old
    else:
        values /= old / new
    return values


def rescale(pixels: Array, target: np.dtype[Any]) -> Array:
    """Return samples in another depth, rounded to the nearest: 65535 becomes 255, 255 becomes 65535 or 1.0."""
    if pixels.dtype == target:
        return pixels
    values = pixels.astype(working_dtype(pixels.dtype, target))
    return round_to_dtype(scale_samples(values, pixels.dtype, target), target)
