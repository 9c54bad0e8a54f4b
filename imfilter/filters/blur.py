"""Blurs: weighted means of a pixel's surroundings. A constant image stays as it is."""

from typing import Annotated, Any, Unpack

from .. import kernels
from ..arrays.dtypes import Array
from ..convolution import convolve, correlate_separable
from ..kernels.taps import binomial_taps, box_taps, gaussian_taps
from .parameters import Integer, Number, Pair
from .registry import Light, preset

__all__ = ["binomial", "box", "disk", "gaussian", "motion", "smooth", "smooth_more"]


def _convolved(image: Any, kernel: Array, common: Any) -> Any:
    return convolve(image, kernel, **common)


@preset("blur", alpha="weight")
def box(image: Any, size: Annotated[int | tuple[int, int], Pair(Integer(1))] = 3, **common: Unpack[Light]) -> Any:
    """Blur by the plain mean of a square.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    size : int or (int, int), default 3
        Rows and columns of the square averaged, in pixels.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    Correlation with size[0] x size[1] weights of 1 / (size[0] size[1]). An even size has its center at size // 2.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.box(numpy.array([[0, 9, 0]], numpy.uint8), (1, 3))
    array([[3, 3, 3]], dtype=uint8)
    """
    height, width = size  # type: ignore[misc]
    return correlate_separable(image, box_taps(height), box_taps(width), **common)


@preset("blur", alpha="weight")
def gaussian(
    image: Any, sigma: Annotated[float | tuple[float, float], Pair(Number(least=0))] = 1.0, *,
    truncate: Annotated[float, Number(above=0)] = 4.0, **common: Unpack[Light],
) -> Any:
    """Blur smoothly with a Gaussian bell.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    sigma : float or (float, float), default 1.0
        Standard deviation in pixels; 0 leaves the image as it is.
    truncate : float, default 4.0
        Where the bell is cut off, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    Weights exp(-x^2 / (2 sigma^2)) for |x| <= int(truncate sigma + 0.5), scaled to sum 1, down and across:
    those of scipy.ndimage and scikit-image.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.gaussian(numpy.array([[0, 100, 0, 0]], numpy.uint8), 0.5)
    array([[11, 79, 11,  0]], dtype=uint8)
    """
    down, across = sigma  # type: ignore[misc]
    return correlate_separable(image, gaussian_taps(down, truncate), gaussian_taps(across, truncate), **common)


@preset("blur", alpha="weight")
def binomial(image: Any, size: Annotated[int | tuple[int, int], Pair(Integer(1))] = 3, **common: Unpack[Light]) -> Any:
    """Blur with rows of Pascal's triangle, nearly Gaussian.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    size : int or (int, int), default 3
        Rows and columns of the kernel; its standard deviation is sqrt(size - 1) / 2 pixels.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    Weights (size - 1 choose k) / 2^(size - 1), down and across; size 3 is [1 2 1] / 4.

    References
    ----------
    M. Aubury and W. Luk, "Binomial filters", Journal of VLSI Signal Processing 12, 1996.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.binomial(numpy.array([[0, 16, 0]], numpy.uint8), (1, 3))
    array([[4, 8, 4]], dtype=uint8)
    """
    height, width = size  # type: ignore[misc]
    return correlate_separable(image, binomial_taps(height), binomial_taps(width), **common)


@preset("blur", alpha="weight")
def disk(image: Any, radius: Annotated[float, Number(least=0)] = 2.0, **common: Unpack[Light]) -> Any:
    """Blur by the plain mean of a disk, as a lens out of focus does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    radius : float, default 2.0
        Radius in pixels; below 1 the image stays as it is.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    Equal weights wherever y^2 + x^2 <= radius^2: the disk of skimage.morphology.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.disk(numpy.array([[0, 0, 0], [0, 50, 0], [0, 0, 0]], numpy.uint8), 1)
    array([[ 0, 10,  0],
           [10, 10, 10],
           [ 0, 10,  0]], dtype=uint8)
    """
    return _convolved(image, kernels.disk(radius), common)


@preset("blur", alpha="weight")
def motion(
    image: Any, length: Annotated[float, Number(above=0)] = 9.0, angle: Annotated[float, Number()] = 0.0,
    **common: Unpack[Light],
) -> Any:
    """Blur along a line, as a camera that moves does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    length : float, default 9.0
        Length of the line in pixels; up to 1 along an axis the image stays as it is.
    angle : float, default 0.0
        Its direction in degrees counter-clockwise from the right; half a turn more is the same.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    Each weight is the share of a line through the center that lies within the pixel, a square of side 1. An odd
    length along an axis gives so many equal weights, an even one two more of half the size at the ends.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.motion(numpy.array([[0, 0, 90, 0, 0]], numpy.uint8), 3)
    array([[ 0, 30, 30, 30,  0]], dtype=uint8)
    """
    return _convolved(image, kernels.motion(length, angle), common)


@preset("blur", alpha="weight")
def smooth(image: Any, **common: Unpack[Light]) -> Any:
    """Blur a little, as Pillow's SMOOTH does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The kernel is [1 1 1; 1 5 1; 1 1 1] / 13.

    References
    ----------
    Pillow, ImageFilter.SMOOTH, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.smooth(numpy.array([[0, 0, 0], [0, 130, 0], [0, 0, 0]], numpy.uint8))[1]
    array([10, 50, 10], dtype=uint8)
    """
    return _convolved(image, kernels.smooth(), common)


@preset("blur", alpha="weight")
def smooth_more(image: Any, **common: Unpack[Light]) -> Any:
    """Blur a little further about, as Pillow's SMOOTH_MORE does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The 5 x 5 kernel is 44 in a ring of 5 in a ring of 1, over 100.

    References
    ----------
    Pillow, ImageFilter.SMOOTH_MORE, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> spot = numpy.zeros((5, 5), numpy.uint8)
    >>> spot[2, 2] = 100
    >>> imfilter.smooth_more(spot)[2]
    array([ 1,  5, 44,  5,  1], dtype=uint8)
    """
    return _convolved(image, kernels.smooth_more(), common)
