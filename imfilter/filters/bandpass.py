"""Band-pass filters: details of one size, by Gaussians and waves under Gaussians. A constant image gives 0."""

from typing import Annotated

from ..errors import ImfilterError
from ..weights.bandpass import dog_kernel_products, dog_products, gabor_products, log_products
from .docstrings import SIGNED
from .operation import Operation
from .parameters import Choice, Integer, Number
from .products import StrongestWave, SumOfProducts
from .registry import register_filter

# D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980: the
# ratio at which a difference of Gaussians is nearest to a Laplacian.
MARR_RATIO = 1.6


@register_filter("edges", shared=SIGNED, signed=True)
def laplacian_of_gaussian(
    sigma: Annotated[float, Number(above=0)] = 1.0, *, truncate: Annotated[float, Number(above=0)] = 4.0,
) -> Operation:
    """Laplacian of Gaussian: blobs and edges of one size.

    Parameters
    ----------
    sigma : float, default 1.0
        Standard deviation of the blur in pixels.
    truncate : float, default 4.0
        Radius of the kernel, in standard deviations.

    Notes
    -----
    -(d^2/dy^2 + d^2/dx^2) of exp(-(y^2 + x^2) / (2 sigma^2)) / (2 pi sigma^2), positive where the image is brighter
    than its neighborhood, as in `imfilter.laplace`; scipy.ndimage.gaussian_laplace has the opposite sign. The weights
    are corrected to sum to 0 in spite of the cut.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.laplacian_of_gaussian(numpy.array([[0, 0, 0, 9, 0, 0, 0]], numpy.uint8), 1)[0, 3].round(2)
    np.float32(3.59)
    """
    return SumOfProducts(log_products(sigma, truncate))


@register_filter("edges", shared=SIGNED, signed=True)
def difference_of_gaussians(
    low_sigma: Annotated[float, Number(least=0)] = 1.0,
    high_sigma: Annotated[float | None, Number(least=0, optional=True)] = None, *,
    truncate: Annotated[float, Number(above=0)] = 4.0,
) -> Operation:
    """Difference of Gaussians: details of sizes between two blurs.

    Parameters
    ----------
    low_sigma : float, default 1.0
        Standard deviation of the narrow blur in pixels, which removes smaller details.
    high_sigma : float or None, default None
        Standard deviation of the wide blur, at least low_sigma, which removes larger details. None: 1.6 low_sigma.
    truncate : float, default 4.0
        Radius of the kernels, in standard deviations.

    Raises
    ------
    ImfilterError
        When high_sigma is below low_sigma.

    Notes
    -----
    gaussian(image, low_sigma) - gaussian(image, high_sigma), as in scikit-image except for its border.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.difference_of_gaussians(numpy.array([[0, 0, 0, 90, 0, 0, 0]], numpy.uint8), 0.5)[0, 3].round(1)
    np.float32(25.9)
    """
    if high_sigma is None:
        high_sigma = MARR_RATIO * low_sigma
    elif high_sigma < low_sigma:
        raise ImfilterError(f"high_sigma must be at least low_sigma, which is {low_sigma:g}, got {high_sigma:g}")
    products = dog_products(low_sigma, high_sigma, truncate)
    return SumOfProducts(products, lambda: dog_kernel_products(products))


@register_filter("edges", kernel={"angle": 0.0, "angles": ..., "part": "real"}, signed=True)
def gabor(
    frequency: Annotated[float, Number(above=0)] = 0.2,
    angle: Annotated[float | None, Number(optional=True)] = None, *, angles: Annotated[int, Integer(1, 360)] = 4,
    bandwidth: Annotated[float, Number(above=0)] = 1.0,
    part: Annotated[str, Choice(("magnitude", "real", "imaginary"))] = "magnitude",
) -> Operation:
    """Gabor filter: respond to stripes of one frequency and direction.

    Parameters
    ----------
    frequency : float, default 0.2
        Stripes per pixel.
    angle : float or None, default None
        Direction across the stripes, in degrees counter-clockwise from the right: 0 responds to vertical stripes. None:
        the largest response in `angles` directions.
    angles : int, default 4
        Number of directions, evenly spaced over half a turn, when angle is None.
    bandwidth : float, default 1.0
        Width of the frequency band, in octaves.
    part : {'magnitude', 'real', 'imaginary'}, default 'magnitude'
        Part of the complex response: its magnitude, or the signed part that responds to lines (real) or edges
        (imaginary).

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        The magnitude in the image's dtype, the parts as float32 for arrays of integers, and of a Pillow image
        around mid-gray (see `signed`); unless `dtype` says otherwise.

    Notes
    -----
    Convolution with (exp(2 pi i frequency r) - m) exp(-(y^2 + x^2) / (2 s^2)) / (2 pi s^2), with r along the angle
    and s = 0.187 (2^bandwidth + 1) / (2^bandwidth - 1) / frequency: the kernel of scikit-image minus m, which makes it
    sum to 0, so that a constant image gives 0.

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
    directions = []
    for direction in [angle] if angle is not None else [180 * k / angles for k in range(angles)]:
        real, imaginary = gabor_products(frequency, direction, bandwidth)
        directions.append({f"{direction:g} degrees, {name}": products for name, products in (
            ("real", real), ("imaginary", imaginary)) if part in (name, "magnitude")})
    return StrongestWave(directions, signed=part != "magnitude", first=angle is None)
