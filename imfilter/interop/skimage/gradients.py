"""Replacements for scikit-image's gradients: sobel, scharr, prewitt, farid, roberts, laplace."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.channelwise import KernelSet, filter_channelwise
from ...weights import gradients
from .conditions import describe_support, is_gray, is_mask, is_mode
from .fallback import call_original
from .scaling import MODES, apply_mask, as_floats

GRADIENTS = {
    "sobel": np.outer(gradients.DIFFERENCE, gradients.SOBEL),
    "scharr": np.outer(gradients.DIFFERENCE, gradients.SCHARR),
    "prewitt": np.outer(gradients.DIFFERENCE, gradients.PREWITT),
    "farid": np.outer(gradients.FARID_DIFFERENCE, gradients.FARID_SMOOTHING),
}


def _gradient(
    name: str, image: Any, mask: Any, axis: Any, mode: Any, cval: Any, fall_back: Callable[[str], Any]
) -> Any:
    """Return a derivative or the magnitude of both. fall_back: called with a reason for what is not computed here."""
    if isinstance(axis, (tuple, list)) and sorted(map(repr, axis)) == ["0", "1"]:
        axis = None
    known = axis is None or (isinstance(axis, (int, np.integer)) and axis in (0, 1))
    if not (is_gray(image) and known and is_mode(mode, cval) and is_mask(mask, image)):
        return fall_back(describe_support(
            name, image, ", axis None, 0 or 1, one border mode and a mask of the image's shape"))
    down = GRADIENTS[name]
    return _edges(image, down if axis == 0 else down.T if axis == 1 else (down, down.T), mask, mode, cval)


def _edges(
    image: Array, weights: Array | tuple[Array, Array], mask: Any, mode: str = "reflect", cval: float = 0
) -> Any:
    """Convolve a scaled image with one kernel, or take the magnitude of two, and mask it."""
    given = as_floats(image)
    if isinstance(weights, tuple):
        kernels = KernelSet.magnitude(given.times(weights[0]), given.times(weights[1]), flip=True)
    else:
        kernels = KernelSet.from_kernel(given.times(weights), flip=True)
    result = filter_channelwise(
        given.pixels, kernels, mode=MODES[mode], cval=given.beyond(cval), dtype=given.dtype)
    return apply_mask(result, mask)


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
        How the image continues beyond its border, by SciPy's names; also 'grid-mirror', 'grid-constant', 'grid-wrap'.
    cval : float, default 0.0
        Samples beyond the border of the scaled image when mode is 'constant'.

    Returns
    -------
    (H, W) array
        float32 for a float16 or float32 image, else float64.

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
    return _gradient("sobel", image, mask, axis, mode, cval, lambda why: call_original(
        "sobel", why, image, mask, axis=axis, mode=mode, cval=cval))


def sobel_h(image: Any, mask: Any = None) -> Any:
    """Find horizontal edges: `sobel` with axis 0."""
    return _gradient("sobel", image, mask, 0, "reflect", 0, lambda why: call_original("sobel_h", why, image, mask))


def sobel_v(image: Any, mask: Any = None) -> Any:
    """Find vertical edges: `sobel` with axis 1."""
    return _gradient("sobel", image, mask, 1, "reflect", 0, lambda why: call_original("sobel_v", why, image, mask))


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
    return _gradient("scharr", image, mask, axis, mode, cval, lambda why: call_original(
        "scharr", why, image, mask, axis=axis, mode=mode, cval=cval))


def scharr_h(image: Any, mask: Any = None) -> Any:
    """Find horizontal edges: `scharr` with axis 0."""
    return _gradient("scharr", image, mask, 0, "reflect", 0, lambda why: call_original("scharr_h", why, image, mask))


def scharr_v(image: Any, mask: Any = None) -> Any:
    """Find vertical edges: `scharr` with axis 1."""
    return _gradient("scharr", image, mask, 1, "reflect", 0, lambda why: call_original("scharr_v", why, image, mask))


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
    return _gradient("prewitt", image, mask, axis, mode, cval, lambda why: call_original(
        "prewitt", why, image, mask, axis=axis, mode=mode, cval=cval))


def prewitt_h(image: Any, mask: Any = None) -> Any:
    """Find horizontal edges: `prewitt` with axis 0."""
    return _gradient("prewitt", image, mask, 0, "reflect", 0, lambda why: call_original("prewitt_h", why, image, mask))


def prewitt_v(image: Any, mask: Any = None) -> Any:
    """Find vertical edges: `prewitt` with axis 1."""
    return _gradient("prewitt", image, mask, 1, "reflect", 0, lambda why: call_original("prewitt_v", why, image, mask))


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
    return _gradient("farid", image, mask, axis, mode, cval, lambda why: call_original(
        "farid", why, image, mask, axis=axis, mode=mode, cval=cval))


def farid_h(image: Any, *, mask: Any = None) -> Any:
    """Find horizontal edges: `farid` with axis 0."""
    return _gradient("farid", image, mask, 0, "reflect", 0, lambda why: call_original("farid_h", why, image, mask=mask))


def farid_v(image: Any, *, mask: Any = None) -> Any:
    """Find vertical edges: `farid` with axis 1."""
    return _gradient("farid", image, mask, 1, "reflect", 0, lambda why: call_original("farid_v", why, image, mask=mask))


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
    return _filter_edges("roberts", gradients.ROBERTS, image, mask)


def roberts_pos_diag(image: Any, mask: Any = None) -> Any:
    """Find edges along the falling diagonal, with [1 0; 0 -1], as skimage.filters.roberts_pos_diag does."""
    return _filter_edges("roberts_pos_diag", gradients.ROBERTS[0], image, mask)


def roberts_neg_diag(image: Any, mask: Any = None) -> Any:
    """Find edges along the rising diagonal, with [0 1; -1 0], as skimage.filters.roberts_neg_diag does."""
    return _filter_edges("roberts_neg_diag", gradients.ROBERTS[1], image, mask)


def _filter_edges(name: str, weights: Array | tuple[Array, Array], image: Any, mask: Any) -> Any:
    if not (is_gray(image) and is_mask(mask, image)):
        return call_original(name, describe_support(name, image, " and a mask of its shape"), image, mask)
    return _edges(image, weights, mask)


def laplace(image: Any, ksize: Any = 3, mask: Any = None) -> Any:
    """Find edges by the Laplacian, as skimage.filters.laplace does.

    image and mask, scaling and result are those of `sobel`; the kernel is [0 -1 0; -1 4 -1; 0 -1 0]. Other sizes
    than 3 are left to scikit-image.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop import skimage as filters
    >>> filters.laplace(numpy.array([[0.0, 1, 0]]))
    array([[-1.,  2., -1.]])
    """
    if not (is_gray(image) and is_mask(mask, image) and isinstance(ksize, int) and ksize == 3):
        why = describe_support("laplace", image, ", ksize 3 and a mask of the image's shape")
        return call_original("laplace", why, image, ksize, mask)
    return _edges(image, gradients.LAPLACE, mask)
