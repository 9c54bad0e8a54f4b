"""Replacements for SciPy's gray morphology with flat windows; weighed ones (structure) are left to SciPy."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ..differences import subtract
from .arguments import Output, need, replaces_scipy
from .windows import Selection, check_output, open_selection, select


def _erode(selection: Selection, dtype: np.dtype[Any] | None = None) -> Array:
    return select(selection, 0, dtype)


def _dilate(selection: Selection, dtype: np.dtype[Any] | None = None) -> Array:
    return select(selection.mirrored(), -1, dtype)


def _open(
    input: Any, size: Any, footprint: Any, structure: Any, output: Any, mode: Any, cval: Any, origin: Any, axes: Any
) -> tuple[Selection, Output]:
    """Return the windows of an erosion, and where the result goes."""
    need(structure is None and (size is None or footprint is None), "a size or a footprint, and no structure")
    selection = open_selection(input, size, footprint, mode, cval, origin, axes)
    into = Output(output, selection.image)
    check_output(selection, into, cval)
    return selection, into


@replaces_scipy
def grey_erosion(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take the smallest sample of each window, as scipy.ndimage.grey_erosion does.

    Parameters
    ----------
    input, size, footprint, output, cval, origin, axes
        As in `median_filter`.
    structure : array, optional
        Windows with heights are left to SciPy.
    mode : str or (str, str), default 'reflect'
        As in `correlate1d`; a full window may have one per axis.

    Returns
    -------
    (H, W) array
        In the image's dtype, or that of output.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.grey_erosion(numpy.array([[1, 9, 5, 2]]), (1, 3))
    array([[1, 1, 2, 2]])
    """
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    return into.finish(_erode(selection, into.dtype))


@replaces_scipy
def grey_dilation(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take the largest sample of each mirrored window, as scipy.ndimage.grey_dilation does.

    Parameters and result are those of `grey_erosion`; the window is turned by half a turn around its pixel.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.grey_dilation(numpy.array([[1, 9, 5, 2]]), (1, 3))
    array([[9, 9, 9, 5]])
    """
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    return into.finish(_dilate(selection, into.dtype))


@replaces_scipy
def grey_opening(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Remove bright details: erode, then dilate, as scipy.ndimage.grey_opening does.

    Parameters and result are those of `grey_erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.grey_opening(numpy.array([[1, 9, 5, 5, 5]]), (1, 3))
    array([[1, 5, 5, 5, 5]])
    """
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    return into.finish(_dilate(selection.of(_erode(selection)), into.dtype))


@replaces_scipy
def grey_closing(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Remove dark details: dilate, then erode, as scipy.ndimage.grey_closing does.

    Parameters and result are those of `grey_erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.grey_closing(numpy.array([[5, 1, 5, 5, 5]]), (1, 3))
    array([[5, 5, 5, 5, 5]])
    """
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    return into.finish(_erode(selection.of(_dilate(selection)), into.dtype))


@replaces_scipy
def morphological_gradient(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Find edges: dilation minus erosion, as scipy.ndimage.morphological_gradient does.

    Parameters are those of `grey_erosion`; SciPy ignores an output that is a dtype.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.morphological_gradient(numpy.array([[1, 1, 5, 5]]), (1, 3))
    array([[0, 4, 4, 0]])
    """
    need(output is None or isinstance(output, np.ndarray), "an output that is an array")
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    largest, smallest = _dilate(selection), _erode(selection, into.dtype)
    return into.finish(np.subtract(largest, smallest, smallest))


@replaces_scipy
def morphological_laplace(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Take dilation plus erosion minus twice the image, as scipy.ndimage.morphological_laplace does.

    Parameters are those of `grey_erosion`; SciPy ignores an output that is a dtype.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.morphological_laplace(numpy.array([[1, 1, 5, 5]]), (1, 3))
    array([[ 0,  4, -4,  0]])
    """
    need(output is None or isinstance(output, np.ndarray), "an output that is an array")
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    need(not into.overlaps(selection.image), "an output that does not overlap the image")
    largest, result = _dilate(selection), _erode(selection, into.dtype)
    np.add(largest, result, result)
    np.subtract(result, selection.image, result)
    return into.finish(np.subtract(result, selection.image, result))


@replaces_scipy
def white_tophat(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Keep bright details: the image minus its opening, as scipy.ndimage.white_tophat does.

    Parameters and result are those of `grey_erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.white_tophat(numpy.array([[1, 9, 5, 5, 5]]), (1, 3))
    array([[0, 4, 0, 0, 0]])
    """
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    need(not into.overlaps(selection.image), "an output that does not overlap the image")
    opened = _dilate(selection.of(_erode(selection)), into.dtype)
    return into.finish(subtract(selection.image, opened, opened))


@replaces_scipy
def black_tophat(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:
    """Keep dark details: the closing minus the image, as scipy.ndimage.black_tophat does.

    Parameters and result are those of `grey_erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.black_tophat(numpy.array([[5, 1, 5, 5, 5]]), (1, 3))
    array([[0, 4, 0, 0, 0]])
    """
    selection, into = _open(input, size, footprint, structure, output, mode, cval, origin, axes)
    need(not into.overlaps(selection.image), "an output that does not overlap the image")
    closed = _erode(selection.of(_dilate(selection)), into.dtype)
    return into.finish(subtract(closed, selection.image, closed))
