"""Edges: derivatives of the image. A constant image gives 0."""

from typing import Annotated

from ..arrays.dtypes import Array
from ..weights.compass import KIRSCH_DIVISOR, compass_kernels
from ..weights.gradients import (
    DIFFERENCE,
    FARID_DIFFERENCE,
    FARID_SMOOTHING,
    LAPLACE,
    PREWITT,
    ROBERTS,
    SCHARR,
    SOBEL,
    derivative_pair,
    ring_kernel,
)
from .compass import StrongestDirection
from .docstrings import SIGNED
from .operation import Operation
from .operations import Convolution, GradientMagnitude, LevelPlusConvolution
from .parameters import Choice
from .registry import register_filter
from .sample_range import white_level

Axis = Annotated[int | None, Choice((None, 0, 1))]
# What the docstrings of the gradients share.
GRADIENT = """\
Parameters
----------
axis : {None, 0, 1}, default None
    None: edge magnitude; 0 or 1: signed derivative from top to bottom or from left to right.

Returns
-------
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    The magnitude in the image's dtype; a derivative as float32 for arrays of integers, and of a Pillow image
    around mid-gray (see `signed`); unless `dtype` says otherwise."""


def _gradient(
    kernels: tuple[Array, Array], axis: int | None, labels: tuple[str, str] = ("axis 0, down", "axis 1, across")
) -> Operation:
    """Return one of two derivatives, or their magnitude."""
    return GradientMagnitude(*kernels, labels) if axis is None else Convolution(kernels[axis], signed=True)


@register_filter("edges", kernel={"axis": 0}, shared=GRADIENT, signed=True)
def sobel(*, axis: Axis = None) -> Operation:
    """Sobel edge magnitude or derivative, smoothed by 1 2 1.

    Notes
    -----
    g0 = [1 0 -1]' x [1 2 1] / 4 and g1, its transpose, by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

    References
    ----------
    I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing", 1968.

    Examples
    --------
    >>> import imfilter, numpy
    >>> step = numpy.array([[0, 0, 100, 100]] * 3, numpy.uint8)
    >>> imfilter.sobel(step)[1]
    array([ 0, 71, 71,  0], dtype=uint8)
    >>> imfilter.sobel(step, axis=1)[1]
    array([  0., 100., 100.,   0.], dtype=float32)
    """
    return _gradient(derivative_pair(DIFFERENCE, SOBEL), axis)


@register_filter("edges", kernel={"axis": 0}, shared=GRADIENT, signed=True)
def scharr(*, axis: Axis = None) -> Operation:
    """Scharr edge magnitude or derivative, nearly equal in all directions.

    Notes
    -----
    g0 = [1 0 -1]' x [3 10 3] / 16 and g1, its transpose, by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

    References
    ----------
    H. Scharr, "Optimal operators in digital image processing", dissertation, Heidelberg, 2000.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.scharr(numpy.array([[0, 0, 100, 100]] * 3, numpy.uint8), axis=1)[1]
    array([  0., 100., 100.,   0.], dtype=float32)
    """
    return _gradient(derivative_pair(DIFFERENCE, SCHARR), axis)


@register_filter("edges", kernel={"axis": 0}, shared=GRADIENT, signed=True)
def prewitt(*, axis: Axis = None) -> Operation:
    """Prewitt edge magnitude or derivative, smoothed by 1 1 1.

    Notes
    -----
    g0 = [1 0 -1]' x [1 1 1] / 3 and g1, its transpose, by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

    References
    ----------
    J. M. S. Prewitt, "Object enhancement and extraction", in Picture Processing and Psychopictorics, 1970.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.prewitt(numpy.array([[0, 0, 90, 90]] * 3, numpy.uint8))[1]
    array([ 0, 64, 64,  0], dtype=uint8)
    """
    return _gradient(derivative_pair(DIFFERENCE, PREWITT), axis)


@register_filter("edges", kernel={"axis": 0}, shared=GRADIENT, signed=True)
def farid(*, axis: Axis = None) -> Operation:
    """Farid-Simoncelli edge magnitude or derivative, 5 x 5.

    Notes
    -----
    g0 = d' x p with d = [.1096 .2767 0 -.2767 -.1096] and p = [.0377 .2492 .4264 .2492 .0377] (in full in
    weights/gradients.py), and g1, its transpose, by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

    References
    ----------
    H. Farid and E. P. Simoncelli, "Differentiation of discrete multidimensional signals", IEEE Transactions on
    Image Processing 13(4), 2004.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.farid(numpy.full((5, 5), 7, numpy.uint8)).max()
    np.uint8(0)
    """
    return _gradient(derivative_pair(FARID_DIFFERENCE, FARID_SMOOTHING), axis)


@register_filter("edges", kernel={"axis": 0}, signed=True)
def roberts(*, axis: Axis = None) -> Operation:
    """Roberts cross: edge magnitude or derivative along the diagonals.

    Parameters
    ----------
    axis : {None, 0, 1}, default None
        None: edge magnitude; 0: along the falling diagonal, image[y+1, x+1] - image[y, x]; 1: along the rising
        diagonal, image[y+1, x] - image[y, x+1].

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        As in `imfilter.sobel`.

    Notes
    -----
    g0 = [1 0; 0 -1] and g1 = [0 1; -1 0] by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

    References
    ----------
    L. G. Roberts, "Machine perception of three-dimensional solids", MIT Lincoln Laboratory, 1963.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.roberts(numpy.array([[0, 0, 80, 80]] * 3, numpy.uint8), axis=0)[0]
    array([ 0., 80.,  0.,  0.], dtype=float32)
    """
    return _gradient(ROBERTS, axis, ("axis 0, falling diagonal", "axis 1, rising diagonal"))


@register_filter("edges", shared=SIGNED, signed=True)
def laplace() -> Operation:
    """Laplacian: the difference between each pixel and its four neighbors.

    Notes
    -----
    The kernel is [0 -1 0; -1 4 -1; 0 -1 0], positive in the center as in scikit-image; OpenCV and SciPy have
    the opposite sign.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.laplace(numpy.array([[0, 10, 0]], numpy.uint8))
    array([[-10.,  20., -10.]], dtype=float32)
    """
    return Convolution(LAPLACE, signed=True)


@register_filter("edges")
def kirsch() -> Operation:
    """Kirsch compass edges: the strongest of eight directions.

    Notes
    -----
    The largest of eight convolutions: [5 5 5; -3 0 -3; -3 -3 -3] / 15 with its outer weights rotated by 0, 45, ..., 315
    degrees. On the dark side of a straight step the result is the height of the step, on the bright side 0.6 of it.

    References
    ----------
    R. A. Kirsch, "Computer determination of the constituent structure of biological images", Computers and
    Biomedical Research 4(3), 1971, without the division by 15.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.kirsch(numpy.array([[0, 0, 90, 90]] * 3, numpy.uint8))[1]
    array([ 0, 90, 54,  0], dtype=uint8)
    """
    return StrongestDirection(compass_kernels(), KIRSCH_DIVISOR)


@register_filter("edges", cut=True)
def find_edges() -> Operation:
    """Laplacian edges with all eight neighbors, the FIND_EDGES filter of Pillow.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise. Unsigned integers show pixels brighter than their
        neighborhood; other dtypes have both signs.

    Notes
    -----
    The kernel is [-1 -1 -1; -1 8 -1; -1 -1 -1].

    References
    ----------
    Pillow, ImageFilter.FIND_EDGES, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.find_edges(numpy.array([[0, 0, 50, 50]] * 3, numpy.uint8))[1]
    array([  0,   0, 150,   0], dtype=uint8)
    """
    return Convolution(ring_kernel(8))


@register_filter("edges", cut=True)
def contour() -> Operation:
    """Dark contours on white, the CONTOUR filter of Pillow.

    Notes
    -----
    white + [-1 -1 -1; -1 8 -1; -1 -1 -1] * image. white is the largest number of an integer image's dtype (255 of
    uint8; 2^53 of 64 bits), and 1 for floats.

    References
    ----------
    Pillow, ImageFilter.CONTOUR, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.contour(numpy.array([[0, 0, 50, 50]] * 3, numpy.uint8))[1]
    array([255, 105, 255, 255], dtype=uint8)
    """
    return LevelPlusConvolution(ring_kernel(8), white_level, "white")
