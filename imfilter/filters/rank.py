"""Rank filters: a sample of each window."""

from typing import Annotated, Any

from ..arrays.opened import OpenedImage
from ..engine import rank as ranks
from ..engine.footprint import Footprint, footprint_from, rectangle
from ..engine.request import FilterOptions
from ..weights.footprints import footprint_of
from .operation import Operation, Prepared
from .parameters import Integer, Number, Pair, Shape
from .registry import register_filter

Size = Annotated[int | tuple[int, int], Pair(Integer(1))]

WindowShape = Annotated[Any, Shape()]

# What docstrings share.
SAMPLES = """\
Returns
-------
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    Samples of the image, in its dtype unless `dtype` says otherwise."""
EXTREME = """\
Parameters
----------
size : int or (int, int), default 3
    Rows and columns of the window, in pixels. Any size takes about as long.
footprint : str or (rows, columns) array of bool, default None
    Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
    returns.

""" + SAMPLES


def window_of(size: Any, footprint: Any) -> Footprint:
    """Return the window of checked parameters: the footprint if there is one, else the rectangle of that size."""
    if footprint is None:
        return rectangle(size)
    return footprint_from(footprint_of(footprint))


class RankOfWindow(Operation):
    """Take the rank-th smallest sample of each window, from 0 on."""

    def __init__(self, window: Footprint, rank: int) -> None:
        self.window, self.rank = window, rank

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return ranks.prepare_rank(opened, self.window, self.rank, options)


class ExtremeOfWindow(Operation):
    """Take the largest or the smallest sample of each window."""

    def __init__(self, window: Footprint, largest: bool) -> None:
        self.window, self.largest = window, largest

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return ranks.prepare_extreme(opened, self.window, self.largest, options)


@register_filter("rank", shared=SAMPLES)
def median(size: Size = 3, footprint: WindowShape = None) -> Operation:
    """Median filter: remove specks, preserve edges.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns of the window, in pixels; 3 is a radius of 1.
    footprint : str or (rows, columns) array of bool, default None
        Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
        returns.

    Notes
    -----
    The sample at index n // 2 of the n sorted samples of a window, as in scipy.ndimage: with an even number, the
    upper of the two in the middle. An even size has its center at size // 2. A window that contains NaN gives NaN.
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
    window = window_of(size, footprint)
    return RankOfWindow(window, window.samples // 2)


@register_filter("rank", shared=EXTREME)
def minimum(size: Size = 3, footprint: WindowShape = None) -> Operation:
    """Minimum filter (erosion): the darkest sample of each window.

    Notes
    -----
    An even size has its center at size // 2. A window that contains NaN gives NaN. `cval` is rounded to the image's
    dtype.

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
    return ExtremeOfWindow(window_of(size, footprint), largest=False)


@register_filter("rank", shared=EXTREME)
def maximum(size: Size = 3, footprint: WindowShape = None) -> Operation:
    """Maximum filter (dilation): the brightest sample of each window.

    Notes
    -----
    An even size has its center at size // 2. A window that contains NaN gives NaN. `cval` is rounded to the image's
    dtype.

    References
    ----------
    As in `imfilter.minimum`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.maximum(numpy.array([[0, 0, 5, 0, 0, 0]], numpy.uint8), (1, 3))
    array([[0, 5, 5, 5, 0, 0]], dtype=uint8)
    """
    return ExtremeOfWindow(window_of(size, footprint), largest=True)


@register_filter("rank", shared=SAMPLES)
def percentile(
    percent: Annotated[float, Number(least=0, most=100)] = 50.0, size: Size = 3, footprint: WindowShape = None,
) -> Operation:
    """Percentile filter: replace each pixel by a percentile of its neighborhood.

    Parameters
    ----------
    percent : float, default 50.0
        Which sample, from 0, the darkest, to 100, the brightest.
    size : int or (int, int), default 3
        Rows and columns of the window, in pixels.
    footprint : str or (rows, columns) array of bool, default None
        Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
        returns.

    Notes
    -----
    The sample at index int(n percent / 100) of the n sorted samples of a window, the last for 100, as in
    scipy.ndimage: samples are not interpolated. A window that contains NaN gives NaN. `cval` is rounded to the image's
    dtype.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.percentile(numpy.array([[1, 2, 3, 4, 5]], numpy.uint8), 25, (1, 5))
    array([[1, 1, 2, 3, 4]], dtype=uint8)
    """
    window = window_of(size, footprint)
    samples = window.samples
    part, whole = (percent / 100).as_integer_ratio()
    rank = samples * part // whole if samples > 2**53 else int(float(samples) * percent / 100)
    return RankOfWindow(window, min(rank, samples - 1))
