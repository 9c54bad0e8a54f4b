"""Blurs: weighted means of a pixel's surroundings. A constant image stays as it is."""

from typing import Annotated, Any, Unpack

from ..convolution import correlate_separable
from ..kernels import binomial_taps, box_taps, gaussian_taps
from .parameters import Integer, Number, Pair
from .registry import Common, preset

__all__ = ["binomial", "box", "gaussian"]


@preset("blur", alpha="weight")
def box(image: Any, size: Annotated[int | tuple[int, int], Pair(Integer(1))] = 3, **common: Unpack[Common]) -> Any:
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
    Correlation with size[0] x size[1] weights of 1 / (size[0] size[1]). An even size has its centre at size // 2.

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
    truncate: Annotated[float, Number(above=0)] = 4.0, **common: Unpack[Common],
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
def binomial(image: Any, size: Annotated[int | tuple[int, int], Pair(Integer(1))] = 3, **common: Unpack[Common]) -> Any:
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
