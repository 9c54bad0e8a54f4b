"""Kernels as plain arrays: those of the filters, for `imfilter.convolve`, `imfilter.conv2d` or anything else.

There is a function for each filter that is made of kernels. It takes the filter's own parameters and returns a new
float64 array (kh, kw), `kirsch` (8, 3, 3), as `imfilter.convolve` takes it: the impulse response. Where the filter has
several kernels, the parameters choose one: `sobel` takes axis 0 by default, `gabor` angle 0 and the real part.

The even sizes of `box` and `binomial` are the only exception: these filters correlate, so their center is at size // 2.

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

from ..errors import ImfilterError, suggest
from ..weights.compass import rotate
from ..weights.footprints import footprint
from ..weights.taps import Array
from .from_filters import kernel_function, kernel_names
from .normalization import normalize

__all__ = ["footprint", "named", "normalize", "rotate"]


def named(name: str, **parameters: Any) -> Array:
    """Return the kernel of the filter with this name.

    Parameters
    ----------
    name : str
        The name of a filter that is made of kernels.
    **parameters
        The filter's own parameters.

    Returns
    -------
    (kh, kw) array of float64
        A new one; of kirsch (8, 3, 3).

    Raises
    ------
    ImfilterError
        When there is no such kernel, or a parameter is wrong.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.named("sobel", axis=1)[0]
    array([ 0.25,  0.  , -0.25])
    """
    names = kernel_names()
    if name not in names:
        raise ImfilterError(f"there is no kernel {name!r}{suggest(str(name), names)}")
    return kernel_function(name)(**parameters)


def __getattr__(name: str) -> Callable[..., Array]:
    if name.startswith("_") or name not in (names := kernel_names()):
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}{'' if name.startswith('_') else suggest(name, names)}")
    return kernel_function(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *kernel_names()})
