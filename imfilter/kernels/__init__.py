"""Kernels as plain arrays: those of the filters, for `imfilter.convolve`, `imfilter.conv2d` or anything else.

Each function returns a new float64 array (kh, kw), `kirsch` (8, 3, 3), as `imfilter.convolve` takes it: what a single
bright pixel becomes. Parameters and their units are those of the filter of the same name. A parameter that is wrong, or
asks for more than 2^24 taps, is refused with ImfilterError.

Even sizes of `box` and `binomial` are the one difference: those filters correlate, so their center stands at size // 2.

Examples
--------
>>> import imfilter, numpy
>>> photo = numpy.array([[0, 0, 80, 80]] * 3, numpy.uint8)
>>> imfilter.convolve(photo, imfilter.kernels.sobel(1), dtype=numpy.float32)[1]
array([ 0., 80., 80.,  0.], dtype=float32)
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import DtypeError, ImfilterError, suggest
from .blurs import binomial, box, disk, gaussian, motion, smooth, smooth_more
from .edges import (
    difference_of_gaussians,
    farid,
    find_edges,
    gabor,
    kirsch,
    laplace,
    laplacian_of_gaussian,
    prewitt,
    roberts,
    rotate,
    scharr,
    sobel,
)
from .sharpening import detail, edge_enhance, edge_enhance_more, emboss, sharpen, unsharp_mask
from .taps import Array

KERNELS: dict[str, Callable[..., Array]] = {made.__name__: made for made in (
    box, gaussian, binomial, disk, motion, smooth, smooth_more, sharpen, unsharp_mask, edge_enhance,
    edge_enhance_more, detail, sobel, scharr, prewitt, farid, roberts, kirsch, laplace, laplacian_of_gaussian,
    difference_of_gaussians, gabor, find_edges, emboss)}

__all__ = [
    "KERNELS", "binomial", "box", "detail", "difference_of_gaussians", "disk", "edge_enhance", "edge_enhance_more",
    "emboss", "farid", "find_edges", "gabor", "gaussian", "kirsch", "laplace", "laplacian_of_gaussian", "motion",
    "named", "normalize", "prewitt", "roberts", "rotate", "scharr", "sharpen", "smooth", "smooth_more", "sobel",
    "unsharp_mask",
]


def named(name: str, **parameters: Any) -> Array:
    """Return the kernel of this name.

    Parameters
    ----------
    name : str
        One of `imfilter.kernels.KERNELS`.
    **parameters
        As the function of that name takes them.

    Raises
    ------
    ImfilterError
        When there is no such kernel.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.named("sobel", axis=1)[0]
    array([ 0.25,  0.  , -0.25])
    """
    if name not in KERNELS:
        raise ImfilterError(f"there is no kernel {name!r}{suggest(str(name), KERNELS)}")
    return KERNELS[name](**parameters)


def normalize(kernel: Any) -> Array:
    """Return the kernel divided by the sum of its weights, so that a constant image stays as it is.

    Parameters
    ----------
    kernel : array
        Finite real weights of any shape that do not sum to 0.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.normalize([[1, 2, 1]])
    array([[0.25, 0.5 , 0.25]])
    """
    given = np.asarray(kernel)
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"kernel must hold real numbers, got dtype {given.dtype}")
    weights = given.astype(np.float64)
    with np.errstate(over="ignore"):
        total = float(weights.sum())
    if not np.isfinite(total):
        raise ImfilterError("kernel must be finite, got NaN or infinity in it or in its sum")
    if abs(total) <= 1e-15 * float(np.abs(weights).sum()):
        raise ImfilterError(f"kernel must not sum to 0 to be normalized, got the sum {total:g}")
    result: Array = weights / total
    return result
