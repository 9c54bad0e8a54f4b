"""Replacement for scikit-image's median."""
from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .conditions import describe_support, is_gray, is_mode
from .fallback import call_original
from .scaling import MODES

DTYPES = {"u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"}  # SciPy converts integers of 64 bits to floats


def median(
    image: Any, footprint: Any = None, out: Any = None, mode: Any = "nearest", cval: Any = 0.0,
    behavior: Any = "ndimage",
) -> Any:
    """Return the median of each window, as skimage.filters.median does.

    Parameters
    ----------
    image : (H, W) array
        Integers of 8 to 32 bits, float32 and float64 are computed here.
    footprint : (k, k) array, optional
        A full square of odd size, by default 3 x 3. Other footprints are left to scikit-image.
    out : array, optional
        Of the image's shape and dtype.
    mode, cval
        The border, as in `sobel`; 'nearest' and 0.0 by default.
    behavior : {'ndimage', 'rank'}, default 'ndimage'
        'rank' is left to scikit-image.

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
        warnings.warn("behavior 'rank' ignores mode and cval: omit them", stacklevel=2)
        mode, cval = "nearest", 0.0
    size = _square_size(footprint)
    plain = (is_gray(image) and image.dtype.newbyteorder("=").str[1:] in DTYPES and is_mode(mode, cval)
             and _is_sample(cval, mode, image.dtype))
    if not (plain and size and out is None and behavior == "ndimage" and "median" in FILTERS):
        why = describe_support("median", image, " and a full square of odd size")
        return call_original("median", why, image, footprint, out, mode, cval, behavior)
    return FILTERS["median"].function(image, size, mode=MODES[mode], cval=cval)


def _square_size(footprint: Any) -> int | None:
    """Return the size of a full square of odd size, or None if it is something else."""
    if footprint is None:
        return 3
    if not isinstance(footprint, np.ndarray) or footprint.ndim != 2 or not footprint.all():
        return None
    height, width = footprint.shape
    return height if height == width and height % 2 else None


def _is_sample(cval: Any, mode: str, dtype: np.dtype[Any]) -> bool:
    """Return whether a border of this value is a number of the dtype: SciPy truncates others, or lets them wrap."""
    if MODES[mode] != "constant" or dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return bool(limits.min <= cval <= limits.max and cval == int(cval))
