"""Edges: derivatives of the image. A constant image gives 0."""

from collections.abc import Callable
from typing import Annotated, Any, Unpack

import numpy as np

from .. import kernels
from ..arrays.conversion import as_array, pixels_of, to_input_type
from ..arrays.dtypes import Array, result_dtype, supported_dtype
from ..convolution import convolve, magnitude
from ..kernels.edges import KIRSCH_SCALE, compass
from .combine import combine
from .parameters import Choice
from .registry import Common, preset
from .sample_range import white_level

__all__ = ["contour", "farid", "find_edges", "kirsch", "laplace", "prewitt", "roberts", "scharr", "sobel"]

Axis = Annotated[int | None, Choice((None, 0, 1))]


def _signed(axis: int | None) -> bool:
    return axis is not None


def _gradient(image: Any, kernel: Callable[[int], Array], axis: int | None, common: Any) -> Any:
    """Return one of two derivatives, or the root of the mean of their squares."""
    if axis is not None:
        return convolve(image, kernel(axis), **common)
    return magnitude(image, kernel(0), kernel(1), **common)


@preset("edges", signed=_signed)
def sobel(image: Any, *, axis: Axis = None, **common: Unpack[Common]) -> Any:
    """Show edges by the Sobel gradient, smoothed by 1 2 1.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    axis : {None, 0, 1}, default None
        None: strength of the edges; 0 or 1: signed change from top to bottom or from left to right.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        The magnitude in the image's dtype; a signed change as float32 for integer images; unless `dtype` says
        otherwise.

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
    return _gradient(image, kernels.sobel, axis, common)


@preset("edges", signed=_signed)
def scharr(image: Any, *, axis: Axis = None, **common: Unpack[Common]) -> Any:
    """Show edges by the Scharr gradient, even in all directions.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    axis : {None, 0, 1}, default None
        None: strength of the edges; 0 or 1: signed change from top to bottom or from left to right.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        As `imfilter.sobel` gives it.

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
    return _gradient(image, kernels.scharr, axis, common)


@preset("edges", signed=_signed)
def prewitt(image: Any, *, axis: Axis = None, **common: Unpack[Common]) -> Any:
    """Show edges by the Prewitt gradient, smoothed by 1 1 1.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    axis : {None, 0, 1}, default None
        None: strength of the edges; 0 or 1: signed change from top to bottom or from left to right.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        As `imfilter.sobel` gives it.

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
    return _gradient(image, kernels.prewitt, axis, common)


@preset("edges", signed=_signed)
def farid(image: Any, *, axis: Axis = None, **common: Unpack[Common]) -> Any:
    """Show edges by the 5 x 5 gradient of Farid and Simoncelli.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    axis : {None, 0, 1}, default None
        None: strength of the edges; 0 or 1: signed change from top to bottom or from left to right.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        As `imfilter.sobel` gives it.

    Notes
    -----
    g0 = d' x p with d = [.1096 .2767 0 -.2767 -.1096] and p = [.0377 .2492 .4264 .2492 .0377] (in full in
    kernels/edges.py), and g1, its transpose, by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

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
    return _gradient(image, kernels.farid, axis, common)


@preset("edges", signed=_signed)
def roberts(image: Any, *, axis: Axis = None, **common: Unpack[Common]) -> Any:
    """Show edges by differences along diagonals.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    axis : {None, 0, 1}, default None
        None: strength of the edges; 0: along the falling diagonal, image[y+1, x+1] - image[y, x]; 1: along the
        rising one, image[y+1, x] - image[y, x+1].

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        As `imfilter.sobel` gives it.

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
    return _gradient(image, kernels.roberts, axis, common)


@preset("edges", signed=lambda: True)
def laplace(image: Any, **common: Unpack[Common]) -> Any:
    """Show how pixels differ from their four neighbors.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Signed: float32 for integer images unless `dtype` says otherwise.

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
    return convolve(image, kernels.laplace(), **common)


@preset("edges")
def kirsch(image: Any, **common: Unpack[Common]) -> Any:
    """Show edges by the strongest of eight directions.

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
    The largest of eight convolutions: [5 5 5; -3 0 -3; -3 -3 -3] / 15 with its outer weights turned by 0, 45, ..., 315
    degrees. On the dark side of a straight step it is the height of the step, on the bright side 0.6 of it.

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
    kind = as_array(image).dtype
    in_bytes = kind == np.uint8 == result_dtype(kind, common["dtype"])
    return combine(image, lambda pixels, **options: _strongest(pixels, in_bytes, **options), **common)


def _strongest(pixels: Array, in_bytes: bool, *, dtype: Any, **options: Any) -> Array:
    """Return the largest response of the compass kernels, rounded to bytes where that is asked for."""
    # Sums of bytes are whole numbers up to 15 * 255, in half the memory of floats.
    border = options["cval"] if options["mode"] == "constant" else 0
    small = pixels.dtype in (np.uint8, np.bool_) and border in range(256)
    first, *others = compass()
    strongest: Array = convolve(pixels, first, dtype=np.int16 if small else dtype, **options)
    response = np.empty_like(strongest)
    for kernel in others:
        convolve(pixels, kernel, dtype=strongest.dtype, out=response, **options)
        np.maximum(strongest, response, out=strongest)
    if small and in_bytes:  # the largest of numbers that sum to 0 is none below, and no fifteenth is half a level
        levels = strongest.view(np.uint16)
        levels += 7
        levels //= 15
        return levels.astype(np.uint8)
    scaled: Array = np.multiply(strongest, KIRSCH_SCALE, dtype=dtype)
    return scaled


@preset("edges", cut=True)
def find_edges(image: Any, **common: Unpack[Common]) -> Any:
    """Show the bright side of edges, as Pillow's FIND_EDGES does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise: unsigned integers show what is brighter than its
        surroundings, all others have both signs.

    Notes
    -----
    The kernel is [-1 -1 -1; -1 8 -1; -1 -1 -1].

    References
    ----------
    Pillow, ImageFilter.FIND_EDGES, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.find_edges(numpy.array([[0, 0, 50, 50]] * 3, numpy.uint8))[1]
    array([  0,   0, 150,   0], dtype=uint8)
    """
    return convolve(image, kernels.find_edges(), **common)


@preset("edges", cut=True)
def contour(image: Any, **common: Unpack[Common]) -> Any:
    """Draw the dark side of edges on white, as Pillow's CONTOUR does.

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
    white + [-1 -1 -1; -1 8 -1; -1 -1 -1] * image. white is the largest number of an integer image's dtype (255 of
    uint8; 2^53 of 64 bits), and 1 for floats.

    References
    ----------
    Pillow, ImageFilter.CONTOUR, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.contour(numpy.array([[0, 0, 50, 50]] * 3, numpy.uint8))[1]
    array([255, 105, 255, 255], dtype=uint8)
    """
    pixels = pixels_of(image, common["channel_axis"])
    kind, paper = supported_dtype(pixels.dtype), white_level(pixels.dtype)
    if kind.kind == "u" and kind.itemsize < 8 and result_dtype(kind, common["dtype"]) == kind:
        # What is cut off below black is all that is drawn: white less the turned kernel's result, in one pass.
        drawing: Array = convolve(pixels, -kernels.find_edges(), **common)
        return to_input_type(image, np.invert(drawing, out=drawing))

    def drawn(pixels: Array, **options: Any) -> Array:
        lines: Array = convolve(pixels, kernels.find_edges(), **options)
        return np.add(lines, paper, out=lines)

    return combine(image, drawn, **common)
