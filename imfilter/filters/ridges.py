"""Ridge filters: bright or dark lines of several widths, by eigenvalues of the Hessian. A constant image gives 0."""

from typing import Annotated

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage
from ..engine.channelwise import KernelSet, prepare
from ..engine.formula import Formulas, PreparedFormulas
from ..engine.request import FilterOptions
from ..weights.gradients import bell_derivatives
from .derivatives import Truncate, largest_eigenvalue, smallest_eigenvalue
from .operation import Operation, Prepared
from .parameters import Flag, Number, Several
from .registry import register_filter

Sigmas = Annotated[tuple[float, ...], Several(Number(above=0))]


@register_filter("edges")
def sato(
    sigmas: Sigmas = (1.0, 3.0, 5.0, 7.0, 9.0), *, black_ridges: Annotated[bool, Flag()] = True,
    truncate: Truncate = 4.0,
) -> Operation:
    """Sato ridge filter: lines of several widths, such as vessels, fibers, cracks and rivers.

    Parameters
    ----------
    sigmas : number or list of numbers, default (1, 3, 5, 7, 9)
        Standard deviations of the blurs in pixels, about half the widths of the lines.
    black_ridges : bool, default True
        Whether to find dark lines rather than bright ones.
    truncate : float, default 4.0
        Radius of the kernels, in standard deviations.

    Notes
    -----
    The largest of sigma^2 max(0, l) over the sigmas, where l is the largest eigenvalue of the Hessian of the Gaussian
    blur (see `imfilter.hessian`) for dark lines, and the negative of the smallest for bright ones: the line measure of
    the paper in two dimensions, in levels. A dark line of the best width, with the profile of a Gaussian, gives 0.38 of
    its depth. All scales come from one pass over the image.

    References
    ----------
    Y. Sato et al., "Three-dimensional multi-scale line filter for segmentation and visualization of curvilinear
    structures in medical images", Medical Image Analysis 2(2), 1998.

    Examples
    --------
    >>> import imfilter, numpy
    >>> page = numpy.full((9, 9), 200, numpy.uint8)
    >>> page[4] = 0
    >>> imfilter.sato(page, 1)[:, 4]
    array([ 0,  0,  0,  0, 80,  0,  0,  0,  0], dtype=uint8)
    """
    return Ridges(sigmas, black_ridges, truncate)


class Ridges(Operation):
    """Take the largest eigenvalue above 0 over several scales, multiplied by sigma squared."""

    def __init__(self, sigmas: tuple[float, ...], dark: bool, truncate: float) -> None:
        formula = _dark_line if dark else _bright_line
        self._formulas = Formulas(tuple((_scaled_hessian(sigma, truncate), formula) for sigma in sigmas))
        self.size = self._formulas.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._formulas, options.channelwise(), PreparedFormulas)


def _scaled_hessian(sigma: float, truncate: float) -> tuple[KernelSet, ...]:
    """Return the kernels of sigma^2 times the second derivatives: yy, yx, xx."""
    blur, first, second = bell_derivatives(sigma, truncate)
    first, second = sigma * first, sigma**2 * second
    return tuple(KernelSet.separable(*one, flip=True) for one in ((second, blur), (first, first), (blur, second)))


def _dark_line(yy: Array, yx: Array, xx: Array) -> Array:
    value = largest_eigenvalue(yy, yx, xx)
    return np.maximum(value, 0, out=value)


def _bright_line(yy: Array, yx: Array, xx: Array) -> Array:
    value = smallest_eigenvalue(yy, yx, xx)
    np.negative(value, out=value)
    return np.maximum(value, 0, out=value)
