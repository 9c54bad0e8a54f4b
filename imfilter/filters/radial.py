"""Radial blurs: zoom and spin."""

import math
from typing import Annotated, Any

from ..arrays.opened import OpenedImage
from ..engine.radial import Paths, PreparedRadial
from ..engine.request import FilterOptions
from .operation import Operation
from .parameters import Number, Pair
from .registry import register_filter
from .varying import MaskedOperation


@register_filter("blur", far=True)
def radial_blur(
    zoom: Annotated[float, Number(0, 2)] = 0.1, spin: Annotated[float, Number(0, 360)] = 0.0, *,
    center: Annotated[float | tuple[float, float], Pair(Number(0, 1))] = 0.5,
) -> Operation:
    """Radial blur: average along the lines to a center (zoom), or along the circles around it (spin).

    Parameters
    ----------
    zoom : float, default 0.1
        Length of the lines, as a share of the distance from the center: 0.1 goes from 0.95 to 1.05 times that.
    spin : float, default 0.0
        Angle of the arcs, in degrees. Together with zoom, they are spirals.
    center : float or (float, float), default 0.5
        Where the center lies, down and across: 0 is the first row or column, 1 the last.

    Notes
    -----
    The result at a distance z = x + i y from the center is the mean of the image at z (1 + zoom t) exp(i spin t), for t
    at the middles of n equal parts of -1/2 to 1/2. n is the length of the path in pixels, or up to half as much again:
    1, 2, 3, 4, 6, 8, 12, ..., at most 16384. Between pixels, the image is interpolated linearly along both axes.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.radial_blur(numpy.array([[0, 0, 0, 0, 0, 80, 0, 0, 0]], numpy.uint8), 1)
    array([[ 0,  0,  0,  0,  0, 80, 20,  0,  0]], dtype=uint8)
    """
    middle: Any = center
    return RadialBlur(Paths(zoom, math.radians(spin), middle))


class RadialBlur(MaskedOperation):
    """Average along the path of each pixel around a center."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> PreparedRadial:
        return PreparedRadial(opened, self._paths, options)
