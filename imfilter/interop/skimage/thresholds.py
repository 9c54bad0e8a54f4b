"""Replacements for scikit-image's local thresholds: threshold_local, threshold_niblack, threshold_sauvola."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from .conditions import describe_support, is_gray, is_mode, is_number
from .fallback import call_original
from .scaling import MODES


def threshold_local(
    image: Any, block_size: Any = 3, method: Any = "gaussian", offset: Any = 0, mode: Any = "reflect",
    param: Any = None, cval: Any = 0,
) -> Any:
    """Return a threshold for each pixel from its neighborhood, as skimage.filters.threshold_local does.

    Parameters
    ----------
    image : (H, W) array
        It is not scaled.
    block_size : int or (int, int), default 3
        Odd rows and columns of the neighborhood.
    method : {'gaussian', 'mean'}, default 'gaussian'
        'median' and 'generic' are left to scikit-image.
    offset : float, default 0
        What is taken from the blurred image.
    mode, cval
        The border, as in `sobel`; 'reflect' and 0 by default.
    param : float or (float, float), optional
        Standard deviation of the Gaussian; None: (block_size - 1) / 6.

    Returns
    -------
    (H, W) array
        float32 for a float16 or float32 image, else float64.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.threshold_local(numpy.array([[1, 9, 2]]), (1, 3), "mean")
    array([[3.66666667, 4.        , 4.33333333]])
    """
    from ...filters import FILTERS  # not needed by the other filters

    size, sigma = _odd_sizes(block_size), None
    if size and method == "gaussian":
        sigma = tuple((side - 1) / 6 for side in size) if param is None else _parse_sigma(param)
    plain = is_gray(image) and is_mode(mode, cval) and is_number(offset) and _is_small(image)
    if not (plain and size and (sigma or method == "mean")):
        why = describe_support("threshold_local", image, ", odd sizes and method 'gaussian' or 'mean'")
        return call_original("threshold_local", why, image, block_size, method, offset, mode, param, cval)
    name, value = ("gaussian", sigma) if sigma else ("local_mean", size)
    level = FILTERS[name].function(image, value, mode=MODES[mode], cval=cval, dtype=_float_dtype(image))
    return level - offset


def threshold_niblack(image: Any, window_size: Any = 15, k: Any = 0.2) -> Any:
    """Return Niblack's threshold m - k s for each pixel, as skimage.filters.threshold_niblack does.

    Parameters
    ----------
    image : (H, W) array
        It is not scaled.
    window_size : int or (int, int), default 15
        Odd rows and columns of the window.
    k : float, default 0.2
        How many deviations s the threshold lies below the mean m.

    Returns
    -------
    (H, W) array
        float32 for a float16 or float32 image, else float64.

    Notes
    -----
    Deviations are exact where scikit-image's cancel: that of equal samples is 0.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.threshold_niblack(numpy.array([[1, 1, 5]] * 3), 1)
    array([[1., 1., 5.],
           [1., 1., 5.],
           [1., 1., 5.]])
    """
    found = _measure(image, window_size) if is_number(k) else None
    if found is None:
        why = describe_support("threshold_niblack", image, " and odd sizes")
        return call_original("threshold_niblack", why, image, window_size, k)
    mean, deviation = found
    return mean - k * deviation


def threshold_sauvola(image: Any, window_size: Any = 15, k: Any = 0.2, r: Any = None) -> Any:
    """Return Sauvola's threshold m (1 + k (s / r - 1)) for each pixel, as skimage.filters.threshold_sauvola does.

    Parameters
    ----------
    image : (H, W) array
        It is not scaled.
    window_size : int or (int, int), default 15
        Odd rows and columns of the window.
    k : float, default 0.2
        How far the threshold falls below the mean m where the image is flat.
    r : float, optional
        The deviation s at which it is the mean; None: half of the range of the dtype, 1 for floats.

    Returns
    -------
    (H, W) array
        float32 for a float16 or float32 image, else float64.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.threshold_sauvola(numpy.full((1, 3), 100, numpy.uint8), (1, 3))
    array([[80., 80., 80.]])
    """
    from ...filters.threshold import half_range

    found = _measure(image, window_size) if is_number(k) and (r is None or (is_number(r) and r != 0)) else None
    if found is None:
        why = describe_support("threshold_sauvola", image, " and odd sizes")
        return call_original("threshold_sauvola", why, image, window_size, k, r)
    mean, deviation = found
    return mean * (1 + k * (deviation / (half_range(image.dtype) if r is None else r) - 1))


def _measure(image: Any, window_size: Any) -> tuple[Array, Array] | None:
    """Return the mean and the deviation of each window, or None where scikit-image computes them."""
    from ...filters import FILTERS

    size = _odd_sizes(window_size)
    if not (size and is_gray(image) and _is_small(image)):
        return None
    mean, deviation = (FILTERS[name].function(image, size, mode="mirror", dtype=_float_dtype(image))
                       for name in ("local_mean", "local_std"))
    return mean, deviation


def _odd_sizes(given: Any) -> tuple[int, int] | None:
    """Return odd rows and columns, or None if it is something else."""
    sizes = (given, given) if isinstance(given, (int, np.integer)) else given
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 2:
        return None
    if not all(isinstance(side, (int, np.integer)) and 0 < side < 2**14 and side % 2 for side in sizes):
        return None
    return int(sizes[0]), int(sizes[1])


def _parse_sigma(given: Any) -> tuple[float, float] | None:
    """Return both standard deviations, or None if it is something else."""
    sigmas = given if isinstance(given, (tuple, list)) else (given, given)
    fits = len(sigmas) == 2 and all(is_number(one) and one >= 0 for one in sigmas)
    return (float(sigmas[0]), float(sigmas[1])) if fits else None


def _is_small(image: Array) -> bool:
    """Return whether all of its samples are exact in double."""
    return image.dtype.kind in "bf" or image.dtype.itemsize <= 4 or bool(np.abs(image.astype(float)).max() < 2**53)


def _float_dtype(image: Array) -> np.dtype[Any]:
    return np.dtype(np.float32 if image.dtype.kind == "f" and image.dtype.itemsize <= 4 else np.float64)
