"""Replacements for SciPy's correlations: correlate, convolve, correlate1d, convolve1d."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.line_sums import NARROWEST, TALLEST, Sums, Window, cut_strips, dense_window, line_window
from ...runtime.threads import for_each
from .arguments import (
    LONGEST,
    Borders,
    Output,
    need,
    open_image,
    parse_axis,
    parse_border,
    parse_integer,
    parse_number,
    parse_ordered_axes,
    parse_origin,
    per_axis,
    replaces_scipy,
)

LARGEST = 2**19  # doubles of a band of rows


def compute_sums(image: Array, passes: list[Window], borders: Borders, cval: float, output: Output) -> Array:
    """Return the sums of windows, taken one after the other."""
    if len(passes) > 1 and passes[0].size[0] == 1 and (passes[1].size[0] + TALLEST) * image.shape[1] > LARGEST:
        # Each strip would sum all rows that the second pass needs, and keep them.
        image, passes = compute_sums(image, passes[:1], borders, cval, Output(output.dtype, image)), passes[1:]
    out = output.room(image)
    sums = Sums(image, passes, borders, cval, output.dtype)
    for_each(lambda rows: sums.compute(rows, out[rows]), cut_strips(*out.shape), least=2)
    return output.finish(out)


def open_weights(weights: Any, axes: int) -> Array:
    """Return real weights as float64."""
    array = np.asarray(weights)
    need(array.ndim == axes and array.size > 0 and array.dtype.kind in "buif" and max(array.shape) <= LONGEST,
         f"real weights along {axes} axes, at most {LONGEST} along each")
    return array.astype(np.float64)


def _correlate_lines(
    image: Any, weights: Array, axis: Any, output: Any, mode: Any, cval: Any, origin: int
) -> Array:
    image = open_image(image)
    into, place, border = Output(output, image), parse_axis(axis), parse_border(mode)
    window = line_window(weights, place, parse_origin(origin, len(weights)))
    return compute_sums(image, [window], (border, border), parse_number(cval, "a real cval"), into)


@replaces_scipy
def correlate1d(
    input: Any, weights: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """Correlate an image with weights along an axis, as scipy.ndimage.correlate1d does.

    Parameters
    ----------
    input : (H, W) array
        Booleans, integers and floats of 32 and 64 bits.
    weights : (k,) array
        Real weights.
    axis : int, default -1
        Axis along which the sums are taken: 0 down, 1 across.
    output : array or dtype, optional
        Array to write to, or the dtype of the result. Default: the image's dtype.
    mode : {'reflect', 'mirror', 'nearest', 'constant', 'wrap'}, default 'reflect'
        How the image continues beyond its border; also 'grid-mirror', 'grid-constant', 'grid-wrap'.
    cval : float, default 0.0
        Samples beyond the border when mode is 'constant'.
    origin : int, default 0
        Shifts the weights: the result at x is a sum around x - origin.

    Returns
    -------
    (H, W) array
        Sums in double precision, cast as C does: integers lose their fraction and wrap around.

    Notes
    -----
    sum over i of weights[i] image[x + i - k // 2 - origin].

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.correlate1d(numpy.array([[0, 2, 8, 0]]), [1, 3])
    array([[ 0,  6, 26,  8]])
    """
    return _correlate_lines(input, open_weights(weights, 1), axis, output, mode, cval, origin)


@replaces_scipy
def convolve1d(
    input: Any, weights: Any, axis: Any = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """Convolve an image with weights along an axis, as scipy.ndimage.convolve1d does.

    Parameters and result are those of `correlate1d`; the weights are flipped.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.convolve1d(numpy.array([[0, 2, 8, 0]]), [1, 3])
    array([[ 2, 14, 24,  0]])
    """
    flipped = open_weights(weights, 1)[::-1]
    shift = -parse_integer(origin, "integer origins") - (1 - len(flipped) % 2)
    return _correlate_lines(input, flipped, axis, output, mode, cval, shift)


def _correlate_windows(
    image: Any, weights: Any, output: Any, mode: Any, cval: Any, origin: Any, axes: Any, flip: bool
) -> Array:
    image = open_image(image)
    along = parse_ordered_axes(axes)
    kernel, origins = open_weights(weights, len(along)), [0, 0]
    for axis, size, shift in zip(along, kernel.shape, per_axis(origin, along), strict=True):
        number = parse_integer(shift, "integer origins")
        origins[axis] = parse_origin(-number - (1 - size % 2) if flip else number, size)
    if len(along) == 1:
        kernel = np.expand_dims(kernel, 1 - along[0])
    if flip:
        kernel = kernel[::-1, ::-1]
    need((kernel.shape[0] + TALLEST) * (kernel.shape[1] + 2 * NARROWEST) < LARGEST, "fewer weights")
    border, into = parse_border(mode), Output(output, image)
    window = dense_window(kernel, (origins[0], origins[1]))
    # SciPy's cast of negative sums to uint64 is one of its own here.
    need(len(window.weights) and into.dtype != np.uint64, "weights above 2.2e-16, and another output than uint64")
    return compute_sums(image, [window], (border, border), parse_number(cval, "a real cval"), into)


@replaces_scipy
def correlate(
    input: Any, weights: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:
    """Correlate an image with an array of weights, as scipy.ndimage.correlate does.

    Parameters
    ----------
    input, output, mode, cval
        As in `correlate1d`.
    weights : (kh, kw) array, or (k,) with one axis
        Real weights. Those of at most 2.2e-16 read nothing.
    origin : int or (int, int), default 0
        Shift of the weights, down and across.
    axes : int or tuple of int, optional
        Axes of the weights. Default: both.

    Returns
    -------
    (H, W) array
        As `correlate1d`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.correlate(numpy.eye(3, dtype=int), [[1, 2], [3, 4]])
    array([[10,  4,  0],
           [ 3,  5,  3],
           [ 0,  2,  5]])
    """
    return _correlate_windows(input, weights, output, mode, cval, origin, axes, False)


@replaces_scipy
def convolve(
    input: Any, weights: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:
    """Convolve an image with an array of weights, as scipy.ndimage.convolve does.

    Parameters and result are those of `correlate`; the weights are flipped.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.convolve(numpy.eye(3, dtype=int), [[1, 2], [3, 4]])
    array([[ 5,  2,  0],
           [ 3,  5,  3],
           [ 0,  4, 10]])
    """
    return _correlate_windows(input, weights, output, mode, cval, origin, axes, True)
