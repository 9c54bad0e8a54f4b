"""Gray morphology: extremes of footprints, one after the other, and their differences."""

from typing import Annotated, Any

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage
from ..engine.footprint import Footprint, footprint_from, mirrored, rectangle
from ..engine.morphology import Extreme, Morphology, prepare_morphology
from ..engine.request import FilterOptions
from ..errors import ImfilterError
from ..weights.footprints import footprint_of
from .operation import Operation, Prepared
from .parameters import Table
from .rank import Size, WindowShape
from .registry import register_filter

Heights = Annotated[Any, Table(2, optional=True)]

# What the docstrings share.
SHAPE = """\
Parameters
----------
size : int or (int, int), default 3
    Rows and columns of the window, in pixels.
footprint : str or (rows, columns) array of bool, default None
    Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
    returns.
heights : (rows, columns) array of float, default None
    Of the footprint's shape, or without one the window itself: subtracted from samples where the smallest is taken, and
    added where the largest is. None: a flat footprint."""


class MorphologyOperation(Operation):
    """Take extremes of windows, and perhaps a difference."""

    def __init__(self, work: Morphology) -> None:
        self.work = work
        if work.second is not None and work.chained:
            # The border of the second step may mirror results of the first, which lie up to its longer side inside.
            rows, columns = (2 * max(before, n - 1 - before) for n, before in zip(*work.first.window[:2], strict=True))
            self.border_reach = rows, columns

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        prepared: Prepared = prepare_morphology(opened, self.work, options)
        return prepared


def element_of(size: Any, footprint: Any, heights: Array | None) -> tuple[Footprint, Array | None]:
    """Return the window of checked parameters, whose center is at (size - 1) // 2, and the heights of its pixels."""
    if footprint is not None:
        shape = footprint_of(footprint)
    elif heights is not None:
        shape = np.ones(heights.shape, bool)
    else:
        return rectangle(size, _find_center(size)), None
    if heights is not None and heights.shape != shape.shape:
        raise ImfilterError(f"heights must have the footprint's shape, which is {shape.shape}, got {heights.shape}")
    return footprint_from(shape, _find_center(shape.shape)), None if heights is None else heights[shape]


def _find_center(size: tuple[int, ...]) -> tuple[int, int]:
    return (size[0] - 1) // 2, (size[1] - 1) // 2


def _erosion(window: Footprint, heights: Array | None) -> Extreme:
    return Extreme(window, False, None if heights is None else 0.0 - heights)


def _dilation(window: Footprint, heights: Array | None) -> Extreme:
    return Extreme(window, True, heights)


def _mirror(window: Footprint, heights: Array | None) -> tuple[Footprint, Array | None]:
    """Return a footprint and its heights turned by half a turn."""
    # Chords are listed from the top down and from the left, so their pixels come in the opposite order.
    return mirrored(window), None if heights is None else np.ascontiguousarray(heights[::-1])


def _opening(size: Any, footprint: Any, heights: Array | None, difference: str = "none") -> Operation:
    element = element_of(size, footprint, heights)
    return MorphologyOperation(
        Morphology(_erosion(*element), _dilation(*_mirror(*element)), difference=difference))


def _closing(size: Any, footprint: Any, heights: Array | None, difference: str = "none") -> Operation:
    element = element_of(size, footprint, heights)
    return MorphologyOperation(
        Morphology(_dilation(*element), _erosion(*_mirror(*element)), difference=difference))


@register_filter("morphology", shared=SHAPE)
def erode(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """Gray erosion: the smallest sample of each footprint; bright regions shrink.

    Notes
    -----
    min over f of p[x + f] - heights[f]. An even size has its center at (size - 1) // 2, as in scikit-image, where
    `minimum` and SciPy have it at size // 2. `mode` may also be 'ignore': pixels outside the image do not count. A
    footprint that contains NaN gives NaN. `cval` is rounded to the image's dtype. Sums with heights are computed in
    floats, then rounded to the result's dtype and saturated.

    Footprints, borders and centers of all these filters are those of skimage.morphology in scikit-image 0.26, whose
    default footprint is a cross. Its version 2 (module skimage2) announces mode 'ignore' as its default, and a dilation
    that mirrors the footprint: pass `mode="ignore"`, and `footprint[::-1, ::-1]` where the footprint is not symmetric.

    References
    ----------
    J. Serra, "Image Analysis and Mathematical Morphology", Academic Press, 1982.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.erode(numpy.array([[9, 9, 5, 9, 9, 9]], numpy.uint8), (1, 3))
    array([[9, 5, 5, 5, 9, 9]], dtype=uint8)
    """
    return MorphologyOperation(Morphology(_erosion(*element_of(size, footprint, heights))))


@register_filter("morphology", shared=SHAPE)
def dilate(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """Gray dilation: the largest sample of each footprint; bright regions grow.

    Notes
    -----
    max over f of p[x + f] + heights[f]: as in scikit-image 0.26, the footprint is not mirrored; in SciPy, and in
    scikit-image's version 2, it is. Else as `erode`.

    References
    ----------
    As in `imfilter.erode`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.dilate(numpy.array([[0, 0, 5, 0, 0, 0]], numpy.uint8), (1, 3))
    array([[0, 5, 5, 5, 0, 0]], dtype=uint8)
    """
    return MorphologyOperation(Morphology(_dilation(*element_of(size, footprint, heights))))


@register_filter("morphology", shared=SHAPE)
def opening(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """Gray opening: remove bright details that the footprint does not fit into.

    Notes
    -----
    Erosion, then dilation by the mirrored footprint. The border mode is that of both steps: for the second, the eroded
    image continues beyond its edges as `mode` says. Only 'ignore' keeps the result below the image everywhere. Else as
    `erode`; what is between the steps is not rounded to integers and not saturated where there are heights.

    References
    ----------
    As in `imfilter.erode`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.opening(numpy.array([[1, 9, 1, 1, 7, 7, 7, 1]], numpy.uint8), (1, 3))
    array([[1, 1, 1, 1, 7, 7, 7, 1]], dtype=uint8)
    """
    return _opening(size, footprint, heights)


@register_filter("morphology", shared=SHAPE)
def closing(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """Gray closing: fill dark details that the footprint does not fit into.

    Notes
    -----
    Dilation, then erosion by the mirrored footprint. Else as `opening`.

    References
    ----------
    As in `imfilter.erode`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.closing(numpy.array([[9, 1, 9, 9, 3, 3, 3, 9]], numpy.uint8), (1, 3))
    array([[9, 9, 9, 9, 3, 3, 3, 9]], dtype=uint8)
    """
    return _closing(size, footprint, heights)


@register_filter("morphology", own_sign=True, shared=SHAPE)
def morphological_gradient(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """Morphological gradient: the largest sample of each footprint minus the smallest.

    Notes
    -----
    The dilation minus the erosion; differences of integers are saturated. Else as `erode`.

    References
    ----------
    J.-F. Rivest, P. Soille and S. Beucher, "Morphological gradients", Journal of Electronic Imaging 2, 1993.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.morphological_gradient(numpy.array([[0, 0, 5, 9, 9, 9]], numpy.uint8), (1, 3))
    array([[0, 5, 9, 4, 0, 0]], dtype=uint8)
    """
    element = element_of(size, footprint, heights)
    return MorphologyOperation(Morphology(_erosion(*element), _dilation(*element), False, "of extremes"))


@register_filter("morphology", own_sign=True, shared=SHAPE)
def white_tophat(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """White top-hat: bright details that the footprint does not fit into.

    Notes
    -----
    The image minus its opening; differences of integers are saturated, so unsigned ones do not wrap. Else as `opening`.

    References
    ----------
    As in `imfilter.erode`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.white_tophat(numpy.array([[1, 9, 1, 1, 7, 7, 7, 1]], numpy.uint8), (1, 3))
    array([[0, 8, 0, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    return _opening(size, footprint, heights, "from image")


@register_filter("morphology", own_sign=True, shared=SHAPE)
def black_tophat(size: Size = 3, footprint: WindowShape = None, heights: Heights = None) -> Operation:
    """Black top-hat (bottom-hat): dark details that the footprint does not fit into.

    Notes
    -----
    The closing minus the image; differences of integers are saturated, so unsigned ones do not wrap. Else as `opening`.

    References
    ----------
    As in `imfilter.erode`.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.black_tophat(numpy.array([[9, 1, 9, 9, 3, 3, 3, 9]], numpy.uint8), (1, 3))
    array([[0, 8, 0, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    return _closing(size, footprint, heights, "of image")
