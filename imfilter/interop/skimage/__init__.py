"""Drop-in twins of scikit-image's filters: `from imfilter.interop import skimage as filters`.

Signatures, defaults, scaling, dtypes, borders and masks are those of skimage.filters in scikit-image 0.26. Arrays
(H, W), and arrays with a channel_axis where it is taken, are computed here; all else goes on to scikit-image if it is
installed, so its errors are its own. Every other name of skimage.filters is handed on too.
"""
from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...arrays.layout import iterate_strips, layout_of
from ...convolution import convolve
from ...engine.channelwise import correlate_separable, magnitude
from ...runtime.threads import for_each
from ...weights import gradients
from ...weights.taps import gaussian_taps
from .fallback import handed_on, replaced
from .scaling import MODES, Floats, floats, is_mask, is_mode, is_number, is_plain, masked

__all__ = [
    "difference_of_gaussians", "farid", "farid_h", "farid_v", "gabor", "gabor_kernel", "gaussian", "laplace", "median",
    "patch", "prewitt", "prewitt_h", "prewitt_v", "roberts", "roberts_neg_diag", "roberts_pos_diag", "scharr",
    "scharr_h", "scharr_v", "sobel", "sobel_h", "sobel_v", "unsharp_mask",
]

GRADIENTS = {
    "sobel": np.outer(gradients.DIFFERENCE, gradients.SOBEL),
    "scharr": np.outer(gradients.DIFFERENCE, gradients.SCHARR),
    "prewitt": np.outer(gradients.DIFFERENCE, gradients.PREWITT),
    "farid": np.outer(gradients.FARID_DIFFERENCE, gradients.FARID_SMOOTHING),
}
# Integers that SciPy casts sums to as C does, by cutting off the fraction and wrapping around.
WRAPPING = {np.dtype(code) for code in ("u1", "u2", "i1", "i2")}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from skimage import filters
    except ImportError:
        raise AttributeError(f"{name} is not among the twins of skimage.filters, and scikit-image is not installed"
                             ) from None
    return getattr(filters, name)


def patch() -> AbstractContextManager[None]:
    """Put the twins in the place of scikit-image's filters while a block runs.

    Returns
    -------
    context manager
        In its block every module of scikit-image has the twins where it had its own functions, so its other functions
        that blur, such as skimage.feature.canny, use them too. Names that your own modules imported from it before
        stay what they are. All threads see the twins; scikit-image's own come back when the last block ends.

    Raises
    ------
    ImfilterError
        When scikit-image is not installed.

    Examples
    --------
    >>> import skimage.filters
    >>> from imfilter.interop import skimage as twins
    >>> with twins.patch():
    ...     skimage.filters.sobel is twins.sobel
    True
    >>> skimage.filters.sobel is twins.sobel
    False
    """
    return replaced({name: globals()[name] for name in __all__ if name != "patch"})


def _gradient(
    name: str, image: Any, mask: Any, axis: Any, mode: Any, cval: Any, elsewhere: Callable[[str], Any]
) -> Any:
    """Return a derivative or the magnitude of both; elsewhere is called, with a reason, for what is not done here."""
    if isinstance(axis, (tuple, list)) and sorted(map(repr, axis)) == ["0", "1"]:
        axis = None
    known = axis is None or (isinstance(axis, (int, np.integer)) and axis in (0, 1))
    if not (_is_gray(image) and known and is_mode(mode, cval) and is_mask(mask, image)):
        return elsewhere(_refusal(name, image, ", axis None, 0 or 1, one border mode and a mask of the image's shape"))
    down = GRADIENTS[name]
    return _edges(image, down if axis == 0 else down.T if axis == 1 else (down, down.T), mask, mode, cval)


def _edges(
    image: Array, weights: Array | tuple[Array, Array], mask: Any, mode: str = "reflect", cval: float = 0
) -> Any:
    """Convolve a scaled image with one kernel, or take the magnitude of two, and mask it."""
    given = floats(image)
    common: dict[str, Any] = {"mode": MODES[mode], "cval": given.beyond(cval), "dtype": given.dtype}
    if isinstance(weights, tuple):
        result = magnitude(given.pixels, given.times(weights[0]), given.times(weights[1]), **common)
    else:
        result = convolve(given.pixels, given.times(weights), **common)
    return masked(result, mask)


def _is_gray(image: Any) -> bool:
    return is_plain(image) and image.ndim == 2


def _refusal(name: str, image: Any, more: str) -> str:
    came = (f"shape {image.shape} of {image.dtype}" if isinstance(image, np.ndarray) else type(image).__name__)
    return f"{name} needs an array (H, W) of real numbers{more}, got {came}"


def sobel(image: Any, mask: Any = None, *, axis: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Find edges by the Sobel gradient, as skimage.filters.sobel does.

    Parameters
    ----------
    image : (H, W) array
        Integers are scaled to [0, 1] or [-1, 1], floats are not.
    mask : (H, W) array of bool, optional
        The result is 0 where the 3 x 3 square about a pixel leaves the mask or the image.
    axis : {None, 0, 1}, default None
        None: the magnitude; 0 or 1: the signed change from top to bottom or from left to right.
    mode : {'reflect', 'constant', 'nearest', 'mirror', 'wrap'}, default 'reflect'
        What stands outside the image, in SciPy's words; also 'grid-mirror', 'grid-constant', 'grid-wrap'.
    cval : float, default 0.0
        What stands there when mode is 'constant', beside the scaled image.

    Returns
    -------
    (H, W) array
        float32 of a float16 or float32 image, else float64.

    Notes
    -----
    g0 = [1 0 -1]' x [1 2 1] / 4 and g1, its transpose, by convolution; magnitude sqrt((g0^2 + g1^2) / 2).

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.sobel(numpy.array([[0, 0, 255, 255]], numpy.uint8), axis=1)
    array([[0., 1., 1., 0.]])
    """
    return _gradient("sobel", image, mask, axis, mode, cval, lambda why: handed_on(
        "sobel", why, image, mask, axis=axis, mode=mode, cval=cval))


def sobel_h(image: Any, mask: Any = None) -> Any:
    """Find horizontal edges: `sobel` with axis 0."""
    return _gradient("sobel", image, mask, 0, "reflect", 0, lambda why: handed_on("sobel_h", why, image, mask))


def sobel_v(image: Any, mask: Any = None) -> Any:
    """Find vertical edges: `sobel` with axis 1."""
    return _gradient("sobel", image, mask, 1, "reflect", 0, lambda why: handed_on("sobel_v", why, image, mask))


def scharr(image: Any, mask: Any = None, *, axis: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Find edges by the Scharr gradient, as skimage.filters.scharr does.

    Parameters, result and errors are those of `sobel`, with [3 10 3] / 16 in place of [1 2 1] / 4.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.scharr(numpy.array([[0.0, 0, 1, 1]]), axis=1)
    array([[0., 1., 1., 0.]])
    """
    return _gradient("scharr", image, mask, axis, mode, cval, lambda why: handed_on(
        "scharr", why, image, mask, axis=axis, mode=mode, cval=cval))


def scharr_h(image: Any, mask: Any = None) -> Any:
    """Find horizontal edges: `scharr` with axis 0."""
    return _gradient("scharr", image, mask, 0, "reflect", 0, lambda why: handed_on("scharr_h", why, image, mask))


def scharr_v(image: Any, mask: Any = None) -> Any:
    """Find vertical edges: `scharr` with axis 1."""
    return _gradient("scharr", image, mask, 1, "reflect", 0, lambda why: handed_on("scharr_v", why, image, mask))


def prewitt(image: Any, mask: Any = None, *, axis: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Find edges by the Prewitt gradient, as skimage.filters.prewitt does.

    Parameters, result and errors are those of `sobel`, with [1 1 1] / 3 in place of [1 2 1] / 4.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.prewitt(numpy.array([[0.0, 0, 3, 3]]), axis=1)[:, 1:3].round(3)
    array([[3., 3.]])
    """
    return _gradient("prewitt", image, mask, axis, mode, cval, lambda why: handed_on(
        "prewitt", why, image, mask, axis=axis, mode=mode, cval=cval))


def prewitt_h(image: Any, mask: Any = None) -> Any:
    """Find horizontal edges: `prewitt` with axis 0."""
    return _gradient("prewitt", image, mask, 0, "reflect", 0, lambda why: handed_on("prewitt_h", why, image, mask))


def prewitt_v(image: Any, mask: Any = None) -> Any:
    """Find vertical edges: `prewitt` with axis 1."""
    return _gradient("prewitt", image, mask, 1, "reflect", 0, lambda why: handed_on("prewitt_v", why, image, mask))


def farid(image: Any, mask: Any = None, *, axis: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Find edges by the 5 x 5 gradient of Farid and Simoncelli, as skimage.filters.farid does.

    Parameters, result and errors are those of `sobel`, with the weights of `imfilter.farid`. The mask too works as
    there, by 3 x 3 squares: results next to its edge have seen pixels outside it.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.farid(numpy.array([[0.0, 0, 1, 1]]), axis=1).round(3)
    array([[0.11 , 0.386, 0.386, 0.11 ]])
    """
    return _gradient("farid", image, mask, axis, mode, cval, lambda why: handed_on(
        "farid", why, image, mask, axis=axis, mode=mode, cval=cval))


def farid_h(image: Any, *, mask: Any = None) -> Any:
    """Find horizontal edges: `farid` with axis 0."""
    return _gradient("farid", image, mask, 0, "reflect", 0, lambda why: handed_on("farid_h", why, image, mask=mask))


def farid_v(image: Any, *, mask: Any = None) -> Any:
    """Find vertical edges: `farid` with axis 1."""
    return _gradient("farid", image, mask, 1, "reflect", 0, lambda why: handed_on("farid_v", why, image, mask=mask))


def roberts(image: Any, mask: Any = None) -> Any:
    """Find edges by differences along diagonals, as skimage.filters.roberts does.

    image and mask, scaling and result are those of `sobel`; the magnitude of `roberts_pos_diag` and
    `roberts_neg_diag` is sqrt((p^2 + n^2) / 2).

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.roberts(numpy.array([[0.0, 0, 1, 1]] * 2))[1]
    array([0., 1., 0., 0.])
    """
    return _masked_edges("roberts", gradients.ROBERTS, image, mask)


def roberts_pos_diag(image: Any, mask: Any = None) -> Any:
    """Find edges along the falling diagonal, with [1 0; 0 -1], as skimage.filters.roberts_pos_diag does."""
    return _masked_edges("roberts_pos_diag", gradients.ROBERTS[0], image, mask)


def roberts_neg_diag(image: Any, mask: Any = None) -> Any:
    """Find edges along the rising diagonal, with [0 1; -1 0], as skimage.filters.roberts_neg_diag does."""
    return _masked_edges("roberts_neg_diag", gradients.ROBERTS[1], image, mask)


def _masked_edges(name: str, weights: Array | tuple[Array, Array], image: Any, mask: Any) -> Any:
    if not (_is_gray(image) and is_mask(mask, image)):
        return handed_on(name, _refusal(name, image, " and a mask of its shape"), image, mask)
    return _edges(image, weights, mask)


def laplace(image: Any, ksize: Any = 3, mask: Any = None) -> Any:
    """Find edges by the Laplacian, as skimage.filters.laplace does.

    image and mask, scaling and result are those of `sobel`; the kernel is [0 -1 0; -1 4 -1; 0 -1 0]. Other sizes
    than 3 go on to scikit-image.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.laplace(numpy.array([[0.0, 1, 0]]))
    array([[-1.,  2., -1.]])
    """
    if not (_is_gray(image) and is_mask(mask, image) and isinstance(ksize, int) and ksize == 3):
        why = _refusal("laplace", image, ", ksize 3 and a mask of the image's shape")
        return handed_on("laplace", why, image, ksize, mask)
    return _edges(image, gradients.LAPLACE, mask)


def gaussian(
    image: Any, sigma: Any = 1.0, *, mode: Any = "nearest", cval: Any = 0, preserve_range: Any = False,
    truncate: Any = 4.0, channel_axis: Any = None, out: Any = None,
) -> Any:
    """Blur with a Gaussian bell, as skimage.filters.gaussian does.

    Parameters
    ----------
    image : (H, W) array, or (H, W, C) or another order with channel_axis
        Integers are scaled to [0, 1] or [-1, 1] unless preserve_range.
    sigma : float or (float, float), default 1.0
        Standard deviation in pixels, down and across.
    mode, cval
        The border, as in `sobel`; 'nearest' and 0 by default.
    preserve_range : bool, default False
        Leave integers as they are.
    truncate : float, default 4.0
        Where the bell is cut off, in standard deviations.
    channel_axis : int, optional
        Where the channels are, each of which is filtered by itself. None: there are none, and an array of three axes
        is a volume, which goes on to scikit-image.
    out : array, optional
        Of the image's shape, float32 or float64: filled and returned.

    Returns
    -------
    array of the image's shape
        float32 of a float16 or float32 image, else float64.

    Notes
    -----
    Weights exp(-x^2 / (2 sigma^2)) for |x| <= int(truncate sigma + 0.5), scaled to sum 1, down and across.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.gaussian(numpy.array([[0.0, 1, 0, 0]]), 0.5).round(3)
    array([[0.106, 0.787, 0.106, 0.   ]])
    """
    sigmas = _sigmas(sigma)
    room = out is None or (type(out) is np.ndarray and out.dtype in (np.float32, np.float64) and out.flags.writeable
                           and is_plain(image) and out.shape == image.shape)
    if not (room and sigmas and _is_flat(image, channel_axis) and _is_bell(mode, cval, truncate)):
        why = _refusal("gaussian", image, " (or one with a channel_axis), one border mode and sigma of at least 0")
        return handed_on("gaussian", why, image, sigma, mode=mode, cval=cval, preserve_range=preserve_range,
                         truncate=truncate, channel_axis=channel_axis, out=out)
    return _blurred(floats(image, preserve_range), sigmas, mode, cval, truncate, channel_axis, out)


def _blurred(
    given: Floats, sigmas: tuple[float, float], mode: str, cval: float, truncate: float, channel_axis: int | None,
    out: Array | None = None, factor: float = 1.0,
) -> Array:
    """Return `factor` times a blurred image in its dtype, or that of out."""
    column, row = (gaussian_taps(sigma, truncate) for sigma in sigmas)
    result: Array = correlate_separable(
        given.pixels, given.times(column) * factor, row, mode=MODES[mode], cval=given.beyond(cval),
        dtype=given.dtype if out is None else out.dtype, out=out,
        channel_axis=-1 if channel_axis is None else channel_axis)
    return result


def _sigmas(sigma: Any) -> tuple[float, float] | None:
    """Return the widths down and across; None: they are something else."""
    if isinstance(sigma, np.ndarray):
        sigma = sigma.tolist()
    pair = (sigma, sigma) if is_number(sigma) else sigma
    known = isinstance(pair, (tuple, list)) and len(pair) == 2 and all(is_number(one) and one >= 0 for one in pair)
    return (float(pair[0]), float(pair[1])) if known else None


def _is_flat(image: Any, channel_axis: Any) -> bool:
    """Say whether it is an array (H, W), or (H, W) and channels."""
    if channel_axis is None:
        return _is_gray(image)
    return is_plain(image) and image.ndim == 3 and isinstance(channel_axis, int) and -3 <= channel_axis < 3


def _is_bell(mode: Any, cval: Any, truncate: Any) -> bool:
    return is_mode(mode, cval) and is_number(truncate) and truncate > 0


def difference_of_gaussians(
    image: Any, low_sigma: Any, high_sigma: Any = None, *, mode: Any = "nearest", cval: Any = 0,
    channel_axis: Any = None, truncate: Any = 4.0,
) -> Any:
    """Take a wide Gaussian blur from a narrow one, as skimage.filters.difference_of_gaussians does.

    Parameters
    ----------
    image, mode, cval, channel_axis, truncate
        As in `gaussian`.
    low_sigma : float or (float, float)
        Width of the narrow bell in pixels, down and across.
    high_sigma : float or (float, float), optional
        Width of the wide one, at least as large; 1.6 low_sigma when left out.

    Returns
    -------
    array of the image's shape
        float32 of a float16 or float32 image, else float64.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.difference_of_gaussians(numpy.array([[0.0, 1, 0, 0]]), 0.5).round(3)
    array([[-0.122,  0.288, -0.122, -0.022]])
    """
    low = _sigmas(low_sigma)
    high = _sigmas(high_sigma) if high_sigma is not None or low is None else (1.6 * low[0], 1.6 * low[1])
    rising = low and high and low[0] <= high[0] and low[1] <= high[1]
    if not (rising and _is_flat(image, channel_axis) and _is_bell(mode, cval, truncate)):
        why = _refusal("difference_of_gaussians", image, ", one border mode and low_sigma from 0 to high_sigma")
        return handed_on("difference_of_gaussians", why, image, low_sigma, high_sigma, mode=mode, cval=cval,
                         channel_axis=channel_axis, truncate=truncate)
    given = floats(image)
    assert low and high
    result = _blurred(given, low, mode, cval, truncate, channel_axis)
    wide = _blurred(given, high, mode, cval, truncate, channel_axis)
    for_each(lambda rows: np.subtract(result[rows], wide[rows], out=result[rows]), iterate_strips(result.shape))
    return result


def unsharp_mask(
    image: Any, radius: Any = 1.0, amount: Any = 1.0, preserve_range: Any = False, *, channel_axis: Any = None
) -> Any:
    """Sharpen by what a Gaussian blur takes away, as skimage.filters.unsharp_mask does.

    Parameters
    ----------
    image : (H, W) array, or (H, W, C) or another order with channel_axis
        Integers are scaled to [0, 1] or [-1, 1] unless preserve_range.
    radius : float or (float, float), default 1.0
        Standard deviation of the blur in pixels, down and across; its border is 'reflect'.
    amount : float, default 1.0
        How much of the difference is added.
    preserve_range : bool, default False
        Neither scale integers nor clip. Else the result is clipped to [0, 1], or to [-1, 1] when any sample is
        negative: floats above 1 too.
    channel_axis : int, optional
        As in `gaussian`. (scikit-image 0.26 fills only a part of the result when it is -1 or -2.)

    Returns
    -------
    array of the image's shape
        float32 of a float16 or float32 image, else float64.

    Notes
    -----
    image + amount (image - gaussian(image, radius)).

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.unsharp_mask(numpy.array([[0.2, 0.2, 0.4, 0.4]]), 0.5).round(3)
    array([[0.2  , 0.179, 0.421, 0.4  ]])
    """
    radii = _sigmas(radius)
    if not (radii and is_number(amount) and _is_flat(image, channel_axis)):
        why = _refusal("unsharp_mask", image, " (or one with a channel_axis), and radius of at least 0")
        return handed_on("unsharp_mask", why, image, radius, amount, preserve_range, channel_axis=channel_axis)
    given = floats(image, preserve_range)
    limits = None
    if not preserve_range:
        limits = (-1 if given.pixels.dtype.kind in "if" and (given.pixels < 0).any() else 0, 1)
    result = _blurred(given, radii, "reflect", 0, 4.0, channel_axis, factor=-amount)
    _add(result, given, 1 + amount, limits, channel_axis)
    return result


def _add(
    result: Array, given: Floats, factor: float, limits: tuple[int, int] | None, channel_axis: int | None
) -> None:
    """Add `factor` times the image to the result and clip it, strip by strip."""
    rows = layout_of(result.shape, channel_axis).spatial[0]

    def add_strip(some: slice) -> None:
        strip = (slice(None),) * rows + (some,)
        part = result[strip]
        part += np.multiply(given.pixels[strip], given.scale * factor, dtype=given.dtype)
        if limits:
            np.clip(part, *limits, out=part)

    for_each(add_strip, iterate_strips(result.shape, rows))


def gabor_kernel(
    frequency: Any, theta: Any = 0, bandwidth: Any = 1, sigma_x: Any = None, sigma_y: Any = None, n_stds: Any = 3,
    offset: Any = 0, dtype: Any = np.complex128,
) -> Any:
    """Return a complex Gabor kernel, a wave under a Gaussian bell, as skimage.filters.gabor_kernel does.

    Parameters
    ----------
    frequency : float
        Of the wave, in cycles a pixel.
    theta : float, default 0
        Its direction in radians; 0 is along the rows.
    bandwidth : float, default 1
        In octaves; sets both sigmas that are not given.
    sigma_x, sigma_y : float, optional
        Standard deviations in pixels along and across the wave.
    n_stds : float, default 3
        Where the bell is cut off, in standard deviations.
    offset : float, default 0
        Phase of the wave in radians.
    dtype : complex dtype, default complex128
        Of the kernel.

    Returns
    -------
    (2 y0 + 1, 2 x0 + 1) array
        With x0 = ceil(max(n_stds sigma_x |cos theta|, n_stds sigma_y |sin theta|, 1)), and y0 likewise.

    Raises
    ------
    ValueError
        When dtype is not complex.

    Notes
    -----
    exp(-(u^2 / sigma_x^2 + v^2 / sigma_y^2) / 2 + i (2 pi frequency u + offset)) / (2 pi sigma_x sigma_y), with
    u = x cos theta + y sin theta and v = y cos theta - x sin theta. A bandwidth b sets
    sigma = sqrt(ln 2 / 2) (2^b + 1) / (2^b - 1) / (pi frequency).

    Examples
    --------
    >>> from imfilter.interop import skimage as filters
    >>> filters.gabor_kernel(0.2).shape
    (19, 19)
    """
    if np.dtype(dtype).kind != "c":
        raise ValueError("dtype must be complex")
    if sigma_x is None or sigma_y is None:
        wide = math.sqrt(math.log(2) / 2) * (2.0**bandwidth + 1) / (2.0**bandwidth - 1) / math.pi / frequency
        sigma_x, sigma_y = wide if sigma_x is None else sigma_x, wide if sigma_y is None else sigma_y
    across, down = math.cos(theta), math.sin(theta)
    x0 = math.ceil(max(abs(n_stds * sigma_x * across), abs(n_stds * sigma_y * down), 1))
    y0 = math.ceil(max(abs(n_stds * sigma_y * across), abs(n_stds * sigma_x * down), 1))
    y, x = np.ogrid[-y0:y0 + 1, -x0:x0 + 1]
    u, v = x * across + y * down, y * across - x * down
    bell = -0.5 * (u**2 / sigma_x**2 + v**2 / sigma_y**2)
    wave = np.exp(bell + 1j * (2 * np.pi * frequency * u + offset)).astype(dtype)
    wave *= 1 / (2 * np.pi * sigma_x * sigma_y)
    return wave


def gabor(
    image: Any, frequency: Any, theta: Any = 0, bandwidth: Any = 1, sigma_x: Any = None, sigma_y: Any = None,
    n_stds: Any = 3, offset: Any = 0, mode: Any = "reflect", cval: Any = 0,
) -> Any:
    """Return the real and imaginary response to a Gabor kernel, as skimage.filters.gabor does.

    Parameters
    ----------
    image : (H, W) array
        Never scaled.
    frequency, theta, bandwidth, sigma_x, sigma_y, n_stds, offset
        As in `gabor_kernel`.
    mode, cval
        The border, as in `sobel`.

    Returns
    -------
    (H, W) array, (H, W) array
        In the image's dtype. Sums for integers lose their fraction and wrap around, as scikit-image's do: pass floats.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> real, imaginary = filters.gabor(numpy.ones((9, 9)), 0.3)
    >>> bool(abs(imaginary).max() < 1e-12)
    True
    """
    numbers = (frequency, theta, bandwidth, n_stds, offset, *(s for s in (sigma_x, sigma_y) if s is not None))
    plain = _is_gray(image) and (image.dtype.kind == "f" or image.dtype.newbyteorder("=") in WRAPPING)
    if not (plain and all(map(is_number, numbers)) and is_mode(mode, cval)):
        why = _refusal("gabor", image, " and finite parameters")
        return handed_on("gabor", why, image, frequency, theta, bandwidth, sigma_x, sigma_y, n_stds, offset, mode, cval)
    given = floats(image, preserve_range=True)
    kernel = gabor_kernel(frequency, theta, bandwidth, sigma_x, sigma_y, n_stds, offset,
                          np.complex64 if given.dtype == np.float32 else np.complex128)
    sums = (convolve(given.pixels, part, mode=MODES[mode], cval=cval, dtype=given.dtype)
            for part in (kernel.real, kernel.imag))
    real, imaginary = sums if image.dtype.kind == "f" else (_cut(part, image.dtype) for part in sums)
    return real, imaginary


def _cut(sums: Array, dtype: np.dtype[Any]) -> Array:
    """Cast sums as C does: without their fraction, modulo the integers' range."""
    result = np.empty(sums.shape, dtype.newbyteorder("="))

    def cast(rows: slice) -> None:
        result[rows] = sums[rows].astype(np.int64).astype(result.dtype)

    for_each(cast, iterate_strips(sums.shape))
    return result


def median(
    image: Any, footprint: Any = None, out: Any = None, mode: Any = "nearest", cval: Any = 0.0,
    behavior: Any = "ndimage",
) -> Any:
    """Return the median about each pixel, as skimage.filters.median does.

    Parameters
    ----------
    image : (H, W) array
        uint8, uint16, float32 or float64 is computed here.
    footprint : (k, k) array, optional
        A full square of odd size; 3 x 3 when left out. Other footprints go on to scikit-image.
    out : array, optional
        Of the image's shape and dtype.
    mode, cval
        The border, as in `sobel`; 'nearest' and 0.0 by default.
    behavior : {'ndimage', 'rank'}, default 'ndimage'
        'rank' goes on to scikit-image.

    Returns
    -------
    (H, W) array
        In the image's dtype.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.median(numpy.array([[1, 9, 1]], numpy.uint8))
    array([[1, 1, 1]], dtype=uint8)
    """
    from ...filters import FILTERS  # not needed by the linear filters

    if behavior == "rank" and (mode != "nearest" or cval != 0):
        warnings.warn("mode and cval mean nothing to behavior 'rank': leave them out", stacklevel=2)
        mode, cval = "nearest", 0.0
    size = _square(footprint)
    plain = _is_gray(image) and image.dtype.newbyteorder("=").str[1:] in ("u1", "u2", "f4", "f8")
    if not (plain and size and out is None and is_mode(mode, cval) and behavior == "ndimage" and "median" in FILTERS):
        return handed_on("median", _refusal("median", image, " and a full square of odd size"), image, footprint, out,
                         mode, cval, behavior)
    return FILTERS["median"].function(image, size, mode=MODES[mode], cval=cval)


def _square(footprint: Any) -> int | None:
    """Return the size of a full square of odd size; None: it is something else."""
    if footprint is None:
        return 3
    if not isinstance(footprint, np.ndarray) or footprint.ndim != 2 or not footprint.all():
        return None
    height, width = footprint.shape
    return height if height == width and height % 2 else None
