"""Replacements for scikit-image's gabor and gabor_kernel."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...arrays.layout import iterate_strips
from ...convolution import convolve
from ...runtime.threads import for_each
from .conditions import describe_support, is_gray, is_mode, is_number
from .fallback import call_original
from .scaling import MODES, as_floats

# Integers to which SciPy casts sums as C does: the fraction is dropped, and they wrap around.
WRAPPING = {np.dtype(code) for code in ("u1", "u2", "i1", "i2")}


def gabor_kernel(
    frequency: Any, theta: Any = 0, bandwidth: Any = 1, sigma_x: Any = None, sigma_y: Any = None, n_stds: Any = 3,
    offset: Any = 0, dtype: Any = np.complex128,
) -> Any:
    """Return a complex Gabor kernel, a wave under a Gaussian bell, as skimage.filters.gabor_kernel does.

    Parameters
    ----------
    frequency : float
        Of the wave, in cycles per pixel.
    theta : float, default 0
        Its direction in radians; 0 is along the rows.
    bandwidth : float, default 1
        In octaves; sets both sigmas that are not given.
    sigma_x, sigma_y : float, optional
        Standard deviations in pixels along and across the wave.
    n_stds : float, default 3
        Radius of the kernel, in standard deviations.
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
    plain = is_gray(image) and (image.dtype.kind == "f" or image.dtype.newbyteorder("=") in WRAPPING)
    if not (plain and all(map(is_number, numbers)) and is_mode(mode, cval)):
        why = describe_support("gabor", image, " and finite parameters")
        return call_original(
            "gabor", why, image, frequency, theta, bandwidth, sigma_x, sigma_y, n_stds, offset, mode, cval)
    given = as_floats(image, preserve_range=True)
    kernel = gabor_kernel(frequency, theta, bandwidth, sigma_x, sigma_y, n_stds, offset,
                          np.complex64 if given.dtype == np.float32 else np.complex128)
    sums = (convolve(given.pixels, part, mode=MODES[mode], cval=cval, dtype=given.dtype)
            for part in (kernel.real, kernel.imag))
    real, imaginary = sums if image.dtype.kind == "f" else (_cast_wrapping(part, image.dtype) for part in sums)
    return real, imaginary


def _cast_wrapping(sums: Array, dtype: np.dtype[Any]) -> Array:
    """Cast sums as C does: without their fraction, modulo the integers' range."""
    result = np.empty(sums.shape, dtype.newbyteorder("="))

    def cast(rows: slice) -> None:
        result[rows] = sums[rows].astype(np.int64).astype(result.dtype)

    for_each(cast, iterate_strips(sums.shape))
    return result
