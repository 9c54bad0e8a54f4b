"""Rank filters and their kin: what they give is a sample of each window, or a mean of those like the pixel."""

import math
from typing import Annotated, Any, Unpack

import numpy as np

from ..arrays.conversion import as_array
from ..engine import rank as ranks
from ..errors import ImfilterError
from .parameters import Integer, Number, Pair
from .registry import Common, preset
from .sample_range import range_dtype

__all__ = ["bilateral", "maximum", "median", "minimum", "percentile"]

Size = Annotated[int | tuple[int, int], Pair(Integer(1))]

LOG2_E = math.log2(math.e)
FURTHEST = 2**11  # pixels that a bilateral mean may reach


@preset("rank")
def median(image: Any, size: Size = 3, **common: Unpack[Common]) -> Any:
    """Take away specks and keep edges: the median of a square.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    size : int or (int, int), default 3
        Rows and columns of the square, in pixels; 3 is a radius of 1.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Samples of the image, in its dtype unless `dtype` says otherwise.

    Notes
    -----
    Of the n = size[0] size[1] samples in order, from 0 on, the one at n // 2, as in scipy.ndimage: of an even number
    the upper of the two in the middle. An even size has its center at size // 2. A window that holds NaN gives NaN.
    `cval` is rounded to the image's dtype.

    References
    ----------
    K. E. Batcher, "Sorting networks and their applications", AFIPS Spring Joint Computer Conference, 1968 (small
    windows). S. Perreault and P. Hebert, "Median filtering in constant time", IEEE Transactions on Image Processing
    16, 2007 (large ones of uint8).

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.median(numpy.array([[5, 5, 200, 5, 60, 60]], numpy.uint8), (1, 3))
    array([[ 5,  5,  5, 60, 60, 60]], dtype=uint8)
    """
    return ranks.filter_rank(image, size, size[0] * size[1] // 2, **common)  # type: ignore[index, arg-type]


@preset("rank")
def minimum(image: Any, size: Size = 3, **common: Unpack[Common]) -> Any:
    """Take the darkest sample of a square: erosion.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    size : int or (int, int), default 3
        Rows and columns of the square, in pixels. Any size takes about as long.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Samples of the image, in its dtype unless `dtype` says otherwise.

    Notes
    -----
    An even size has its center at size // 2. A window that holds NaN gives NaN. `cval` is rounded to the image's dtype.

    References
    ----------
    M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels",
    Pattern Recognition Letters 13, 1992.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.minimum(numpy.array([[9, 9, 5, 9, 9, 9]], numpy.uint8), (1, 3))
    array([[9, 5, 5, 5, 9, 9]], dtype=uint8)
    """
    return ranks.filter_extreme(image, size, largest=False, **common)  # type: ignore[arg-type]


@preset("rank")
def maximum(image: Any, size: Size = 3, **common: Unpack[Common]) -> Any:
    """Take the brightest sample of a square: dilation.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    size : int or (int, int), default 3
        Rows and columns of the square, in pixels. Any size takes about as long.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Samples of the image, in its dtype unless `dtype` says otherwise.

    Notes
    -----
    An even size has its center at size // 2. A window that holds NaN gives NaN. `cval` is rounded to the image's dtype.

    References
    ----------
    As of `imfilter.minimum`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.maximum(numpy.array([[0, 0, 5, 0, 0, 0]], numpy.uint8), (1, 3))
    array([[0, 5, 5, 5, 0, 0]], dtype=uint8)
    """
    return ranks.filter_extreme(image, size, largest=True, **common)  # type: ignore[arg-type]


@preset("rank")
def percentile(
    image: Any, percent: Annotated[float, Number(least=0, most=100)] = 50.0, size: Size = 3,
    **common: Unpack[Common],
) -> Any:
    """Take the sample of a square that so many percent lie below.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    percent : float, default 50.0
        Which sample, from 0, the darkest, to 100, the brightest.
    size : int or (int, int), default 3
        Rows and columns of the square, in pixels.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Samples of the image, in its dtype unless `dtype` says otherwise.

    Notes
    -----
    Of the n = size[0] size[1] samples in order, from 0 on, the one at int(n percent / 100), and the last for 100, as
    in scipy.ndimage: nothing lies between samples. A window that holds NaN gives NaN. `cval` is rounded to the image's
    dtype.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.percentile(numpy.array([[1, 2, 3, 4, 5]], numpy.uint8), 25, (1, 5))
    array([[1, 1, 2, 3, 4]], dtype=uint8)
    """
    samples = size[0] * size[1]  # type: ignore[index]
    rank = min(int(samples * (percent / 100) if samples > 2**53 else float(samples) * percent / 100), samples - 1)
    return ranks.filter_rank(image, size, rank, **common)  # type: ignore[arg-type]


def _near(sigma_spatial: float, truncate: float, **_: Any) -> None:
    if truncate * sigma_spatial > FURTHEST:
        raise ImfilterError(
            f"sigma_spatial times truncate must be at most {FURTHEST} pixels, got {sigma_spatial!r} times {truncate!r}")


@preset("rank", relation=_near)
def bilateral(
    image: Any, sigma_color: Annotated[float, Number(above=0)] = 0.1,
    sigma_spatial: Annotated[float, Number(above=0)] = 1.0, *,
    truncate: Annotated[float, Number(above=0)] = 3.0, **common: Unpack[Common],
) -> Any:
    """Smooth what is alike and keep edges: a mean of like samples near by.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    sigma_color : float, default 0.1
        How far samples may differ, as a standard deviation, in parts of the dtype's range: 1 is 255 of uint8 and 1.0 of
        floats.
    sigma_spatial : float, default 1.0
        How far away they may be, as a standard deviation in pixels.
    truncate : float, default 3.0
        Where the window ends, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    sum(w q) / sum(w) over the samples q of a disk of radius ceil(truncate sigma_spatial), each of
    weight w = exp(-d^2 / (2 sigma_spatial^2)) exp(-(q - p)^2 / (2 (sigma_color range)^2)), d pixels from the pixel p:
    OpenCV's bilateralFilter of each channel by itself, whose sigmaColor is sigma_color times the range. Weights below
    2^-126 are 0. A window that holds NaN gives NaN; infinity changes no other pixels.

    References
    ----------
    C. Tomasi and R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.bilateral(numpy.array([[10, 12, 10, 200, 202, 200]], numpy.uint8))
    array([[ 11,  11,  11, 201, 201, 201]], dtype=uint8)
    """
    kind = range_dtype(as_array(image).dtype)
    whole = 1.0 if kind.kind in "fb" else float(np.iinfo(kind).max)
    radius = math.ceil(truncate * sigma_spatial)
    squares = np.add.outer(np.arange(-radius, radius + 1.0) ** 2, np.arange(-radius, radius + 1.0) ** 2)
    weights = np.where(squares <= radius**2, squares * (LOG2_E / -2) / sigma_spatial / sigma_spatial, -np.inf)
    # However strict, it is a number that no difference of 0 makes NaN.
    closeness = max(LOG2_E / -2 / sigma_color / whole / sigma_color / whole, float(np.finfo(np.float32).min))
    return ranks.filter_bilateral(image, weights, closeness, **common)
