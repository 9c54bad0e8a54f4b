"""What kernels are made of: weights along one axis, kernels that are sums of products of them, and the checks."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ImfilterError, check_finite

Array = np.ndarray[Any, Any]
# Kernels as (column, row) pairs: the sum of the outer products, which is computed without ever being made.
Products = list[tuple[Array, Array]]

# More taps than this along an axis, or in a whole kernel, are a slip of the pen, and no memory for their ring.
MOST_TAPS = 2**24


def fits(taps: float) -> None:
    """Refuse more taps than any use has."""
    if taps > MOST_TAPS:
        raise ImfilterError(f"a kernel must have at most {MOST_TAPS} taps along an axis, got {taps:.4g}")


def fits_whole(height: float, width: float) -> None:
    """Refuse a kernel whose whole matrix no use has."""
    if height * width > MOST_TAPS:
        raise ImfilterError(f"a kernel must have at most {MOST_TAPS} taps, got {height:.4g} x {width:.4g}")


def at_least(name: str, value: object, least: float) -> float:
    """Return the finite number, which must be at least `least`."""
    number = check_finite(name, value)
    if number < least:
        raise ImfilterError(f"{name} must be a number of at least {least:g}, got {value!r}")
    return number


def positive(name: str, value: object) -> float:
    """Return the finite number, which must be above 0."""
    number = check_finite(name, value)
    if number <= 0:
        raise ImfilterError(f"{name} must be a positive number, got {value!r}")
    return number


def each(name: str, value: object) -> tuple[Any, Any]:
    """Return (vertical, horizontal) of one value for both or a pair, unchecked."""
    if not isinstance(value, (tuple, list)):
        return value, value
    if len(value) != 2:
        raise ImfilterError(f"{name} must be one value or a pair (vertical, horizontal), got {value!r}")
    return value[0], value[1]


def dense(products: Products) -> Array:
    """Return the sum of the products of columns and rows as one matrix."""
    column, row = products[0]
    fits_whole(len(column), len(row))
    kernel: Array = np.outer(column, row)
    for column, row in products[1:]:
        kernel += np.outer(column, row)
    return kernel


def direction(angle: float) -> tuple[float, float]:
    """Return cosine and sine of an angle in degrees, exactly 0 where they are and of one size at 45 degrees."""
    quarter, rest = divmod(math.fmod(angle, 360), 90)
    across, up = math.cos(math.radians(rest)), math.sin(math.radians(rest))
    if rest == 45:
        up = across
    for _ in range(int(quarter) % 4):
        across, up = -up, across
    return across, up


def gaussian_taps(sigma: float, truncate: float = 4.0) -> Array:
    """Return exp(-x^2 / (2 sigma^2)) for |x| <= int(truncate * sigma + 0.5), scaled to sum 1."""
    fits(2 * truncate * sigma)
    radius = int(truncate * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    x = np.arange(-radius, radius + 1)
    taps: Array = np.exp(-0.5 * (x / sigma) ** 2)
    taps /= taps.sum()
    return taps


def curvature_taps(sigma: float, truncate: float = 4.0) -> Array:
    """Return (x^2 / sigma^4 - 1 / sigma^2) g(x), the second derivative of the Gaussian g, with the sum made 0."""
    bell = gaussian_taps(sigma, truncate)
    x = np.arange(len(bell)) - len(bell) // 2
    taps: Array = ((x / sigma) ** 2 - 1) * bell / sigma**2
    taps -= taps.sum() * bell
    return taps


def box_taps(size: int) -> Array:
    """Return `size` equal weights that sum to 1."""
    fits(size)
    return np.full(size, 1 / size)


def binomial_taps(size: int) -> Array:
    """Return row `size` of Pascal's triangle, scaled to sum 1."""
    fits(size)
    if size <= 1024:
        return np.array([math.comb(size - 1, k) / 2 ** (size - 1) for k in range(size)])
    # The largest weight and those behind it, each (n - k) / (k + 1) times the one before; the others mirror them.
    n = size - 1
    k = np.arange(n // 2, n)
    right = np.cumprod(np.concatenate([[1.0], (n - k) / (k + 1)]))
    taps: Array = np.concatenate([right[: n % 2 : -1], right])
    taps /= taps.sum()
    return taps
