"""Replacements for SciPy's running means: uniform_filter and uniform_filter1d."""
from __future__ import annotations

from typing import Any

from ...arrays.dtypes import Array
from ...engine.line_sums import slide_means
from .arguments import (
    LONGEST,
    Borders,
    Output,
    need,
    open_image,
    parse_axes,
    parse_axis,
    parse_border,
    parse_borders,
    parse_integer,
    parse_number,
    parse_origin,
    per_axis,
    replaces_scipy,
)


def parse_size(size: Any) -> int:
    number = parse_integer(size, "integer sizes")
    need(1 <= number <= LONGEST, f"sizes from 1 to {LONGEST}")
    return number


def _compute_means(
    image: Array, sizes: list[int], origins: list[int], borders: Borders, cval: Any, output: Output
) -> Array:
    out = output.room(image)
    slide_means(image, (sizes[0], sizes[1]), (origins[0], origins[1]), borders, parse_number(cval, "a real cval"), out)
    return output.finish(out)


@replaces_scipy
def uniform_filter1d(
    input: Any, size: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0
) -> Any:
    """Take means along an axis, as scipy.ndimage.uniform_filter1d does.

    Parameters
    ----------
    input, axis, output, mode, cval, origin
        As in `correlate1d`.
    size : int
        Pixels of a mean.

    Returns
    -------
    (H, W) array
        Running sums in double precision, divided by size and cast as C does: integers lose their fraction. A NaN stays
        in the sum to the end of its line, as it does in SciPy.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.uniform_filter1d(numpy.array([[2, 8, 0, 5]]), 3)
    array([[4, 3, 4, 3]])
    """
    image = open_image(input)
    into, place, number = Output(output, image), parse_axis(axis), parse_size(size)
    need(number > 1, "a size above 1")
    sizes, origins = [1, 1], [0, 0]
    sizes[place], origins[place] = number, parse_origin(origin, number)
    border = parse_border(mode)
    return _compute_means(image, sizes, origins, (border, border), cval, into)


@replaces_scipy
def uniform_filter(
    input: Any, size: Any = 3, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:
    """Take means of rectangles, as scipy.ndimage.uniform_filter does.

    Parameters
    ----------
    input, output, cval
        As in `correlate1d`.
    size : int or (int, int), default 3
        Rows and columns of a mean.
    mode : str or (str, str), default 'reflect'
        As in `correlate1d`, for both axes or one each.
    origin : int or (int, int), default 0
        Shift of the rectangle, down and across.
    axes : int or tuple of int, optional
        Axes to filter. Default: both.

    Returns
    -------
    (H, W) array
        Means down and then across, as `uniform_filter1d` computes them.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.uniform_filter(numpy.array([[2, 8, 0, 5]]))
    array([[4, 3, 4, 3]])
    """
    image = open_image(input)
    into, along = Output(output, image), parse_axes(axes)
    sizes, origins = [1, 1], [0, 0]
    for axis, length, shift in zip(along, per_axis(size, along), per_axis(origin, along), strict=True):
        sizes[axis] = parse_size(length)
        origins[axis] = parse_origin(shift, sizes[axis]) if sizes[axis] > 1 else 0
    need(max(sizes) > 1 and along != (1, 0), "a size above 1, and axes in their order")
    return _compute_means(image, sizes, origins, parse_borders(mode, along), cval, into)
