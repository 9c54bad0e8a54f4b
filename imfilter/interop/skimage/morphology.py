"""Drop-in replacements for scikit-image's gray morphology: `from imfilter.interop.skimage import morphology`.

Signatures, defaults, footprints, borders and dtypes are those of skimage.morphology in scikit-image 0.26. Images (H, W)
are computed here; everything else is left to scikit-image if it is installed, so its errors are its own. All other
names of skimage.morphology are scikit-image's.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays.dtypes import Array, sample_limits
from ..differences import subtract
from .conditions import describe_support, is_gray, is_number
from .fallback import PACKAGES, call_original

__all__ = ["black_tophat", "closing", "dilation", "erosion", "opening", "white_tophat"]

# SciPy converts integers of 64 bits to floats, and has no float16.
DTYPES = {"b1", "u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"}
MODES = ("reflect", "constant", "nearest", "mirror", "wrap", "max", "min", "ignore")
Footprints = list[tuple[Array, int]]  # and how often each is used


def __getattr__(name: str) -> Any:
    return PACKAGES["morphology"].find_other(name, __name__)


def erosion(image: Any, footprint: Any = None, out: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Return the gray erosion, as skimage.morphology.erosion does.

    Parameters
    ----------
    image : (H, W) array
        Booleans, integers of 8 to 32 bits, float32 and float64 are computed here.
    footprint : array or sequence of (array, int), optional
        Pixels that count, and how often each footprint is used; by default a cross of 3 x 3.
    out : array, optional
        Of the image's shape and dtype.
    mode : str, default 'reflect'
        'reflect', 'constant', 'nearest', 'mirror', 'wrap', 'max', 'min' or 'ignore'.
    cval : float, default 0.0
        The constant of mode 'constant'.

    Returns
    -------
    (H, W) array
        In the image's dtype.

    Notes
    -----
    scikit-image's version 2 (module skimage2) has other defaults: mode 'ignore', and a dilation that mirrors the
    footprint.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import morphology
    >>> morphology.erosion(numpy.array([[9, 9, 5, 9, 9]], numpy.uint8))
    array([[9, 5, 5, 5, 9]], dtype=uint8)
    """
    return _filter("erosion", ("erode",), image, footprint, out, mode, cval)


def dilation(image: Any, footprint: Any = None, out: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Return the gray dilation, as skimage.morphology.dilation does. Parameters are those of `erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import morphology
    >>> morphology.dilation(numpy.array([[0, 0, 5, 0, 0]], numpy.uint8))
    array([[0, 5, 5, 5, 0]], dtype=uint8)
    """
    return _filter("dilation", ("dilate",), image, footprint, out, mode, cval)


def opening(image: Any, footprint: Any = None, out: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Return the gray opening, as skimage.morphology.opening does. Parameters are those of `erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import morphology
    >>> morphology.opening(numpy.array([[1, 9, 1, 7, 7, 7, 1]], numpy.uint8))
    array([[1, 1, 1, 7, 7, 7, 1]], dtype=uint8)
    """
    return _filter("opening", ("erode", "dilate"), image, footprint, out, mode, cval)


def closing(image: Any, footprint: Any = None, out: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Return the gray closing, as skimage.morphology.closing does. Parameters are those of `erosion`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import morphology
    >>> morphology.closing(numpy.array([[9, 1, 9, 3, 3, 3, 9]], numpy.uint8))
    array([[9, 9, 9, 3, 3, 3, 9]], dtype=uint8)
    """
    return _filter("closing", ("dilate", "erode"), image, footprint, out, mode, cval)


def white_tophat(image: Any, footprint: Any = None, out: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Return the image minus its opening, as skimage.morphology.white_tophat does. Parameters are those of `erosion`.

    Differences of integers wrap, as in scikit-image; those of `imfilter.white_tophat` are saturated.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import morphology
    >>> morphology.white_tophat(numpy.array([[1, 9, 1, 7, 7, 7, 1]], numpy.uint8))
    array([[0, 8, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    opened = _compute("opening", ("erode", "dilate"), image, footprint, out, mode, cval)
    if opened is None:
        return _pass_on("white_tophat", image, footprint, out, mode, cval)
    return subtract(image, opened, opened if out is None else out)


def black_tophat(image: Any, footprint: Any = None, out: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    """Return the closing minus the image, as skimage.morphology.black_tophat does. Parameters are those of `erosion`.

    Differences of integers wrap, as in scikit-image; those of `imfilter.black_tophat` are saturated.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import morphology
    >>> morphology.black_tophat(numpy.array([[9, 1, 9, 3, 3, 3, 9]], numpy.uint8))
    array([[0, 8, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    closed = _compute("closing", ("dilate", "erode"), image, footprint, out, mode, cval)
    if closed is None:
        return _pass_on("black_tophat", image, footprint, out, mode, cval)
    return subtract(closed, image, closed if out is None else out)


def _filter(
    name: str, steps: tuple[str, ...], image: Any, footprint: Any, out: Any, mode: Any, cval: Any
) -> Any:
    """Return a filter's result, computed here or by scikit-image."""
    result = _compute(name, steps, image, footprint, out, mode, cval)
    if result is None:
        return _pass_on(name, image, footprint, out, mode, cval)
    if out is None or result is out:
        return result
    out[...] = result
    return out


def _pass_on(name: str, image: Any, footprint: Any, out: Any, mode: Any, cval: Any) -> Any:
    why = describe_support(name, image, ", footprints of two axes, and an `out` of its shape and dtype")
    # Its functions take no `out` by position.
    return call_original(name, why, image, footprint, out=out, package="morphology", mode=mode, cval=cval)


def _compute(
    name: str, steps: tuple[str, ...], image: Any, footprint: Any, out: Any, mode: Any, cval: Any
) -> Array | None:
    """Return the result of one step or two, or None where it is left to scikit-image. out: only looked at."""
    from ...filters import FILTERS

    plain = (is_gray(image) and image.dtype.newbyteorder("=").str[1:] in DTYPES and isinstance(mode, str)
             and mode in MODES and is_number(cval) and _is_target(out, image))
    footprints = _read_footprints(footprint) if plain else None
    if footprints is None:
        return None
    border = _border(mode, cval, image.dtype)
    if border is None:
        return None
    if len(steps) == 2 and len(footprints) == 1 and footprints[0][1] <= 1:
        result: Array = FILTERS[name].function(image, footprint=footprints[0][0], **border)
        return result
    result = image
    for k, step in enumerate(steps):
        for number, (shape, count) in enumerate(footprints):
            element = _mirror(shape) if k else shape
            for _ in range(max(count, number == 0)):  # scikit-image uses the first one at least once
                result = FILTERS[step].function(result, footprint=element, **border)
    return result


def _border(mode: str, cval: Any, dtype: np.dtype[Any]) -> dict[str, Any] | None:
    """Return the border as the filters here take it; None where the constant is no number of the dtype."""
    low, high = sample_limits(dtype)
    if mode in ("min", "max"):
        return {"mode": "constant", "cval": float(low if mode == "min" else high)}
    if mode == "constant" and dtype.kind != "f" and (not low <= cval <= high or cval != int(cval)):
        return None  # SciPy truncates them, or lets them wrap
    return {"mode": mode, "cval": cval if mode == "constant" else 0.0}


def _is_target(out: Any, image: Array) -> bool:
    return out is None or (
        type(out) is np.ndarray and out.shape == image.shape and out.dtype == image.dtype and out.flags.writeable)


def _read_footprints(given: Any) -> Footprints | None:
    """Return boolean footprints of two axes and their counts; None for all that scikit-image has to look at."""
    if given is None:
        return [(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool), 1)]
    parts = [(given, 1)] if isinstance(given, np.ndarray) else given
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        return None
    for part in parts:
        if not (isinstance(part, Sequence) and len(part) == 2 and _is_footprint(part[0])
                and isinstance(part[1], (int, np.integer))):
            return None
    return [(np.asarray(shape, bool), int(count)) for shape, count in parts]


def _is_footprint(shape: Any) -> bool:
    return isinstance(shape, np.ndarray) and shape.ndim == 2 and shape.dtype.kind in "buif" and bool(shape.any())


def _mirror(shape: Array) -> Array:
    """Return a footprint turned by half a turn around its pixel: an even size is padded at the front first."""
    return np.pad(shape, [(1 - n % 2, 0) for n in shape.shape])[::-1, ::-1]
