"""Kernels by name: the numbers, and where they come from."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .errors import ImfilterError

Array = np.ndarray[Any, Any]

# Derivatives along an axis (edge) and smoothing across it, as scikit-image has them: applied by convolution,
# each edge has gain 2 on a ramp of slope 1 (farid 0.992).
EDGE = np.array([1.0, 0.0, -1.0])
# I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing", 1968.
SOBEL = np.array([1.0, 2.0, 1.0]) / 4
# H. Scharr, "Optimal operators in digital image processing", Heidelberg, 2000.
SCHARR = np.array([3.0, 10.0, 3.0]) / 16
# J. M. S. Prewitt, "Object enhancement and extraction", 1970.
PREWITT = np.array([1.0, 1.0, 1.0]) / 3
# H. Farid and E. P. Simoncelli, "Differentiation of discrete multidimensional signals", IEEE Transactions on
# Image Processing 13(4), 2004.
FARID_SMOOTH = np.array([
    0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126])
FARID_EDGE = np.array([0.109603762960254, 0.276690988455557, 0.0, -0.276690988455557, -0.109603762960254])
# L. G. Roberts, "Machine perception of three-dimensional solids", MIT, 1963.
ROBERTS = (np.array([[1.0, 0.0], [0.0, -1.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]]))
LAPLACE = np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]])


# More taps than this along an axis are a slip of the pen, and no memory for their ring.
MOST_TAPS = 2**24


def _fits(taps: float) -> None:
    if taps > MOST_TAPS:
        raise ImfilterError(f"a kernel must have at most {MOST_TAPS} taps along an axis, got {taps:.4g}")


def gaussian_taps(sigma: float, truncate: float = 4.0) -> Array:
    """Return exp(-x^2 / (2 sigma^2)) for |x| <= int(truncate * sigma + 0.5), scaled to sum 1."""
    _fits(2 * truncate * sigma)
    radius = int(truncate * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    x = np.arange(-radius, radius + 1)
    taps: Array = np.exp(-0.5 * (x / sigma) ** 2)
    taps /= taps.sum()
    return taps


def box_taps(size: int) -> Array:
    """Return `size` equal weights that sum to 1."""
    _fits(size)
    return np.full(size, 1 / size)


def binomial_taps(size: int) -> Array:
    """Return row `size` of Pascal's triangle, scaled to sum 1."""
    _fits(size)
    if size <= 1024:
        return np.array([math.comb(size - 1, k) / 2 ** (size - 1) for k in range(size)])
    # The largest weight and those behind it, each (n - k) / (k + 1) times the one before; the others mirror them.
    n = size - 1
    k = np.arange(n // 2, n)
    right = np.cumprod(np.concatenate([[1.0], (n - k) / (k + 1)]))
    taps: Array = np.concatenate([right[: n % 2 : -1], right])
    taps /= taps.sum()
    return taps


def emboss(angle: float) -> Array:
    """Return the 3 x 3 relief kernel with light from `angle` (degrees, counter-clockwise from the right).

    For correlation. A slope is lit when it falls towards the light, so neighbours on that side weigh less than 0: each
    by the cosine between its direction and the light, scaled so that either side sums to 1.
    """
    y, x = np.mgrid[1:-2:-1, -1:2]
    away = np.hypot(x, y)
    away[1, 1] = 1
    kernel = -(x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))) / away
    kernel[np.abs(kernel) < 1e-12] = 0
    scaled: Array = 2 * kernel / np.abs(kernel).sum()
    return scaled
