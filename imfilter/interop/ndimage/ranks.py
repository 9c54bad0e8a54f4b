"""Replacements for SciPy's rank filters: median, percentile, rank, minimum and maximum."""
from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .arguments import Output, need, parse_axis, parse_integer, parse_number, replaces_scipy
from .windows import check_output, open_selection, select


def _filter_ranks(
    input: Any, choose_rank: Callable[[int], int], size: Any, footprint: Any, output: Any, mode: Any, cval: Any,
    origin: Any, axes: Any,
) -> Any:
    """Take the sample of the rank that is chosen for a number of samples."""
    selection = open_selection(input, size, footprint, mode, cval, origin, axes)
    into, count = Output(output, selection.image), selection.window.samples
    rank = choose_rank(count)
    need(0 <= rank < count, "a rank within the window")
    if 0 < rank < count - 1:
        need(isinstance(mode, str), "one mode")
    check_output(selection, into, cval)
    if size is not None and footprint is not None:
        warnings.warn("ignoring size because footprint is set", UserWarning, stacklevel=4)  # where the caller is
    return into.finish(select(selection, rank, into.dtype))


@replaces_scipy
def median_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take the median of each window, as scipy.ndimage.median_filter does.

    Parameters
    ----------
    input : (H, W) array
        Booleans, integers and floats of 32 and 64 bits, without NaN.
    size : int or (int, int), optional
        Rows and columns of the window.
    footprint : (rows, columns) array of bool, optional
        Which pixels of a window count, instead of size.
    output : array or dtype, optional
        Array to write to, or the dtype of the result. Default: the image's dtype.
    mode : str, default 'reflect'
        As in `correlate1d`.
    cval : float, default 0.0
        Sample beyond the border when mode is 'constant'.
    origin : int or (int, int), default 0
        Shift of the window, down and across.
    axes : int or tuple of int, optional
        Axes of the window. Default: both.

    Returns
    -------
    (H, W) array
        Of an even number of samples, the higher one of the two in the middle.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.median_filter(numpy.array([[1, 9, 1, 2]]), 3)
    array([[1, 1, 2, 2]])
    """
    return _filter_ranks(input, lambda count: count // 2, size, footprint, output, mode, cval, origin, axes)


@replaces_scipy
def percentile_filter(
    input: Any, percentile: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take a percentile of each window, as scipy.ndimage.percentile_filter does.

    Parameters and result are those of `median_filter`. percentile: from 0 to 100; -20 means 80. The result is the
    sample with rank int(n percentile / 100) among n, counted from 0.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.percentile_filter(numpy.array([[1, 9, 1, 2]]), 90, (1, 3))
    array([[9, 9, 9, 2]])
    """
    share = parse_number(percentile, "a percentile from -100 to 100")
    need(-100 <= share <= 100, "a percentile from -100 to 100")
    if share < 0:
        share += 100.0

    def choose_rank(count: int) -> int:
        return count - 1 if share == 100 else int(float(count) * share / 100.0)

    return _filter_ranks(input, choose_rank, size, footprint, output, mode, cval, origin, axes)


@replaces_scipy
def rank_filter(
    input: Any, rank: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take the sample of a rank in each window, as scipy.ndimage.rank_filter does.

    Parameters and result are those of `median_filter`. rank: counted from 0 for the smallest; -1 is the largest.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.rank_filter(numpy.array([[1, 9, 1, 2]]), 1, (1, 3))
    array([[1, 1, 2, 2]])
    """
    number = operator.index(rank)
    return _filter_ranks(input, lambda count: number + count if number < 0 else number, size, footprint, output, mode,
                         cval, origin, axes)


@replaces_scipy
def minimum_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take the smallest sample of each window, as scipy.ndimage.minimum_filter does.

    Parameters are those of `median_filter`; a full window may have one mode per axis.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.minimum_filter(numpy.array([[1, 9, 5, 2]]), (1, 2))
    array([[1, 1, 5, 2]])
    """
    return _filter_ranks(input, lambda _: 0, size, footprint, output, mode, cval, origin, axes)


@replaces_scipy
def maximum_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take the largest sample of each window, as scipy.ndimage.maximum_filter does.

    Parameters are those of `minimum_filter`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.maximum_filter(numpy.array([[1, 9, 5, 2]]), (1, 2))
    array([[1, 9, 9, 5]])
    """
    return _filter_ranks(input, lambda count: count - 1, size, footprint, output, mode, cval, origin, axes)


def _filter_line(
    input: Any, size: Any, axis: Any, output: Any, mode: Any, cval: Any, origin: Any, largest: bool
) -> Any:
    number = parse_integer(size, "integer sizes")
    need(number > 1 and isinstance(mode, str), "a size above 1, and one mode")
    shape = (1, number) if parse_axis(axis) else (number, 1)
    selection = open_selection(input, None, np.broadcast_to(np.True_, shape), mode, cval,
                               [0 if side == 1 else origin for side in shape], None)
    into = Output(output, selection.image)
    check_output(selection, into, cval)
    return into.finish(select(selection, -1 if largest else 0, into.dtype))


@replaces_scipy
def minimum_filter1d(
    input: Any, size: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0
) -> Any:
    """Take the smallest sample along an axis, as scipy.ndimage.minimum_filter1d does.

    Parameters are those of `median_filter`, with size pixels along axis.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.minimum_filter1d(numpy.array([[1, 9, 5, 2]]), 2)
    array([[1, 1, 5, 2]])
    """
    return _filter_line(input, size, axis, output, mode, cval, origin, False)


@replaces_scipy
def maximum_filter1d(
    input: Any, size: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0
) -> Any:
    """Take the largest sample along an axis, as scipy.ndimage.maximum_filter1d does.

    Parameters are those of `minimum_filter1d`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.maximum_filter1d(numpy.array([[1, 9, 5, 2]]), 2)
    array([[1, 9, 9, 5]])
    """
    return _filter_line(input, size, axis, output, mode, cval, origin, True)
