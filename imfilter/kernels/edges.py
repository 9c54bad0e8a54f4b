"""Kernels that show edges: derivatives, which sum to 0."""
from __future__ import annotations

import math
from typing import Literal

import numpy as np

from ..errors import ImfilterError, check_finite, check_integer, list_choices
from .taps import Array, Products, at_least, curvature_taps, dense, direction, fits, gaussian_taps, positive

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
# R. A. Kirsch, "Computer determination of the constituent structure of biological images", Computers and
# Biomedical Research 4(3), 1971. Divided by 15, a step of 1 gives 1.
KIRSCH = np.array([[5.0, 5.0, 5.0], [-3.0, 0.0, -3.0], [-3.0, -3.0, -3.0]])
KIRSCH_SCALE = 1 / 15
# D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980: the
# ratio at which a difference of Gaussians is nearest to a Laplacian.
MARR = 1.6

_RING = ((0, 1, 2, 2, 2, 1, 0, 0), (0, 0, 0, 1, 2, 2, 2, 1))  # rows and columns, counter-clockwise from the top left


def _derivative(edge: Array, across: Array, axis: int) -> Array:
    """Return the change along an axis, smoothed across it."""
    kernel: Array = np.outer(edge, across)
    return np.ascontiguousarray((kernel, kernel.T)[_axis(axis)])


def _axis(axis: int) -> int:
    if check_integer("axis", axis, 0) > 1:
        raise ImfilterError(f"axis must be 0 or 1, got {axis!r}")
    return axis


def sobel(axis: int = 0) -> Array:
    """Return [1 0 -1]' x [1 2 1] / 4 (axis 0, the change from top to bottom), or its transpose (axis 1).

    References
    ----------
    I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing", 1968.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.sobel(1) * 4
    array([[ 1.,  0., -1.],
           [ 2.,  0., -2.],
           [ 1.,  0., -1.]])
    """
    return _derivative(EDGE, SOBEL, axis)


def scharr(axis: int = 0) -> Array:
    """Return [1 0 -1]' x [3 10 3] / 16 (axis 0), or its transpose (axis 1).

    References
    ----------
    H. Scharr, "Optimal operators in digital image processing", dissertation, Heidelberg, 2000.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.scharr(0)[0] * 16
    array([ 3., 10.,  3.])
    """
    return _derivative(EDGE, SCHARR, axis)


def prewitt(axis: int = 0) -> Array:
    """Return [1 0 -1]' x [1 1 1] / 3 (axis 0), or its transpose (axis 1).

    References
    ----------
    J. M. S. Prewitt, "Object enhancement and extraction", in Picture Processing and Psychopictorics, 1970.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.prewitt(0)[2] * 3
    array([-1., -1., -1.])
    """
    return _derivative(EDGE, PREWITT, axis)


def farid(axis: int = 0) -> Array:
    """Return the 5 x 5 derivative of Farid and Simoncelli down the image (axis 0) or across it (axis 1).

    References
    ----------
    H. Farid and E. P. Simoncelli, "Differentiation of discrete multidimensional signals", IEEE Transactions on
    Image Processing 13(4), 2004.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.farid(1)[2].round(4)
    array([ 0.0467,  0.118 ,  0.    , -0.118 , -0.0467])
    """
    return _derivative(FARID_EDGE, FARID_SMOOTH, axis)


def roberts(axis: int = 0) -> Array:
    """Return [1 0; 0 -1], the change along the falling diagonal (axis 0), or [0 1; -1 0] (axis 1).

    References
    ----------
    L. G. Roberts, "Machine perception of three-dimensional solids", MIT Lincoln Laboratory, 1963.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.roberts(1)
    array([[ 0.,  1.],
           [-1.,  0.]])
    """
    return ROBERTS[_axis(axis)].copy()


def laplace() -> Array:
    """Return [0 -1 0; -1 4 -1; 0 -1 0], positive in the center as in scikit-image.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.laplace()[1]
    array([-1.,  4., -1.])
    """
    return LAPLACE.copy()


def find_edges() -> Array:
    """Return eight weights of -1 about one of 8: Pillow's FIND_EDGES, and its CONTOUR without the white.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.find_edges()[1]
    array([-1.,  8., -1.])
    """
    kernel = np.full((3, 3), -1.0)
    kernel[1, 1] = 8
    return kernel


def rotate(kernel: Array, steps: int = 1) -> Array:
    """Return a 3 x 3 kernel with its eight outer weights moved on by steps of 45 degrees, counter-clockwise.

    Parameters
    ----------
    kernel : (3, 3) array
        The center stays.
    steps : int, default 1
        Any whole number; below 0 they go clockwise.

    Raises
    ------
    ImfilterError
        When the kernel is not 3 x 3 or steps not whole.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.rotate([[1, 2, 3], [8, 0, 4], [7, 6, 5]])
    array([[2., 3., 4.],
           [1., 0., 5.],
           [8., 7., 6.]])
    """
    turned = np.array(kernel, np.float64)
    if turned.shape != (3, 3):
        raise ImfilterError(f"kernel must have the shape (3, 3) to be rotated by 45 degrees, got {turned.shape}")
    turned[_RING] = np.roll(turned[_RING], check_integer("steps", steps, -2**31) % 8)
    return turned


def kirsch() -> Array:
    """Return the (8, 3, 3) compass kernels of Kirsch: [5 5 5; -3 0 -3; -3 -3 -3] / 15 turned by 45 degrees each.

    References
    ----------
    R. A. Kirsch, "Computer determination of the constituent structure of biological images", Computers and
    Biomedical Research 4(3), 1971.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.kirsch()[1] * 15
    array([[ 5.,  5., -3.],
           [ 5.,  0., -3.],
           [-3., -3., -3.]])
    """
    return compass() * KIRSCH_SCALE


def compass() -> Array:
    """Return the eight kernels of Kirsch in whole numbers."""
    return np.stack([rotate(KIRSCH, steps) for steps in range(8)])


def laplacian_of_gaussian(sigma: float = 1.0, truncate: float = 4.0) -> Array:
    """Return -(d^2/dy^2 + d^2/dx^2) of a Gaussian, positive in the center as `laplace` is.

    Parameters
    ----------
    sigma : float, default 1.0
        Standard deviation in pixels, above 0.
    truncate : float, default 4.0
        Where the bell is cut off, in standard deviations; what that leaves of a sum is taken out.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernel = kernels.laplacian_of_gaussian(2)
    >>> kernel.shape, abs(kernel.sum()) < 1e-12
    ((17, 17), np.True_)
    """
    return dense(log_products(positive("sigma", sigma), positive("truncate", truncate)))


def log_products(sigma: float, truncate: float) -> Products:
    """Return the Laplacian of a Gaussian as products of columns and rows."""
    bell = gaussian_taps(sigma, truncate)
    bend = -curvature_taps(sigma, truncate)
    return [(bend, bell), (bell, bend)]


def difference_of_gaussians(low_sigma: float = 1.0, high_sigma: float | None = None, truncate: float = 4.0) -> Array:
    """Return a narrow Gaussian less a wide one.

    Parameters
    ----------
    low_sigma : float, default 1.0
        Standard deviation of the narrow one in pixels.
    high_sigma : float, optional
        That of the wide one, not below low_sigma; 1.6 low_sigma when left out.
    truncate : float, default 4.0
        Where the bells are cut off, in standard deviations.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proceedings of the Royal Society of London B 207, 1980.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.difference_of_gaussians(1, 2).shape
    (17, 17)
    """
    low = at_least("low_sigma", low_sigma, 0)
    high = None if high_sigma is None else at_least("high_sigma", high_sigma, 0)
    (narrow, _), (wide, _) = dog_products(low, high, positive("truncate", truncate))
    fits(len(wide))
    return dense([(-wide, wide), (_centered(narrow, len(wide)), _centered(narrow, len(wide)))])


def wider(low_sigma: float, high_sigma: float | None, **_: object) -> float:
    """Return high_sigma, or what it is when left out; refuse one below low_sigma."""
    if high_sigma is None:
        return MARR * low_sigma
    if high_sigma < low_sigma:
        raise ImfilterError(f"high_sigma must be at least low_sigma, which is {low_sigma:g}, got {high_sigma:g}")
    return high_sigma


def dog_products(low: float, high: float | None, truncate: float) -> Products:
    """Return a narrow Gaussian, and the negative of a wide one, as products of columns and rows."""
    narrow, wide = gaussian_taps(low, truncate), gaussian_taps(wider(low, high), truncate)
    return [(narrow, narrow), (-wide, wide)]


def _centered(taps: Array, size: int) -> Array:
    """Return taps between as many zeros on either side as make them `size`."""
    return np.pad(taps, (size - len(taps)) // 2)


def gabor(
    frequency: float = 0.2, angle: float = 0.0, bandwidth: float = 1.0, part: Literal["real", "imaginary"] = "real",
) -> Array:
    """Return waves under a Gaussian bell: (exp(2 pi i frequency r) - m) exp(-(y^2 + x^2) / (2 s^2)) / (2 pi s^2).

    r is the distance along the angle, s = 0.187 (2^bandwidth + 1) / (2^bandwidth - 1) / frequency, where
    0.187 = sqrt(log(2) / 2) / pi, and the mean m makes the real part sum to 0. The bell ends 3 s away.

    Parameters
    ----------
    frequency : float, default 0.2
        Waves a pixel.
    angle : float, default 0.0
        Which way the waves go, in degrees counter-clockwise from the right; 0 answers upright lines.
    bandwidth : float, default 1.0
        Width of the band of frequencies that it answers, in octaves.
    part : {'real', 'imaginary'}, default 'real'
        The real part answers lines, the imaginary one edges.

    References
    ----------
    J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized by
    two-dimensional visual cortical filters", Journal of the Optical Society of America A 2(7), 1985.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.gabor(0.2).shape, kernels.gabor(0.2, 45).shape
    ((19, 19), (13, 13))
    """
    if part not in ("real", "imaginary"):
        raise ImfilterError(f"part must be {list_choices(('real', 'imaginary'))}, got {part!r}")
    real, imaginary = gabor_products(
        positive("frequency", frequency), check_finite("angle", angle), positive("bandwidth", bandwidth))
    return dense(real if part == "real" else imaginary)


def gabor_products(frequency: float, angle: float, bandwidth: float) -> tuple[Products, Products]:
    """Return the real and the imaginary part of a Gabor kernel as products of columns and rows.

    The bell is round, so the wave along any angle is a product of waves down and across, as complex numbers.
    """
    octaves = max(math.tanh(bandwidth * math.log(2) / 2), 1e-300)
    sigma = math.sqrt(math.log(2) / 2) / math.pi / octaves / frequency
    across, up = direction(angle)
    reach = max(3 * sigma * max(abs(across), abs(up)), 1.0)
    fits(2 * reach)
    x = np.arange(-math.ceil(reach), math.ceil(reach) + 1)
    bell = np.exp(-0.5 * (x / sigma) ** 2) / (math.sqrt(2 * math.pi) * sigma)
    (cos_x, sin_x), (cos_y, sin_y) = (
        (bell * np.cos(turn * x), bell * np.sin(turn * x)) for turn in (
            2 * math.pi * frequency * across, -2 * math.pi * frequency * up))
    mean = cos_y.sum() * cos_x.sum() / bell.sum() ** 2
    real = [(cos_y, cos_x), (-sin_y, sin_x), (-mean * bell, bell)]
    imaginary = [(sin_y, cos_x), (cos_y, sin_x)]
    return _without_zeros(real), _without_zeros(imaginary)


def _without_zeros(products: Products) -> Products:
    return [(column, row) for column, row in products if column.any() and row.any()] or products[:1]
