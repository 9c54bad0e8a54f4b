"""Bands: the details of one size, by Gaussians and the waves under them. A constant image gives 0."""

from typing import Annotated, Any, Unpack

import numpy as np

from ..arrays.dtypes import Array
from ..kernels.edges import dog_products, gabor_products, log_products, wider
from .combine import combine, sum_products
from .parameters import Choice, Integer, Number
from .registry import Common, preset

__all__ = ["difference_of_gaussians", "gabor", "laplacian_of_gaussian"]


@preset("edges", signed=lambda **_: True)
def laplacian_of_gaussian(
    image: Any, sigma: Annotated[float, Number(above=0)] = 1.0, *,
    truncate: Annotated[float, Number(above=0)] = 4.0, **common: Unpack[Common],
) -> Any:
    """Show how blurred pixels differ from their surroundings.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    sigma : float, default 1.0
        Standard deviation of the blur in pixels.
    truncate : float, default 4.0
        Where the bell is cut off, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Signed: float32 for integer images unless `dtype` says otherwise.

    Notes
    -----
    -(d^2/dy^2 + d^2/dx^2) of exp(-(y^2 + x^2) / (2 sigma^2)) / (2 pi sigma^2), positive where the image is brighter
    than about it, as in `imfilter.laplace`; scipy.ndimage.gaussian_laplace has the opposite sign. What the cut leaves
    of the weights' sum is taken out.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.laplacian_of_gaussian(numpy.array([[0, 0, 0, 9, 0, 0, 0]], numpy.uint8), 1)[0, 3].round(2)
    np.float32(3.59)
    """
    products = log_products(sigma, truncate)
    return combine(image, lambda pixels, **options: sum_products(pixels, products, **options), **common)


@preset("edges", signed=lambda **_: True, relation=wider)
def difference_of_gaussians(
    image: Any, low_sigma: Annotated[float, Number(least=0)] = 1.0,
    high_sigma: Annotated[float | None, Number(least=0, optional=True)] = None, *,
    truncate: Annotated[float, Number(above=0)] = 4.0, **common: Unpack[Common],
) -> Any:
    """Show the details of sizes between two blurs.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    low_sigma : float, default 1.0
        Standard deviation of the narrow blur in pixels; smaller details are left out.
    high_sigma : float or None, default None
        That of the wide blur, not below low_sigma; larger details are left out. None: 1.6 low_sigma.
    truncate : float, default 4.0
        Where the bells are cut off, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Signed: float32 for integer images unless `dtype` says otherwise.

    Notes
    -----
    gaussian(image, low_sigma) - gaussian(image, high_sigma), as in scikit-image but for its border.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.difference_of_gaussians(numpy.array([[0, 0, 0, 90, 0, 0, 0]], numpy.uint8), 0.5)[0, 3].round(1)
    np.float32(25.9)
    """
    products = dog_products(low_sigma, high_sigma, truncate)
    return combine(image, lambda pixels, **options: sum_products(pixels, products, **options), **common)


@preset("edges", signed=lambda part, **_: part != "magnitude")
def gabor(
    image: Any, frequency: Annotated[float, Number(above=0)] = 0.2,
    angle: Annotated[float | None, Number(optional=True)] = None, *, angles: Annotated[int, Integer(1, 360)] = 4,
    bandwidth: Annotated[float, Number(above=0)] = 1.0,
    part: Annotated[str, Choice(("magnitude", "real", "imaginary"))] = "magnitude", **common: Unpack[Common],
) -> Any:
    """Show stripes of one width, in one direction or in all.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    frequency : float, default 0.2
        Stripes a pixel.
    angle : float or None, default None
        Across the stripes, in degrees counter-clockwise from the right: 0 shows upright ones. None: the largest of
        `angles` directions.
    angles : int, default 4
        How many directions are tried, evenly spaced over half a turn, when angle is None.
    bandwidth : float, default 1.0
        Width of the band of frequencies shown, in octaves.
    part : {'magnitude', 'real', 'imaginary'}, default 'magnitude'
        Of the complex response: its size, or what answers lines (real) or edges (imaginary), with a sign.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        The magnitude in the image's dtype, the parts as float32 for integer images; unless `dtype` says otherwise.

    Notes
    -----
    Convolution with (exp(2 pi i frequency r) - m) exp(-(y^2 + x^2) / (2 s^2)) / (2 pi s^2), with r along the angle
    and s = 0.187 (2^bandwidth + 1) / (2^bandwidth - 1) / frequency: the kernel of scikit-image with its sum m taken
    out, so that a constant image gives 0.

    References
    ----------
    J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized by
    two-dimensional visual cortical filters", Journal of the Optical Society of America A 2(7), 1985.

    Examples
    --------
    >>> import imfilter, numpy
    >>> stripes = 100 + 100 * numpy.cos(2 * numpy.pi * 0.2 * numpy.arange(60)) * numpy.ones((60, 1))
    >>> imfilter.gabor(stripes, 0.2, 0)[30, 30].round(), imfilter.gabor(stripes, 0.2, 90)[30, 30].round()
    (np.float64(50.0), np.float64(0.0))
    """
    tried = [angle] if angle is not None else [180 * k / angles for k in range(angles)]
    kernels = [gabor_products(frequency, direction, bandwidth) for direction in tried]

    def answer(pixels: Array, **options: Any) -> Array:
        largest = None
        for real, imaginary in kernels:
            if part == "magnitude":
                found = sum_products(pixels, real, **options)
                np.hypot(found, sum_products(pixels, imaginary, **options), out=found)
            else:
                found = sum_products(pixels, real if part == "real" else imaginary, **options)
            largest = found if largest is None else np.maximum(largest, found, out=largest)
        assert largest is not None
        return largest

    return combine(image, answer, **common)
