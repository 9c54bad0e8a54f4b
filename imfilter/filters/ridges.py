"""Ridge filters: bright or dark lines of several widths, by eigenvalues of the Hessian. A constant image gives 0."""

import math
from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage
from ..engine.channelwise import KernelSet, prepare
from ..engine.checks import check_flag
from ..engine.formula import Formulas, PreparedFormulas
from ..engine.peaks import PeakFormulas, PreparedPeakFormulas
from ..engine.request import FilterOptions
from ..weights.elementary import exponential
from ..weights.gradients import bell_derivatives
from .derivatives import Truncate, largest_eigenvalue, mean_and_half, smallest_eigenvalue
from .operation import Operation, Prepared
from .parameters import Flag, Number, Several
from .registry import register_filter

Sigmas = Annotated[tuple[float, ...], Several(Number(above=0))]
TINY = float(np.finfo(np.float64).tiny)
SMALLEST_SQUARE, LARGEST_SQUARE = 1e-200, 1e300  # the largest sum of squares, if none overflows or loses its digits

# What docstrings share.
SHARE = """\
Returns
-------
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    From 0 to 1: float32 for arrays of integers unless `dtype` says otherwise. 1 is white in Pillow images and files of
    integers."""


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


@register_filter("edges", far=True, shared=SHARE)
def frangi(
    sigmas: Sigmas = (1.0, 3.0, 5.0, 7.0, 9.0), *, black_ridges: Annotated[bool, Flag()] = True,
    beta: Annotated[float, Number(above=0)] = 0.5, c: Annotated[float | None, Number(above=0, optional=True)] = None,
    truncate: Truncate = 4.0,
) -> Operation:
    """Frangi vesselness: long lines of several widths, such as vessels, rather than spots.

    Parameters
    ----------
    sigmas : number or list of numbers, default (1, 3, 5, 7, 9)
        Standard deviations of the blurs in pixels, about half the widths of the lines.
    black_ridges : bool, default True
        Whether to find dark lines rather than bright ones.
    beta : float, default 0.5
        How much of a spot a line may be: larger values let shorter lines through.
    c : float or None, default None
        The contrast that counts as half of a line, about, in levels: smaller values show fainter lines. None: half of
        the largest norm of the Hessian in the channel, at any sigma, which one hard edge may set.
    truncate : float, default 4.0
        Radius of the kernels, in standard deviations.

    Notes
    -----
    The largest over the sigmas of exp(-R^2 / (2 beta^2)) (1 - exp(-S^2 / (2 c^2))), with the eigenvalues |l1| <= |l2|
    of sigma^2 times the Hessian (see `imfilter.hessian`), R = |l1| / |l2| and S = sqrt(l1^2 + l2^2); 0 where l2 has the
    sign of a line of the other kind, or l1 = -l2: the paper's vesselness in two dimensions. All is computed in double
    precision. Without c, a pixel depends on all others, so the image is gone through twice, and cannot be computed in
    tiles. skimage.filters.frangi lacks the factor sigma^2, and takes c from its first sigma alone.

    References
    ----------
    A. F. Frangi, W. J. Niessen, K. L. Vincken and M. A. Viergever, "Multiscale vessel enhancement filtering", Medical
    Image Computing and Computer-Assisted Intervention (MICCAI) 1998.

    Examples
    --------
    >>> import imfilter, numpy
    >>> page = numpy.full((9, 9), 200, numpy.uint8)
    >>> page[4] = 0
    >>> imfilter.frangi(page, 1)[:, 4].round(2)
    array([0.  , 0.  , 0.  , 0.  , 0.86, 0.  , 0.  , 0.  , 0.  ],
          dtype=float32)
    """
    return Vesselness(sigmas, black_ridges, (beta, c), truncate)


@register_filter("edges", far=True, shared=SHARE)
def meijering(
    sigmas: Sigmas = (1.0, 3.0, 5.0, 7.0, 9.0), *, black_ridges: Annotated[bool, Flag()] = True,
    alpha: Annotated[float, Number(above=-1)] = -1 / 3, truncate: Truncate = 4.0,
) -> Operation:
    """Meijering neuriteness: thin lines of several widths, such as neurites, relative to the strongest one.

    Parameters
    ----------
    sigmas : number or list of numbers, default (1, 3, 5, 7, 9)
        Standard deviations of the blurs in pixels, about half the widths of the lines.
    black_ridges : bool, default True
        Whether to find dark lines rather than bright ones.
    alpha : float, default -1/3
        Share of the other eigenvalue that is added to each: -1/3 makes the filter as long as can be, 0 leaves the
        Hessian as it is.
    truncate : float, default 4.0
        Radius of the kernels, in standard deviations.

    Notes
    -----
    The paper's neuriteness, at several scales: l / L for l > 0, else 0, where l is that of the eigenvalues
    l1 + alpha l2 and l2 + alpha l1 of the modified Hessian which is larger in size (for bright lines, its negative),
    times sigma^2, and L is the largest l in the channel, at any sigma. 0 where both are of one size and of different
    signs. All is computed in double precision. A pixel depends on all others, so the image is gone through twice, and
    cannot be computed in tiles. skimage.filters.meijering has alpha = 1/3 by default, and divides by the largest value
    of each sigma.

    References
    ----------
    E. Meijering et al., "Design and validation of a tool for neurite tracing and analysis in fluorescence microscopy
    images", Cytometry Part A 58, 2004.

    Examples
    --------
    >>> import imfilter, numpy
    >>> page = numpy.full((9, 9), 200, numpy.uint8)
    >>> page[4] = 0
    >>> imfilter.meijering(page, 1)[:, 4]
    array([0., 0., 0., 0., 1., 0., 0., 0., 0.], dtype=float32)
    """
    return Neuriteness(sigmas, black_ridges, alpha, truncate)


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


class Vesselness(Operation):
    """Combine how long and how strong a line is. limits: beta, and c or None."""

    floats, full_scale = True, 1.0

    def __init__(
        self, sigmas: tuple[float, ...], dark: bool, limits: tuple[float, float | None], truncate: float
    ) -> None:
        beta, c = limits
        sets = [_scaled_hessian(sigma, truncate) for sigma in sigmas]
        self.far = c is None
        self._formulas: dict[bool, Formulas] = {}  # by whether results have the same bits on every processor
        for exact, power in ((False, np.exp), (True, exponential)):
            formula = partial(_find_vessel, c=c, beta=beta, dark=dark, power=power)
            groups = tuple((kernels, formula) for kernels in sets)
            self._formulas[exact] = PeakFormulas(groups, _measure_norm) if self.far else Formulas(groups, double=True)
        self.size = self._formulas[False].size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        formulas = self._formulas[check_flag("exact", options.exact)]
        return prepare(
            opened, formulas, options.channelwise(), PreparedPeakFormulas if self.far else PreparedFormulas)


class Neuriteness(Operation):
    """Take the largest eigenvalue of the modified Hessian, as a share of the largest one of the image."""

    floats, full_scale = True, 1.0

    def __init__(self, sigmas: tuple[float, ...], dark: bool, alpha: float, truncate: float) -> None:
        measure, share = (partial(one, alpha=alpha, dark=dark) for one in (_measure_neurite, _find_share))
        self._formulas = PeakFormulas(tuple((_scaled_hessian(sigma, truncate), share) for sigma in sigmas), measure)
        self.size = self._formulas.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._formulas, options.channelwise(), PreparedPeakFormulas)


def _root_of_squares(a: Array, b: Array) -> Array:
    """Return sqrt(a^2 + b^2) of numbers whose squares do not overflow, and do not matter if they underflow."""
    a *= a
    b *= b
    a += b
    root: Array = np.sqrt(a, out=a)
    return root


def _measure_root(a: Array, b: Array) -> Array:
    """Return sqrt(a^2 + b^2), of which the largest alone must be right: fast for numbers of usual sizes."""
    squares = a * a
    squares += b * b
    usual = SMALLEST_SQUARE < squares.max(initial=0) < LARGEST_SQUARE
    root: Array = np.sqrt(squares, out=squares) if usual else np.hypot(a, b, out=a)
    return root


def _measure_norm(yy: Array, yx: Array, xx: Array) -> Array:
    """Return the norm of the Hessian over sqrt(2)."""
    return _measure_root(*mean_and_half(yy, yx, xx, _measure_root))


def _find_vessel(
    yy: Array, yx: Array, xx: Array, norm: Array | None = None, *, c: float | None, beta: float, dark: bool,
    power: Callable[[Array], Array],
) -> Array:
    """Return the vesselness at one sigma. norm: the largest one of the image over sqrt(2), if c is None."""
    if norm is None:
        mean, half = mean_and_half(yy, yx, xx)
        mean /= c
        half /= c
    else:
        mean, half = _scale(yy, yx, xx, norm / math.sqrt(2))
    line = mean > 0 if dark else mean < 0
    np.abs(mean, out=mean)
    smaller, larger = mean - half, np.add(mean, half, out=mean)
    shape = smaller / np.maximum(larger, TINY, out=half)
    shape *= shape
    shape *= -0.5 / beta**2
    smaller *= smaller
    larger *= larger
    larger += smaller
    larger *= -0.5
    strength = power(larger)
    np.subtract(1, strength, out=strength)
    strength *= power(shape)
    strength *= line
    return strength


def _scale(yy: Array, yx: Array, xx: Array, unit: Array) -> tuple[Array, Array]:
    """Return the mean of both eigenvalues, and half of their difference, over a unit that is about the largest."""
    for element in (yy, yx, xx):
        element /= unit
    return mean_and_half(yy, yx, xx, _root_of_squares)


def _measure_neurite(yy: Array, yx: Array, xx: Array, *, alpha: float, dark: bool) -> Array:
    """Return the larger eigenvalue of the modified Hessian where it is that of a line."""
    return _find_neurite(*mean_and_half(yy, yx, xx, _measure_root), alpha, dark)


def _find_share(yy: Array, yx: Array, xx: Array, largest: Array, *, alpha: float, dark: bool) -> Array:
    """Return the neuriteness at one sigma."""
    value = _find_neurite(*_scale(yy, yx, xx, largest), alpha, dark)
    return np.minimum(value, 1, out=value)  # which rounding may exceed


def _find_neurite(mean: Array, half: Array, alpha: float, dark: bool) -> Array:
    """Return the larger eigenvalue of the modified Hessian where it is that of a line, else 0."""
    line = mean > 0 if dark else mean < 0
    np.abs(mean, out=mean)
    mean *= 1 + alpha
    half *= abs(1 - alpha)
    mean += half
    mean *= line
    return mean
