"""Differences of images as SciPy takes them, and scikit-image by it."""
from __future__ import annotations

import numpy as np

from ..arrays.dtypes import Array


def subtract(first: Array, second: Array, out: Array) -> Array:
    """Subtract arrays into `out`: integers wrap around, and booleans that differ give True."""
    if first.dtype == second.dtype == np.bool_:
        return np.bitwise_xor(first, second, out=out)
    return np.subtract(first, second, out=out)
