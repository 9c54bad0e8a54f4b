"""Relief: the image as a landscape lit from one side, on mid-gray."""

from typing import Annotated, Any

import numpy as np

from ..arrays.dtypes import Array
from ..weights.taps import cosine_and_sine
from .operation import Operation
from .operations import LevelPlusConvolution
from .parameters import Number
from .registry import register_filter
from .sample_range import range_dtype


@register_filter("relief")
def emboss(angle: Annotated[float, Number()] = 135.0, *, depth: Annotated[float, Number()] = 1.0) -> Operation:
    """Emboss: show the image as a relief lit from one side.

    Parameters
    ----------
    angle : float, default 135.0
        Direction of the light, in degrees counter-clockwise from the right; 135 is the upper left.
    depth : float, default 1.0
        Strength of the relief; below 0 it is inverted.

    Notes
    -----
    gray + depth (k * image), by convolution. k weighs each of the eight neighbors by the cosine of the angle between it
    and the light, scaled so that either side sums to 1: slopes that face the light are bright. gray is the middle of an
    unsigned integer image's range (128 of uint8), 0.5 for floats and booleans, and 0 for signed
    integers.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.emboss(numpy.array([[0, 0, 50, 50]], numpy.uint8), 180)
    array([[128, 178, 178, 128]], dtype=uint8)
    """
    return LevelPlusConvolution(depth * _relief_kernel(angle), _middle_gray, "mid-gray")


def _middle_gray(dtype: np.dtype[Any]) -> float:
    """Return the gray of a flat surface."""
    kind = range_dtype(dtype)
    return 0.5 if kind.kind in "fb" else 0.0 if kind.kind == "i" else 2.0 ** (8 * kind.itemsize - 1)


def _relief_kernel(angle: float) -> Array:
    """Return the kernel (3, 3) of a relief of depth 1."""
    across, up = cosine_and_sine(angle)
    y, x = np.mgrid[1:-2:-1, -1:2]
    away = np.hypot(x, y)
    away[1, 1] = 1
    kernel = (x * across + y * up) / away
    kernel[np.abs(kernel) < 1e-12] = 0
    scaled: Array = 2 * kernel / np.abs(kernel).sum()
    return scaled
