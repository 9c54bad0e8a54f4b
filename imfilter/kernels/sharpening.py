"""Kernels that sharpen, which sum to 1, and the one of the relief, which sums to 0."""
from __future__ import annotations

import numpy as np

from ..errors import check_finite
from .edges import LAPLACE, find_edges
from .taps import Array, at_least, dense, direction, gaussian_taps


def sharpen(amount: float = 1.0) -> Array:
    """Return a single 1 plus `amount` times the Laplacian [0 -1 0; -1 4 -1; 0 -1 0].

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.sharpen()[1]
    array([-1.,  5., -1.])
    """
    with np.errstate(over="ignore"):  # what overflows is refused where it is used
        kernel: Array = check_finite("amount", amount) * LAPLACE
    kernel[1, 1] += 1
    return kernel


def unsharp_mask(radius: float = 1.0, amount: float = 1.0) -> Array:
    """Return (1 + amount) times a single 1, less `amount` times a Gaussian of standard deviation `radius`.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.unsharp_mask(0.5).shape, round(kernels.unsharp_mask(0.5).sum(), 12)
    ((5, 5), np.float64(1.0))
    """
    bell = gaussian_taps(at_least("radius", radius, 0))
    amount = check_finite("amount", amount)
    with np.errstate(over="ignore"):
        kernel = -amount * dense([(bell, bell)])
    kernel[len(bell) // 2, len(bell) // 2] += 1 + amount
    return kernel


def _raised(center: float, scale: float) -> Array:
    """Return eight weights of -1 about another center, over a scale."""
    kernel = find_edges()
    kernel[1, 1] = center
    return kernel / scale


def edge_enhance() -> Array:
    """Return eight weights of -1 about one of 10, over 2: Pillow's EDGE_ENHANCE.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.edge_enhance()[1]
    array([-0.5,  5. , -0.5])
    """
    return _raised(10, 2)


def edge_enhance_more() -> Array:
    """Return eight weights of -1 about one of 9: Pillow's EDGE_ENHANCE_MORE.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.edge_enhance_more()[1]
    array([-1.,  9., -1.])
    """
    return _raised(9, 1)


def detail() -> Array:
    """Return four weights of -1 about one of 10, over 6: Pillow's DETAIL.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.detail()[1] * 6
    array([-1., 10., -1.])
    """
    kernel = LAPLACE.copy()
    kernel[1, 1] = 10
    return kernel / 6


def emboss(angle: float = 135.0) -> Array:
    """Return the 3 x 3 kernel of a relief with light from `angle`.

    Each neighbor weighs the cosine between its direction and the light, scaled so that either side sums to 1: a
    slope is bright when it falls towards the light.

    Parameters
    ----------
    angle : float, default 135.0
        Where the light comes from, in degrees counter-clockwise from the right; 135 is the upper left.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.emboss(90).sum(axis=1)
    array([ 1.,  0., -1.])
    """
    across, up = direction(check_finite("angle", angle))
    y, x = np.mgrid[1:-2:-1, -1:2]
    away = np.hypot(x, y)
    away[1, 1] = 1
    kernel = (x * across + y * up) / away
    kernel[np.abs(kernel) < 1e-12] = 0
    scaled: Array = 2 * kernel / np.abs(kernel).sum()
    return scaled
