"""Relief: the image as a landscape lit from one side, on mid-gray."""

from typing import Annotated, Any, Unpack

import numpy as np

from .. import kernels
from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..convolution import convolve
from .combine import combine
from .parameters import Number
from .registry import Common, preset
from .sample_range import range_dtype

__all__ = ["emboss"]


@preset("relief")
def emboss(
    image: Any, angle: Annotated[float, Number()] = 135.0, *, depth: Annotated[float, Number()] = 1.0,
    **common: Unpack[Common],
) -> Any:
    """Show the image as a relief, lit from one side.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    angle : float, default 135.0
        Where the light comes from, in degrees counter-clockwise from the right; 135 is the upper left.
    depth : float, default 1.0
        How strong the relief is; below 0 it is turned inside out.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    gray + depth (k * image), by convolution. k weighs each of the eight neighbors by the cosine of the angle
    between it and the light, scaled so that either side sums to 1: bright is high, and slopes that face the light
    are bright. gray is the middle of an unsigned integer image's range (128 of uint8), 0.5 for floats, and 0 for
    signed integers.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.emboss(numpy.array([[0, 0, 50, 50]], numpy.uint8), 180)
    array([[128, 178, 178, 128]], dtype=uint8)
    """
    kind = range_dtype(as_array(image).dtype)
    gray = 0.5 if kind.kind == "f" else 0.0 if kind.kind == "i" else 2.0 ** (8 * kind.itemsize - 1)

    def lit(pixels: Array, **options: Any) -> Array:
        relief: Array = convolve(pixels, depth * kernels.emboss(angle), **options)
        return np.add(relief, gray, out=relief)

    return combine(image, lit, **common)
