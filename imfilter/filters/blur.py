"""Blurs: weighted means of each pixel's neighborhood. A constant image does not change."""

from typing import Annotated, Any

import numpy as np

from ..engine.varying_kernels import Boxes, Disks, Gaussians
from ..errors import ImfilterError
from ..weights.motion import motion_kernel
from ..weights.taps import Array, binomial_taps, check_area, check_length, derivative_taps
from .maps import NumberOrMap, PairOrMap
from .means import RoundedMean
from .operation import Operation
from .operations import Convolution, SeparableCorrelation, SeparableDerivative
from .parameters import Choice, Integer, Number, Pair
from .registry import register_filter
from .varying import MappedBlur

Size = Annotated[int | tuple[int, int], Pair(Integer(1))]


@register_filter("blur")
def box(size: Annotated[int | tuple[int, int] | Any, PairOrMap(Integer(1))] = 3) -> Operation:
    """Box blur: average a rectangle of pixels.

    Parameters
    ----------
    size : int, (int, int) or (H, W) map, default 3
        Rows and columns of the rectangle, in pixels; or for each pixel the side of a square, up to 2049.

    Notes
    -----
    Correlation with size[0] x size[1] weights of 1 / (size[0] size[1]). An even size has its center at size // 2.

    The squares of a map may have any size, and have their center on the pixel: the pixels at their edges count by the
    share that lies within, so that results change continuously with the size. An odd size is that of the plain box;
    below 1, a pixel stays as it is.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.box(numpy.array([[0, 9, 0]], numpy.uint8), (1, 3))
    array([[3, 3, 3]], dtype=uint8)
    """
    if isinstance(size, np.ndarray):
        return MappedBlur(Boxes(), size)
    height, width = size  # type: ignore[misc]
    return RoundedMean(height, width)


@register_filter("blur", kernel={"method": ...}, signed=True)
def gaussian(
    sigma: Annotated[float | tuple[float, float] | Any, PairOrMap(Number(least=0))] = 1.0, *,
    truncate: Annotated[float, Number(above=0)] = 4.0,
    order: Annotated[int | tuple[int, int], Pair(Integer(0))] = 0,
    method: Annotated[str, Choice(("auto", "approximate"))] = "auto",
) -> Operation:
    """Gaussian blur: weights fall off as a bell curve.

    Parameters
    ----------
    sigma : float, (float, float) or (H, W) map, default 1.0
        Standard deviation in pixels; 0 leaves the image unchanged. Those of a map are at most 256 / truncate.
    truncate : float, default 4.0
        Radius of the kernel, in standard deviations.
    order : int or (int, int), default 0
        Order of the derivative down and across; 0 blurs. Derivatives need a positive sigma, and take neither mask nor
        linear.
    method : {'auto', 'approximate'}, default 'auto'
        'approximate': broad blurs of 16 bits and floats take constant time, too, within 0.00007 of their range.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype; derivatives as float32 for arrays of integers, and of a Pillow image around mid-gray
        (see `signed`); unless `dtype` says otherwise.

    Notes
    -----
    Weights exp(-x^2 / (2 sigma^2)) for |x| <= int(truncate sigma + 0.5), scaled to sum 1, down and across:
    those of scipy.ndimage and scikit-image. Derivatives of order n multiply them by the Hermite polynomial
    He_n(x / sigma) and by (-1 / sigma)^n, and convolve. As in SciPy, those of even orders do not quite sum to 0.

    From sigma 9 on, bytes are computed on a coarse grid; with 'approximate' 16-bit integers and floats are, too, but
    not with a mask. NaN and infinity may then reach 4 sigma beyond the kernel. For a kernel of
    `imfilter.kernels`, `imfilter.plan(image, kernel, method="approximate")` prints the proven bound of the error.

    With a map, the result at a pixel is that of the Gaussian of its own sigma. Above sigma 1, it is interpolated,
    linearly in sigma^2, between those of the sigmas 2^(k / 16) next to its own: with truncate 4 or more, the kernel is
    within 0.002 of the true one in the sum of absolute differences, so that results are within a thousandth of the
    range of the pixels, and bytes within a quarter of a level before they are rounded. NaN spreads as far as the
    larger of both reaches.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.gaussian(numpy.array([[0, 100, 0, 0]], numpy.uint8), 0.5)
    array([[11, 79, 11,  0]], dtype=uint8)
    >>> imfilter.gaussian(numpy.array([[0, 0, 100, 100]], numpy.uint8), 1, order=(0, 1))[0].round()
    array([11., 36., 36., 11.], dtype=float32)
    """
    first, second = order  # type: ignore[misc]
    if isinstance(sigma, np.ndarray):
        if first or second:
            raise ImfilterError(f"order must be 0 with a map of sigma, got {order}")
        if method != "auto":
            raise ImfilterError(f"method must be 'auto' with a map of sigma, got {method!r}")
        return MappedBlur(Gaussians(truncate), sigma)
    down, across = sigma  # type: ignore[misc]
    column, row = derivative_taps(down, first, truncate), derivative_taps(across, second, truncate)
    return SeparableDerivative(column, row) if first or second else SeparableCorrelation(column, row, method)


@register_filter("blur")
def binomial(size: Size = 3) -> Operation:
    """Binomial blur: rows of Pascal's triangle as weights, nearly Gaussian.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns of the kernel; its standard deviation is sqrt(size - 1) / 2 pixels.

    Notes
    -----
    Weights (size - 1 choose k) / 2^(size - 1), down and across; size 3 is [1 2 1] / 4. An even size has its center at
    size // 2.

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
    return SeparableCorrelation(binomial_taps(height), binomial_taps(width))


@register_filter("blur")
def tent(size: Size = 3) -> Operation:
    """Tent blur: weights rise linearly to the center and fall again.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns of the kernel, in pixels.

    Notes
    -----
    Weights 1 2 ... n ... 2 1, down and across, scaled to sum 1; an even size has two largest weights, as in 1 2 2 1,
    and its center at size // 2, the second of them. Size 2n - 1 is the box of size n convolved with itself.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.tent(numpy.array([[0, 0, 90, 0, 0]], numpy.uint8), (1, 5))
    array([[10, 20, 30, 20, 10]], dtype=uint8)
    """
    height, width = size  # type: ignore[misc]
    return SeparableCorrelation(_tent_taps(height), _tent_taps(width))


def _tent_taps(size: int) -> Array:
    """Return weights that rise by 1 to the center, scaled to sum 1."""
    check_length(size)
    rising = np.arange(1, size + 1)
    heights = np.minimum(rising, rising[::-1])
    taps: Array = heights / heights.sum()
    return taps


@register_filter("blur")
def disk(radius: Annotated[float | Any, NumberOrMap(least=0)] = 2.0) -> Operation:
    """Disk blur: average a disk of pixels, as a lens out of focus does.

    Parameters
    ----------
    radius : float or (H, W) map, default 2.0
        Radius in pixels; below 1 the image does not change. A map has one for each pixel, up to 1024: depth of field.

    Notes
    -----
    Equal weights wherever y^2 + x^2 <= radius^2: the disk of skimage.morphology. With a map, the result at a pixel is
    that of the disk of its own radius.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.disk(numpy.array([[0, 0, 0], [0, 50, 0], [0, 0, 0]], numpy.uint8), 1)
    array([[ 0, 10,  0],
           [10, 10, 10],
           [ 0, 10,  0]], dtype=uint8)
    """
    if isinstance(radius, np.ndarray):
        return MappedBlur(Disks(), radius)
    check_area(2 * radius + 1, 2 * radius + 1)
    x = np.arange(-int(radius), int(radius) + 1)
    inside = x[:, None] ** 2 + x**2 <= radius**2
    return Convolution(inside / np.count_nonzero(inside))


@register_filter("blur")
def motion(length: Annotated[float, Number(above=0)] = 9.0, angle: Annotated[float, Number()] = 0.0) -> Operation:
    """Motion blur: average along a line, as a moving camera does.

    Parameters
    ----------
    length : float, default 9.0
        Length of the line in pixels; up to 1 along an axis leaves the image unchanged.
    angle : float, default 0.0
        Direction in degrees, counter-clockwise from the right; angles repeat every 180 degrees.

    Notes
    -----
    Each weight is the share of a line through the center that lies within the pixel, a square of side 1. Along an axis
    an odd length gives that many equal weights, and an even length one more, with half weights at both ends.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.motion(numpy.array([[0, 0, 90, 0, 0]], numpy.uint8), 3)
    array([[ 0, 30, 30, 30,  0]], dtype=uint8)
    """
    return Convolution(motion_kernel(length, angle))


@register_filter("blur")
def smooth() -> Operation:
    """Light 3 x 3 blur, the SMOOTH filter of Pillow.

    Notes
    -----
    The kernel is [1 1 1; 1 5 1; 1 1 1] / 13.

    References
    ----------
    Pillow, ImageFilter.SMOOTH, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.smooth(numpy.array([[0, 0, 0], [0, 130, 0], [0, 0, 0]], numpy.uint8))[1]
    array([10, 50, 10], dtype=uint8)
    """
    kernel = np.ones((3, 3))
    kernel[1, 1] = 5
    return Convolution(kernel / 13)


@register_filter("blur")
def smooth_more() -> Operation:
    """Light 5 x 5 blur, the SMOOTH_MORE filter of Pillow.

    Notes
    -----
    The 5 x 5 kernel is 44 in a ring of 5 in a ring of 1, divided by 100.

    References
    ----------
    Pillow, ImageFilter.SMOOTH_MORE, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> spot = numpy.zeros((5, 5), numpy.uint8)
    >>> spot[2, 2] = 100
    >>> imfilter.smooth_more(spot)[2]
    array([ 1,  5, 44,  5,  1], dtype=uint8)
    """
    kernel = np.ones((5, 5))
    kernel[1:4, 1:4], kernel[2, 2] = 5, 44
    return Convolution(kernel / 100)
