"""Gaussian derivatives: the gradient and the Hessian of the blurred image. A constant image gives 0."""

import math
from collections.abc import Callable
from typing import Annotated

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage
from ..engine.channelwise import KernelSet, prepare
from ..engine.formula import Formulas, PreparedFormulas
from ..engine.joined import Join
from ..engine.request import FilterOptions
from ..engine.tensor import PreparedTensor, StructureTensor
from ..weights.elementary import degrees_of
from ..weights.gradients import bell_derivatives
from ..weights.taps import dense_kernel, gaussian_taps
from .operation import Composition, Joined, Operation, Prepared
from .operations import JoinOperation, SeparableDerivative
from .parameters import Choice, Number, Pair
from .registry import register_filter

Sigma = Annotated[float | tuple[float, float], Pair(Number(least=0))]
Truncate = Annotated[float, Number(above=0)]
# Gradients below this part of the pixels are what rounding leaves of flat parts of an image, in double.
FLAT = 64 * float(np.finfo(np.float64).eps)
MAGNITUDE: Joined = math.hypot, "sqrt({}^2 + {}^2)"


@register_filter("edges", kernel={"part": "x"}, signed=True)
def gradient(
    sigma: Sigma = 1.0, *, part: Annotated[str, Choice(("magnitude", "direction", "y", "x"))] = "magnitude",
    truncate: Truncate = 4.0,
) -> Operation:
    """Gradient of a Gaussian blur: its magnitude, its direction, or one of its two derivatives.

    Parameters
    ----------
    sigma : float or (float, float), default 1.0
        Standard deviation of the blur in pixels; 0 gives central differences of the image itself.
    part : {'magnitude', 'direction', 'y', 'x'}, default 'magnitude'
        Magnitude, in levels per pixel; direction towards brighter pixels, in degrees counter-clockwise from the right,
        above -180 and up to 180, and 0 where the image is flat; derivative from top to bottom (y) or from left to
        right (x).
    truncate : float, default 4.0
        Radius of the kernels, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        The magnitude in the image's dtype, other parts as float32 for arrays of integers, and of a Pillow image
        around mid-gray (see `signed`); unless `dtype` says otherwise.

    Notes
    -----
    gy and gx are convolutions with -y g(y) g(x) / sigma^2 and its transpose, where g is the kernel of
    `imfilter.gaussian`; central differences are [1 0 -1] / 2. The magnitude sqrt(gy^2 + gx^2) is that of
    scipy.ndimage.gaussian_gradient_magnitude. The direction atan2(-gy, gx) is computed in double precision. Below a
    sigma of 0.6, samples of the kernel are too few: it responds less to a slope than its height per pixel.

    References
    ----------
    J. Canny, "A computational approach to edge detection", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 8(6), 1986.

    Examples
    --------
    >>> import imfilter, numpy
    >>> slope = numpy.array([[0, 10, 20, 30, 40]] * 3, numpy.uint8)
    >>> imfilter.gradient(slope, 0)[1]
    array([ 5, 10, 10, 10,  5], dtype=uint8)
    >>> imfilter.gradient(slope.T, 0, part="direction")[2]
    array([-90., -90., -90.], dtype=float32)
    """
    y, x = (bell_derivatives(one, truncate) for one in sigma)  # type: ignore[union-attr]
    down, across = (y[1], x[0]), (y[0], x[1])
    if part == "magnitude":
        return MagnitudeOfDerivatives(down, across)
    if part == "direction":
        return FormulaOfDerivatives((down, across, (y[0], x[0])), compute_direction, double=True)
    return SeparableDerivative(*(down if part == "y" else across))


@register_filter("edges", kernel={"part": "yy"}, signed=True)
def hessian(
    sigma: Sigma = 1.0, *, part: Annotated[str, Choice(("largest", "smallest", "yy", "yx", "xx"))] = "largest",
    truncate: Truncate = 4.0,
) -> Operation:
    """Hessian of a Gaussian blur: an eigenvalue, or one of its three second derivatives.

    Parameters
    ----------
    sigma : float or (float, float), default 1.0
        Standard deviation of the blur in pixels; 0 gives differences of the image itself.
    part : {'largest', 'smallest', 'yy', 'yx', 'xx'}, default 'largest'
        Largest eigenvalue, positive on dark lines and spots; smallest eigenvalue, negative on bright ones; second
        derivative down (yy), across (xx), or along both (yx).
    truncate : float, default 4.0
        Radius of the kernels, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Signed levels per squared pixel: float32 for arrays of integers, and of a Pillow image around mid-gray (see
        `signed`), unless `dtype` says otherwise.

    Notes
    -----
    Convolutions with the second derivatives of the Gaussian, (y^2 / sigma^2 - 1) g(y) g(x) / sigma^2 and
    y x g(y) g(x) / sigma^4. The weights are corrected to sum to 0 in spite of the cut, so yy + xx is the negative
    `imfilter.laplacian_of_gaussian`. Differences are [1 -2 1], and [1 0 -1] / 2 along each axis for yx. Eigenvalues are
    (yy + xx) / 2 +- sqrt(((yy - xx) / 2)^2 + yx^2). All derivatives come from one pass over the image.

    References
    ----------
    T. Lindeberg, "Feature detection with automatic scale selection", International Journal of Computer Vision 30(2),
    1998.

    Examples
    --------
    >>> import imfilter, numpy
    >>> line = numpy.full((5, 5), 100, numpy.uint8)
    >>> line[2] = 50
    >>> imfilter.hessian(line, 0)[:, 2]
    array([  0.,   0., 100.,   0.,   0.], dtype=float32)
    >>> imfilter.hessian(line, 0, part="yy")[:, 2]
    array([  0., -50., 100., -50.,   0.], dtype=float32)
    """
    y, x = (bell_derivatives(one, truncate) for one in sigma)  # type: ignore[union-attr]
    elements = {"yy": (y[2], x[0]), "yx": (y[1], x[1]), "xx": (y[0], x[2])}
    if part in elements:
        return SeparableDerivative(*elements[part])
    formula, sign = (largest_eigenvalue, "+") if part == "largest" else (smallest_eigenvalue, "-")
    text = f"mean({{0}}, {{2}}) {sign} hypot(({{0}} - {{2}})/2, {{1}})"
    return FormulaOfDerivatives(
        tuple(elements.values()), formula, (lambda *three: float(formula(*np.reshape(three, (3, 1)))[0]), text))


@register_filter("edges", signed=True)
def structure_tensor(
    sigma: Sigma = 1.0, *,
    part: Annotated[str, Choice(("largest", "smallest", "yy", "yx", "xx"))] = "largest",
    gradient_sigma: Sigma = 1.0, truncate: Truncate = 4.0,
) -> Operation:
    """Structure tensor: how much an image changes around each pixel along its main direction and across it.

    Parameters
    ----------
    sigma : float or (float, float), default 1.0
        Standard deviation in pixels of the window around each pixel, a Gaussian; 0 looks at the pixel alone.
    part : {'largest', 'smallest', 'yy', 'yx', 'xx'}, default 'largest'
        Largest eigenvalue, high on edges and corners; smallest eigenvalue, high on corners alone; element.
    gradient_sigma : float or (float, float), default 1.0
        Standard deviation of the blur whose gradient is taken; 0 takes central differences of the image itself.
    truncate : float, default 4.0
        Radius of all kernels, in standard deviations.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Squares of levels per pixel: float32 for arrays of integers, and of a Pillow image around mid-gray (see
        `signed`), unless `dtype` says otherwise.

    Notes
    -----
    yy, yx and xx are Gaussian blurs of gy^2, gy gx and gx^2, where gy and gx are the derivatives of
    `imfilter.gradient`, also beyond the border. Eigenvalues are (yy + xx) / 2 +- sqrt(((yy - xx) / 2)^2 + yx^2).
    Everything is computed in double precision. scikit-image takes the gradient by Sobel kernels that are 8 times as
    large, and continues the products at the border instead of the image.

    References
    ----------
    W. Foerstner and E. Guelch, "A fast operator for detection and precise location of distinct points, corners and
    centres of circular features", ISPRS Intercommission Workshop, Interlaken, 1987.

    Examples
    --------
    >>> import imfilter, numpy
    >>> edge = numpy.array([[0, 0, 0, 10, 10, 10]] * 3, numpy.uint8)
    >>> imfilter.structure_tensor(edge, 0, gradient_sigma=0)[1]
    array([ 0.,  0., 25., 25.,  0.,  0.], dtype=float32)
    """
    y, x = (bell_derivatives(one, truncate) for one in gradient_sigma)  # type: ignore[union-attr]
    window = tuple(gaussian_taps(one, truncate) for one in sigma)  # type: ignore[union-attr]
    pairs = {"yy": (0, 0), "yx": (0, 1), "xx": (1, 1)}
    if part in pairs:
        return TensorOfDerivatives((y[1], x[0]), (y[0], x[1]), window, (pairs[part],), _first)
    formula = largest_eigenvalue if part == "largest" else _smallest_square
    return TensorOfDerivatives((y[1], x[0]), (y[0], x[1]), window, tuple(pairs.values()), formula)


class TensorOfDerivatives(Operation):
    """Compute elements or eigenvalues of the structure tensor."""

    signed = True  # or not: squares leave the range of integers

    def __init__(
        self, down: tuple[Array, Array], across: tuple[Array, Array], window: tuple[Array, ...],
        pairs: tuple[tuple[int, int], ...], formula: Callable[..., Array],
    ) -> None:
        derivatives = KernelSet.separable(*down, flip=True), KernelSet.separable(*across, flip=True)
        self._tensor = StructureTensor(derivatives, KernelSet.separable(*window), pairs, formula)
        self.size = self._tensor.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._tensor, options.channelwise(), PreparedTensor)


class MagnitudeOfDerivatives(JoinOperation):
    """Take the magnitude of a gradient, whose derivatives are convolutions with products of a column and a row."""

    def __init__(self, down: tuple[Array, Array], across: tuple[Array, Array]) -> None:
        super().__init__(Join((tuple((KernelSet.separable(*one, flip=True),) for one in (down, across)),)))
        self._kernels = {"down": down, "across": across}

    def composition(self) -> Composition:
        return Composition(
            "It is the root of the sum of the squares of two convolutions, with:",
            ({label: dense_kernel([one]) for label, one in self._kernels.items()},), join=MAGNITUDE)


class FormulaOfDerivatives(Operation):
    """Compute a formula of convolutions with products of a column and a row. joined: the same to be shown, or None."""

    signed = True

    def __init__(
        self, products: tuple[tuple[Array, Array], ...], formula: Callable[..., Array], joined: Joined | None = None,
        *, double: bool = False,
    ) -> None:
        sets = tuple(KernelSet.separable(*one, flip=True) for one in products)
        self._formulas = Formulas(((sets, formula),), double)
        self._products, self._joined, self.size = products, joined, self._formulas.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._formulas, options.channelwise(), PreparedFormulas)

    def composition(self) -> Composition | None:
        if self._joined is None:
            return None
        kernels = {label: dense_kernel([one]) for label, one in zip(("yy", "yx", "xx"), self._products, strict=True)}
        text = self._joined[1].format(*kernels)
        return Composition(f"It is the formula {text} of convolutions with:", (kernels,), join=self._joined)


def compute_direction(down: Array, across: Array, blurred: Array) -> Array:
    """Return the direction of a gradient in degrees; 0 where rounding alone makes it differ from 0."""
    least = FLAT * np.abs(blurred)
    for part in (down, across):
        part[np.abs(part) <= least] = 0
    return degrees_of(0.0 - down, across)


def largest_eigenvalue(yy: Array, yx: Array, xx: Array) -> Array:
    """Return the largest eigenvalue of symmetric matrices of 2 x 2."""
    mean, half = mean_and_half(yy, yx, xx)
    return np.add(mean, half, out=mean)


def smallest_eigenvalue(yy: Array, yx: Array, xx: Array) -> Array:
    """Return the smallest eigenvalue of symmetric matrices of 2 x 2."""
    mean, half = mean_and_half(yy, yx, xx)
    return np.subtract(mean, half, out=mean)


def _smallest_square(yy: Array, yx: Array, xx: Array) -> Array:
    """Return the smallest eigenvalue of sums of squares, which rounding alone makes negative."""
    smallest = smallest_eigenvalue(yy, yx, xx)
    return np.maximum(smallest, 0, out=smallest)


def _first(element: Array) -> Array:
    return element


def mean_and_half(
    yy: Array, yx: Array, xx: Array, root: Callable[[Array, Array], Array] | None = None
) -> tuple[Array, Array]:
    """Return the mean of both eigenvalues, and half of their difference; overwrite the elements.

    root: of the sum of two squares, which may overwrite both; None: that of any numbers.
    """
    yy *= 0.5
    xx *= 0.5
    mean = yy + xx
    yy -= xx
    return mean, np.hypot(yy, yx, out=yy) if root is None else root(yy, yx)
