"""Rank filters: a sample of each window."""

from typing import Annotated, Any

from ..arrays.opened import OpenedImage, open_image
from ..engine import rank as ranks
from ..engine.footprint import Footprint, footprint_from, rectangle
from ..engine.rank import Selection
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


class SampleOfWindow(Operation):
    """Take the sample of each window that a percentage of them lie below, of those that count if there is a mask."""

    def __init__(self, window: Footprint, percent: float) -> None:
        self.selection = Selection(window, percent)

    def apply(self, image: Any, options: FilterOptions) -> Any:
        if options.mask is None:
            return super().apply(image, options)
        from ..engine.masked_rank import select_counted  # for masks alone

        opened = open_image(image, options.channel_axis)
        return opened.convert_back(select_counted(opened, self.selection, options))

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return ranks.prepare_rank(opened, self.selection.window, self.selection.rank, options)


@register_filter("rank", selects=True, shared=SAMPLES)
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

    With a mask, only samples whose weight is above 0 count, and n is their number in each window: mask="nan" leaves out
    NaN. Weights that differ give the weighted median, the smallest sample such that it and those below it have more
    than half of the window's weight. Pixels beyond the border have the weights of the pixels that they repeat; `cval`
    counts as much as the largest weight, and not at all if it is NaN. A window in which nothing counts gives NaN, or 0
    for integers. Alpha of Pillow images is kept, and is no mask.

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
    >>> imfilter.median([[1.0, numpy.nan, 3.0, 8.0, numpy.nan]], (1, 3), mask="nan")
    array([[1., 3., 8., 8., 8.]])
    >>> imfilter.median([[1.0, 2.0, 3.0, 8.0, 9.0]], (1, 3), mask=[[1.0, 0.2, 0.2, 1.0, 0.2]])
    array([[1., 1., 8., 8., 8.]])
    """
    return SampleOfWindow(window_of(size, footprint), 50)


@register_filter("rank", selects=True, shared=EXTREME)
def minimum(size: Size = 3, footprint: WindowShape = None) -> Operation:
    """Minimum filter (erosion): the darkest sample of each window.

    Notes
    -----
    An even size has its center at size // 2. A window that contains NaN gives NaN. `cval` is rounded to the image's
    dtype. With a mask, only samples whose weight is above 0 count, as in `imfilter.median`.

    References
    ----------
    M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels",
    Pattern Recognition Letters 13, 1992.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.minimum(numpy.array([[9, 9, 5, 9, 9, 9]], numpy.uint8), (1, 3))
    array([[9, 5, 5, 5, 9, 9]], dtype=uint8)
    >>> imfilter.minimum([[9.0, 5.0, numpy.nan, 7.0, numpy.nan]], (1, 3), mask="nan")
    array([[5., 5., 5., 7., 7.]])
    """
    return SampleOfWindow(window_of(size, footprint), 0)


@register_filter("rank", selects=True, shared=EXTREME)
def maximum(size: Size = 3, footprint: WindowShape = None) -> Operation:
    """Maximum filter (dilation): the brightest sample of each window.

    Notes
    -----
    An even size has its center at size // 2. A window that contains NaN gives NaN. `cval` is rounded to the image's
    dtype. With a mask, only samples whose weight is above 0 count, as in `imfilter.median`.

    References
    ----------
    As in `imfilter.minimum`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.maximum(numpy.array([[0, 0, 5, 0, 0, 0]], numpy.uint8), (1, 3))
    array([[0, 5, 5, 5, 0, 0]], dtype=uint8)
    >>> imfilter.maximum([[0.0, 5.0, numpy.nan, 3.0, numpy.nan]], (1, 3), mask="nan")
    array([[5., 5., 5., 3., 3.]])
    """
    return SampleOfWindow(window_of(size, footprint), 100)


@register_filter("rank", selects=True, shared=SAMPLES)
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

    With a mask, only samples whose weight is above 0 count, as in `imfilter.median`. Weights that differ give the
    smallest sample such that it and those below it have more than percent / 100 of the window's weight; 0 and 100 give
    the extremes of all that count.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.percentile(numpy.array([[1, 2, 3, 4, 5]], numpy.uint8), 25, (1, 5))
    array([[1, 1, 2, 3, 4]], dtype=uint8)
    >>> imfilter.percentile([[1.0, 2.0, numpy.nan, 4.0, 5.0]], 25, (1, 5), mask="nan")
    array([[1., 1., 2., 4., 4.]])
    >>> imfilter.percentile([[1.0, 2.0, 3.0, 4.0, 5.0]], 25, (1, 5), mask=[[1, 9, 9, 9, 1]])
    array([[2., 2., 2., 2., 3.]])
    """
    return SampleOfWindow(window_of(size, footprint), percent)
