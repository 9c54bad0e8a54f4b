"""Kernels that blur: weights of at least 0 that sum to 1."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import check_finite, check_integer
from .taps import (
    Array,
    at_least,
    binomial_taps,
    box_taps,
    dense,
    direction,
    each,
    fits,
    fits_whole,
    gaussian_taps,
    positive,
)


def box(size: int | tuple[int, int] = 3) -> Array:
    """Return size[0] x size[1] equal weights.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.box((1, 4))
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    height, width = (check_integer("size", value, 1) for value in each("size", size))
    return dense([(box_taps(height), box_taps(width))])


def gaussian(sigma: float | tuple[float, float] = 1.0, truncate: float = 4.0) -> Array:
    """Return exp(-(y^2 + x^2) / (2 sigma^2)) for |y|, |x| <= int(truncate sigma + 0.5), scaled to sum 1.

    Parameters
    ----------
    sigma : float or (float, float), default 1.0
        Standard deviation in pixels, down and across; 0 gives one tap.
    truncate : float, default 4.0
        Where the bell is cut off, in standard deviations.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.gaussian(2).shape
    (17, 17)
    """
    truncate = positive("truncate", truncate)
    down, across = (at_least("sigma", value, 0) for value in each("sigma", sigma))
    return dense([(gaussian_taps(down, truncate), gaussian_taps(across, truncate))])


def binomial(size: int | tuple[int, int] = 3) -> Array:
    """Return the products of two rows of Pascal's triangle, scaled to sum 1.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns.

    References
    ----------
    M. Aubury and W. Luk, "Binomial filters", Journal of VLSI Signal Processing 12, 1996.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.binomial((1, 3))
    array([[0.25, 0.5 , 0.25]])
    """
    height, width = (check_integer("size", value, 1) for value in each("size", size))
    return dense([(binomial_taps(height), binomial_taps(width))])


def disk(radius: float = 2.0) -> Array:
    """Return equal weights at every place with y^2 + x^2 <= radius^2.

    Parameters
    ----------
    radius : float, default 2.0
        In pixels; below 1 there is one tap.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.disk(1) * 5
    array([[0., 1., 0.],
           [1., 1., 1.],
           [0., 1., 0.]])
    """
    radius = at_least("radius", radius, 0)
    fits_whole(2 * radius + 1, 2 * radius + 1)
    x = np.arange(-int(radius), int(radius) + 1)
    inside = x[:, None] ** 2 + x**2 <= radius**2
    kernel: Array = inside / np.count_nonzero(inside)
    return kernel


def motion(length: float = 9.0, angle: float = 0.0) -> Array:
    """Return what a point becomes that moves along a line while the shutter is open.

    Each weight is the share of the line that lies within the pixel, a square of side 1.

    Parameters
    ----------
    length : float, default 9.0
        Length of the line in pixels.
    angle : float, default 0.0
        Its direction in degrees counter-clockwise from the right; half a turn more is the same.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.motion(4) * 8
    array([[1., 2., 2., 2., 1.]])
    >>> kernels.motion(3, 90).shape
    (3, 1)
    """
    length = positive("length", length)
    across, up = direction(check_finite("angle", angle))
    fits(length)
    # The line crosses from pixel to pixel at these distances from its middle.
    half = length / 2
    reach = [math.ceil(half * abs(part) - 0.5) for part in (up, across)]
    fits_whole(*(2 * side + 1 for side in reach))
    cuts: list[Any] = [np.array([-half, half])]
    for part, side in zip((up, across), reach, strict=True):
        if part:
            cuts.append((np.arange(-side, side) + 0.5) / part)
    places = np.clip(np.sort(np.concatenate(cuts)), -half, half)
    middles, shares = (places[1:] + places[:-1]) / 2, np.diff(places) / length
    # Where a corner is crossed, rounding leaves a sliver in a pixel beside it.
    long = shares > 1e-9
    middles, shares = middles[long], shares[long]
    y, x = np.rint(-middles * up).astype(int), np.rint(middles * across).astype(int)
    tall, wide = int(np.abs(y).max()), int(np.abs(x).max())
    kernel = np.zeros((2 * tall + 1, 2 * wide + 1))
    np.add.at(kernel, (y + tall, x + wide), shares)
    # Both halves of the line are alike, to the last bit.
    even: Array = (kernel + kernel[::-1, ::-1]) / 2
    return even


def smooth() -> Array:
    """Return eight weights of 1 about one of 5, over 13: Pillow's SMOOTH.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.smooth()[0] * 13
    array([1., 1., 1.])
    """
    kernel = np.ones((3, 3))
    kernel[1, 1] = 5
    return kernel / 13


def smooth_more() -> Array:
    """Return 44 in a ring of 5 in a ring of 1, over 100: Pillow's SMOOTH_MORE.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.smooth_more()[2] * 100
    array([ 1.,  5., 44.,  5.,  1.])
    """
    kernel = np.ones((5, 5))
    kernel[1:4, 1:4], kernel[2, 2] = 5, 44
    return kernel / 100
