"""Replacements for scikit-image's filters by Gaussian blurs: gaussian, difference_of_gaussians, unsharp_mask."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...arrays.layout import iterate_strips, layout_of
from ...engine.channelwise import Epilogue, KernelSet, filter_channelwise
from ...runtime.threads import for_each
from ...weights.taps import gaussian_taps
from .conditions import describe_support, is_flat, is_mode, is_number, is_plain
from .fallback import call_original
from .scaling import MODES, Floats, as_floats


def gaussian(
    image: Any, sigma: Any = 1.0, *, mode: Any = "nearest", cval: Any = 0, preserve_range: Any = False,
    truncate: Any = 4.0, channel_axis: Any = None, out: Any = None,
) -> Any:
    """Apply a Gaussian blur, as skimage.filters.gaussian does.

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
        Radius of the kernel, in standard deviations.
    channel_axis : int, optional
        Axis of the channels, which are filtered one by one. None: no channels; an array of three axes is then a
        volume, which scikit-image filters.
    out : array, optional
        Array of the image's shape, float32 or float64, that receives the result.

    Returns
    -------
    array of the image's shape
        float32 for a float16 or float32 image, else float64.

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
    sigmas = _parse_sigmas(sigma)
    room = out is None or (type(out) is np.ndarray and out.dtype in (np.float32, np.float64) and out.flags.writeable
                           and is_plain(image) and out.shape == image.shape)
    if not (room and sigmas and is_flat(image, channel_axis) and _is_gaussian(mode, cval, truncate)):
        why = describe_support(
            "gaussian", image, " (or one with a channel_axis), one border mode and sigma of at least 0")
        return call_original("gaussian", why, image, sigma, mode=mode, cval=cval, preserve_range=preserve_range,
                             truncate=truncate, channel_axis=channel_axis, out=out)
    return _blur(as_floats(image, preserve_range), sigmas, mode, cval, truncate, channel_axis, out)


def _blur(
    given: Floats, sigmas: tuple[float, float], mode: str, cval: float, truncate: float, channel_axis: int | None,
    out: Array | None = None,
) -> Array:
    """Return the blurred image, in its dtype or that of out."""
    column, row = (gaussian_taps(sigma, truncate) for sigma in sigmas)
    result: Array = filter_channelwise(
        given.pixels, KernelSet.separable(given.times(column), row), mode=MODES[mode], cval=given.beyond(cval),
        dtype=given.dtype if out is None else out.dtype, out=out,
        channel_axis=-1 if channel_axis is None else channel_axis)
    return result


def _parse_sigmas(sigma: Any) -> tuple[float, float] | None:
    """Return the widths down and across, or None if they are something else."""
    if isinstance(sigma, np.ndarray):
        sigma = sigma.tolist()
    pair = (sigma, sigma) if is_number(sigma) else sigma
    known = isinstance(pair, (tuple, list)) and len(pair) == 2 and all(is_number(one) and one >= 0 for one in pair)
    return (float(pair[0]), float(pair[1])) if known else None


def _is_gaussian(mode: Any, cval: Any, truncate: Any) -> bool:
    return is_mode(mode, cval) and is_number(truncate) and truncate > 0


def difference_of_gaussians(
    image: Any, low_sigma: Any, high_sigma: Any = None, *, mode: Any = "nearest", cval: Any = 0,
    channel_axis: Any = None, truncate: Any = 4.0,
) -> Any:
    """Subtract a wide Gaussian blur from a narrow one, as skimage.filters.difference_of_gaussians does.

    Parameters
    ----------
    image, mode, cval, channel_axis, truncate
        As in `gaussian`.
    low_sigma : float or (float, float)
        Width of the narrow bell in pixels, down and across.
    high_sigma : float or (float, float), optional
        Width of the wide bell, at least as large. Default: 1.6 low_sigma.

    Returns
    -------
    array of the image's shape
        float32 for a float16 or float32 image, else float64.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.difference_of_gaussians(numpy.array([[0.0, 1, 0, 0]]), 0.5).round(3)
    array([[-0.122,  0.288, -0.122, -0.022]])
    """
    low = _parse_sigmas(low_sigma)
    high = _parse_sigmas(high_sigma) if high_sigma is not None or low is None else (1.6 * low[0], 1.6 * low[1])
    rising = low and high and low[0] <= high[0] and low[1] <= high[1]
    if not (rising and is_flat(image, channel_axis) and _is_gaussian(mode, cval, truncate)):
        why = describe_support("difference_of_gaussians", image, ", one border mode and low_sigma from 0 to high_sigma")
        return call_original("difference_of_gaussians", why, image, low_sigma, high_sigma, mode=mode, cval=cval,
                         channel_axis=channel_axis, truncate=truncate)
    given = as_floats(image)
    assert low and high
    result = _blur(given, low, mode, cval, truncate, channel_axis)
    wide = _blur(given, high, mode, cval, truncate, channel_axis)
    for_each(lambda rows: np.subtract(result[rows], wide[rows], out=result[rows]), iterate_strips(result.shape))
    return result


def unsharp_mask(
    image: Any, radius: Any = 1.0, amount: Any = 1.0, preserve_range: Any = False, *, channel_axis: Any = None
) -> Any:
    """Sharpen by unsharp masking, as skimage.filters.unsharp_mask does.

    Parameters
    ----------
    image : (H, W) array, or (H, W, C) or another order with channel_axis
        Integers are scaled to [0, 1] or [-1, 1] unless preserve_range.
    radius : float or (float, float), default 1.0
        Standard deviation of the blur in pixels, down and across; its border is 'reflect'.
    amount : float, default 1.0
        Factor of the difference that is added.
    preserve_range : bool, default False
        Neither scale integers nor clip. Else the result is clipped to [0, 1], or to [-1, 1] when any sample is
        negative: floats above 1 too.
    channel_axis : int, optional
        As in `gaussian`. (scikit-image 0.26 fills only a part of the result when it is -1 or -2.)

    Returns
    -------
    array of the image's shape
        float32 for a float16 or float32 image, else float64.

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
    radii = _parse_sigmas(radius)
    if not (radii and is_number(amount) and is_flat(image, channel_axis)):
        why = describe_support("unsharp_mask", image, " (or one with a channel_axis), and radius of at least 0")
        return call_original("unsharp_mask", why, image, radius, amount, preserve_range, channel_axis=channel_axis)
    given = as_floats(image, preserve_range)
    column, row = (gaussian_taps(one) for one in radii)
    sharpened = KernelSet.separable(column, row).with_epilogue(Epilogue("difference", float(amount)))
    result: Array = filter_channelwise(
        given.pixels, sharpened, dtype=given.dtype, channel_axis=-1 if channel_axis is None else channel_axis)
    if not preserve_range:
        _scale_and_clip(result, given, layout_of(result.shape, channel_axis).spatial[0])
    return result


def _scale_and_clip(result: Array, given: Floats, rows: int) -> None:
    """Scale a result and clip it to [0, 1], or to [-1, 1] if the image has negative samples. rows: their axis."""
    least = -1 if given.pixels.dtype.kind in "if" and (given.pixels < 0).any() else 0

    def finish_strip(some: slice) -> None:
        part = result[(slice(None),) * rows + (some,)]
        if given.scale != 1:
            part *= given.scale
        np.clip(part, least, 1, out=part)

    for_each(finish_strip, iterate_strips(result.shape, rows))
