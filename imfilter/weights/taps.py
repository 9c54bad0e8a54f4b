"""Weights along one axis, kernels as sums of products of them, and the limits of their size."""
from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from ..errors import ImfilterError
from .elementary import cosine_and_sine_of, exponential

Array = np.ndarray[Any, Any]
# A kernel as (column, row) pairs: the sum of their outer products, which is never computed for filtering.
Products = list[tuple[Array, Array]]

# Longer kernels are mistakes, and their rows would not fit in memory.
MOST_TAPS = 2**24
MOST_DERIVATIVES = 100  # along an axis: higher ones are mistakes, too


def check_length(taps: float) -> None:
    """Reject a kernel that is too long along an axis."""
    if taps > MOST_TAPS:
        raise ImfilterError(
            f"a kernel must have at most {MOST_TAPS} taps along an axis, got {min(taps, sys.float_info.max):.4g}")


def check_area(height: float, width: float) -> None:
    """Reject a kernel whose dense array is too large."""
    if height * width > MOST_TAPS:
        raise ImfilterError(f"a kernel must have at most {MOST_TAPS} taps, got {height:.4g} x {width:.4g}")


def dense_kernel(products: Products) -> Array:
    """Return the sum of the outer products as one array. All columns have one size, and so have all rows."""
    column, row = products[0]
    check_area(len(column), len(row))
    kernel: Array = np.outer(column, row)
    for column, row in products[1:]:
        kernel += np.outer(column, row)
    return kernel


def cosine_and_sine(angle: float) -> tuple[float, float]:
    """Return cosine and sine of an angle in degrees: exactly 0 at right angles, exactly equal in size at 45 degrees."""
    quarter, rest = divmod(math.fmod(angle, 360), 90)
    cosine, sine = (float(value) for value in cosine_and_sine_of(np.array(math.radians(rest))))
    if rest == 45:
        sine = cosine
    for _ in range(int(quarter) % 4):
        cosine, sine = -sine, cosine
    return cosine, sine


def gaussian_taps(sigma: float, truncate: float = 4.0) -> Array:
    """Return exp(-x^2 / (2 sigma^2)) for |x| <= int(truncate * sigma + 0.5), scaled to sum 1."""
    check_length(2 * truncate * sigma)
    radius = int(truncate * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    taps = compute_bell(np.arange(-radius, radius + 1), sigma)
    taps /= taps.sum()
    return taps


def compute_bell(x: Array, sigma: float) -> Array:
    """Return exp(-x^2 / (2 sigma^2)), which is 1 at 0, however small sigma is."""
    with np.errstate(over="ignore"):  # far out, where it is 0
        return exponential(-0.5 * (x / sigma) ** 2)


def is_point(taps: Array) -> bool:
    """Return whether a Gaussian is so narrow that only its center is not 0."""
    return bool(np.count_nonzero(taps) == 1)


def curvature_taps(sigma: float, truncate: float = 4.0) -> Array:
    """Return (x^2 / sigma^4 - 1 / sigma^2) g(x), the second derivative of the Gaussian g, corrected to sum 0."""
    weights = gaussian_taps(sigma, truncate)
    if is_point(weights):
        return np.zeros_like(weights)
    x = np.arange(len(weights)) - len(weights) // 2
    taps: Array = ((x / sigma) ** 2 - 1) * weights / (sigma**2 if sigma < 1e150 else math.inf)
    taps -= taps.sum() * weights
    return taps


def derivative_taps(sigma: float, order: int, truncate: float = 4.0) -> Array:
    """Return the derivative of this order of the Gaussian g, for convolution: (-1 / sigma)^n He_n(x / sigma) g(x).

    He_n are the Hermite polynomials: He_0 = 1, He_1 = u, He_n+1 = u He_n - n He_n-1. As in SciPy, weights are not
    corrected for what lies beyond the radius.
    """
    weights = gaussian_taps(sigma, truncate)
    if order == 0:
        return weights
    if not sigma:
        raise ImfilterError(f"sigma must be positive along an axis whose order is above 0, got 0 for order {order}")
    if order > MOST_DERIVATIVES:
        raise ImfilterError(f"order must be at most {MOST_DERIVATIVES}, got {order}")
    with np.errstate(over="ignore", invalid="ignore"):
        x = (np.arange(len(weights)) - len(weights) // 2) / sigma
        last, factor = np.zeros_like(x), np.ones_like(x)
        for n in range(order):
            last, factor = factor, -(x * factor + n * last / sigma) / sigma
        taps: Array = factor * weights + 0.0
    if not np.isfinite(taps).all():
        raise ImfilterError(f"sigma must be one whose weights of order {order} are finite, got {sigma:g}")
    return taps


def box_taps(size: int) -> Array:
    """Return `size` equal weights that sum to 1."""
    check_length(size)
    return np.full(size, 1 / size)


def binomial_taps(size: int) -> Array:
    """Return row `size` of Pascal's triangle, scaled to sum 1."""
    check_length(size)
    if size <= 1024:
        return np.array([math.comb(size - 1, k) / 2 ** (size - 1) for k in range(size)])
    # From the largest weight outwards, each is (n - k) / (k + 1) times its neighbor; the other half mirrors this one.
    n = size - 1
    k = np.arange(n // 2, n)
    right = np.cumprod(np.concatenate([[1.0], (n - k) / (k + 1)]))
    taps: Array = np.concatenate([right[: n % 2 : -1], right])
    taps /= taps.sum()
    return taps
