"""Replacements for SciPy's Gaussian filters: blurs and derivatives, the Laplacian and the gradient's magnitude."""
from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.line_sums import Window, line_window
from .arguments import (
    LONGEST,
    Output,
    need,
    open_image,
    parse_axes,
    parse_axis,
    parse_borders,
    parse_integer,
    parse_number,
    per_axis,
    replaces_scipy,
)
from .derivatives import add_squares, add_up, combine_sums
from .lines import compute_sums

HIGHEST = 20  # order of a derivative


@lru_cache(maxsize=128, typed=True)
def make_window(sigma: float, order: int, radius: int, axis: int) -> Window:
    """Return the window of a Gaussian along an axis, which is kept."""
    return line_window(make_weights(sigma, order, radius)[::-1], axis, 0)


def make_weights(sigma: float, order: int, radius: int) -> Array:
    """Return a Gaussian bell of sum 1 or its derivative, with SciPy's arithmetic."""
    variance = sigma * sigma
    x = np.arange(-radius, radius + 1)
    bell: Array = np.exp(-0.5 / variance * x**2)
    bell = bell / bell.sum()
    if order == 0:
        return bell
    # The derivative of q(x) exp(p(x)) is (q' + q p') exp(p(x)): apply that to the coefficients of q, order times.
    powers = np.arange(order + 1)
    step = np.diag(powers[1:], 1) + np.diag(np.ones(order) / -variance, -1)
    polynomial = np.zeros(order + 1)
    polynomial[0] = 1
    for _ in range(order):
        polynomial = step.dot(polynomial)
    derivative: Array = (x[:, None]**powers).dot(polynomial) * bell
    return derivative


def gaussian_window(sigma: Any, order: Any, radius: Any, truncate: Any, axis: int) -> Window:
    """Return the window of a Gaussian along an axis."""
    need(isinstance(sigma, (int, float)) and 1e-15 < sigma < 1e6 and isinstance(truncate, (int, float)),
         "sigma above 1e-15")
    number = parse_integer(order, "orders of at least 0")
    need(0 <= number <= HIGHEST, f"orders from 0 to {HIGHEST}")
    width = truncate * float(sigma) + 0.5
    if radius is not None:
        width = parse_integer(radius, "an integer radius")
    need(0 <= width < LONGEST / 2, f"a radius from 0 to {LONGEST // 2 - 1}")
    return make_window(sigma, number, int(width), axis)


def gaussian_passes(sigma: Any, order: Any, radius: Any, truncate: Any, axes: tuple[int, ...]) -> list[Window]:
    """Return the windows of a Gaussian along some axes; those with a sigma of 0 are not filtered."""
    values = zip(axes, *(per_axis(value, axes) for value in (sigma, order, radius)), strict=True)
    for one in per_axis(sigma, axes):
        need(isinstance(one, (int, float)) and one >= 0, "sigma of at least 0")
    return [gaussian_window(one, number, reach, truncate, axis) for axis, one, number, reach in values if one > 1e-15]


@replaces_scipy
def gaussian_filter1d(
    input: Any, sigma: Any, axis: Any = -1, order: Any = 0, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, truncate: Any = 4.0, *, radius: Any = None,
) -> Any:
    """Blur along an axis with a Gaussian, or take its derivative, as scipy.ndimage.gaussian_filter1d does.

    Parameters
    ----------
    input, axis, output, mode, cval
        As in `correlate1d`.
    sigma : float
        Standard deviation in pixels.
    order : int, default 0
        0: blur; 1, 2, ...: that derivative of the Gaussian.
    truncate : float, default 4.0
        Radius of the kernel, in standard deviations.
    radius : int, optional
        Radius of the kernel in pixels, instead of truncate.

    Returns
    -------
    (H, W) array
        As `correlate1d`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.gaussian_filter1d(numpy.array([[0.0, 1, 0, 0]]), 0.5).round(3)
    array([[0.107, 0.787, 0.106, 0.   ]])
    """
    image = open_image(input)
    into, place = Output(output, image), parse_axis(axis)
    window = gaussian_window(sigma, order, radius, truncate, place)
    need(isinstance(mode, str), "one mode")
    return compute_sums(image, [window], parse_borders(mode, (0, 1)), parse_number(cval, "a real cval"), into)


@replaces_scipy
def gaussian_filter(
    input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    truncate: Any = 4.0, *, radius: Any = None, axes: Any = None,
) -> Any:
    """Blur with a Gaussian, or take its derivative, as scipy.ndimage.gaussian_filter does.

    Parameters
    ----------
    input, output, cval
        As in `correlate1d`.
    sigma : float or (float, float)
        Standard deviation in pixels, down and across. 0: that axis is not filtered.
    order, radius
        As in `gaussian_filter1d`, for both axes or one each.
    mode : str or (str, str), default 'reflect'
        As in `correlate1d`, for both axes or one each.
    truncate : float, default 4.0
        Radius of the kernel, in standard deviations.
    axes : int or tuple of int, optional
        Axes to filter, in this order. Default: (0, 1).

    Returns
    -------
    (H, W) array
        As `correlate1d`; the sums along the first axis are cast to its dtype, too.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.gaussian_filter(numpy.array([[0, 100, 0, 0]], numpy.uint8), 0.5)
    array([[10, 78, 10,  0]], dtype=uint8)
    """
    image = open_image(input)
    into, along = Output(output, image), parse_axes(axes)
    passes = gaussian_passes(sigma, order, radius, truncate, along)
    need(passes, "a sigma above 0")
    return compute_sums(image, passes, parse_borders(mode, along), parse_number(cval, "a real cval"), into)


def _derive(
    input: Any, sigma: Any, output: Any, mode: Any, cval: Any, axes: Any, keywords: dict[str, Any], order: int
) -> Any:
    """Join the derivatives of this order along each axis."""
    image = open_image(input)
    into, along = Output(output, image), parse_axes(axes)
    need(keywords.keys() <= {"truncate", "radius"} and along == (0, 1), "both axes, truncate and radius")
    modes = per_axis(mode, along)
    terms = []
    for axis in along:
        orders = [order if axis == place else 0 for place in along]
        passes = gaussian_passes(sigma, orders, keywords.get("radius"), keywords.get("truncate", 4.0), along)
        need(passes, "a sigma above 0")
        terms.append((passes, parse_borders(modes[axis], along)))
    join = add_up if order == 2 else add_squares
    return combine_sums(image, terms, parse_number(cval, "a real cval"), into, join)


@replaces_scipy
def gaussian_laplace(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None,
    **kwargs: Any,
) -> Any:
    """Find blobs by the Laplacian of Gaussian, as scipy.ndimage.gaussian_laplace does.

    Parameters
    ----------
    input, sigma, output, cval
        As in `gaussian_filter`.
    mode : str or (str, str), default 'reflect'
        As in `correlate1d`; of two, the first serves the derivative down and the second that across.
    axes : tuple of int, optional
        Both axes are computed here.
    **kwargs
        truncate and radius, as in `gaussian_filter`.

    Returns
    -------
    (H, W) array
        Sum of the second derivatives, each cast to the dtype of the result.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.gaussian_laplace(numpy.array([[0.0, 0, 9, 0, 0]]), 1).round(2)
    array([[ 1.78,  0.02, -3.59,  0.02,  1.78]])
    """
    return _derive(input, sigma, output, mode, cval, axes, kwargs, 2)


@replaces_scipy
def gaussian_gradient_magnitude(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None,
    **kwargs: Any,
) -> Any:
    """Find edges by the magnitude of a Gaussian's gradient, as scipy.ndimage.gaussian_gradient_magnitude does.

    Parameters are those of `gaussian_laplace`.

    Returns
    -------
    (H, W) array
        Root of the sum of the squared first derivatives, in the dtype of the result: squares of integers wrap around.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import ndimage
    >>> ndimage.gaussian_gradient_magnitude(numpy.array([[0.0, 0, 9, 9]]), 1).round(2)
    array([[0.97, 3.27, 3.27, 0.97]])
    """
    return _derive(input, sigma, output, mode, cval, axes, kwargs, 1)
