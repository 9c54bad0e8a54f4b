"""Replacements for SciPy's sobel, prewitt and laplace, and how its derivatives along both axes are joined."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.line_sums import Sums, Window, cut_strips, line_window
from ...runtime.threads import for_each
from .arguments import (
    Borders,
    Output,
    need,
    open_image,
    parse_axes,
    parse_axis,
    parse_borders,
    parse_number,
    replaces_scipy,
)
from .lines import compute_sums

DIFFERENCE = np.array([-1.0, 0, 1])
SECOND_DIFFERENCE = np.array([1.0, -2, 1])
BYTE_ROOTS = np.sqrt(np.arange(256)).astype(np.uint8)
SMOOTHING = {"sobel": np.array([1.0, 2, 1]), "prewitt": np.array([1.0, 1, 1])}


def add_up(total: Array, more: Array) -> None:
    """Add the derivative along the second axis."""
    total += more


def add_squares(total: Array, more: Array) -> None:
    """Replace two derivatives by the magnitude of their vector."""
    np.multiply(total, total, total)
    np.multiply(more, more, more)
    total += more
    if total.dtype == np.uint8:  # whose roots NumPy takes in half precision, slowly
        total[...] = BYTE_ROOTS[total]
    else:
        np.sqrt(total, total, casting="unsafe")


def combine_sums(
    image: Array, terms: list[tuple[list[Window], Borders]], cval: float, output: Output,
    join: Callable[[Array, Array], object],
) -> Array:
    """Compute two sums of windows and join them, strip by strip."""
    need(not output.overlaps(image), "an output that does not overlap the image")  # SciPy reads what it has written
    out = output.room(image)
    first, second = (Sums(image, passes, borders, cval, output.dtype) for passes, borders in terms)

    handling = np.geterr()  # which threads of the pool would not have

    def compute_strip(rows: slice) -> None:
        more = np.empty((rows.stop - rows.start, out.shape[1]), out.dtype)
        first.compute(rows, out[rows])
        second.compute(rows, more)
        with np.errstate(**handling):
            join(out[rows], more)

    for_each(compute_strip, cut_strips(*out.shape), least=2)
    return output.finish(out)


def _derive(name: str, input: Any, axis: Any, output: Any, mode: Any, cval: Any) -> Array:
    image = open_image(input)
    into, place = Output(output, image), parse_axis(axis)
    passes = [line_window(DIFFERENCE, place, 0), line_window(SMOOTHING[name], 1 - place, 0)]
    return compute_sums(image, passes, parse_borders(mode, (0, 1)), parse_number(cval, "a real cval"), into)


@replaces_scipy
def sobel(input: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Take the Sobel derivative along an axis, as scipy.ndimage.sobel does.

    Parameters
    ----------
    input, axis, output, cval
        As in `correlate1d`.
    mode : str or (str, str), default 'reflect'
        As in `correlate1d`, for both axes or one each.

    Returns
    -------
    (H, W) array
        [-1 0 1] along the axis, then [1 2 1] along the other. The results of bytes wrap around: pass floats, or
        output=float.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.sobel(numpy.array([[0, 0, 5, 5]]))
    array([[ 0, 20, 20,  0]])
    """
    return _derive("sobel", input, axis, output, mode, cval)


@replaces_scipy
def prewitt(input: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Take the Prewitt derivative along an axis, as scipy.ndimage.prewitt does.

    Parameters and result are those of `sobel`, with [1 1 1] in place of [1 2 1].

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.prewitt(numpy.array([[0, 0, 5, 5]]))
    array([[ 0, 15, 15,  0]])
    """
    return _derive("prewitt", input, axis, output, mode, cval)


@replaces_scipy
def laplace(input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None) -> Any:
    """Take the Laplacian, as scipy.ndimage.laplace does.

    Parameters
    ----------
    input, output, cval
        As in `correlate1d`.
    mode : str or (str, str), default 'reflect'
        As in `correlate1d`, for both axes or one each.
    axes : tuple of int, optional
        Both axes are computed here.

    Returns
    -------
    (H, W) array
        Sum of [1 -2 1] along both axes.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.laplace(numpy.array([[0, 0, 5, 5]]))
    array([[ 0,  5, -5,  0]])
    """
    image = open_image(input)
    into, along = Output(output, image), parse_axes(axes)
    need(along == (0, 1), "both axes")
    borders = parse_borders(mode, along)
    terms = [([line_window(SECOND_DIFFERENCE, axis, 0)], borders) for axis in along]
    return combine_sums(image, terms, parse_number(cval, "a real cval"), into, add_up)
