"""Kernels scaled to sum 1."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ImfilterError
from ..weights.taps import Array


def normalize(kernel: Any) -> Array:
    """Divide a kernel by the sum of its weights, so that a constant image does not change.

    Parameters
    ----------
    kernel : array
        Finite real weights of any shape that do not sum to 0.

    Returns
    -------
    array of float64
        A new one of the same shape.

    Raises
    ------
    ImfilterError
        When the weights sum to 0 or are not finite; DtypeError when they are not real numbers.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.normalize([[1, 2, 1]])
    array([[0.25, 0.5 , 0.25]])
    """
    given = np.asarray(kernel)
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"kernel must hold real numbers, got dtype {given.dtype}")
    weights = given.astype(np.float64)
    with np.errstate(over="ignore"):
        total = float(weights.sum())
    if not np.isfinite(total):
        raise ImfilterError("kernel must be finite, got NaN or infinity in it or in its sum")
    if abs(total) <= 1e-15 * float(np.abs(weights).sum()):
        raise ImfilterError(f"kernel must not sum to 0 to be normalized, got the sum {total:g}")
    result: Array = weights / total
    return result
