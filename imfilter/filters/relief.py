"""Relief: the image as a landscape lit from one side, on mid-grey."""

from typing import Annotated, Any, Unpack

import numpy as np

from .. import kernels
from ..convolution import convolve
from ..images import Array, as_array
from .combine import combine
from .levels import levels
from .parameters import Number
from .registry import Common, preset

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
    grey + depth (k * image), by convolution. k weighs each of the eight neighbours by the cosine of the angle
    between it and the light, scaled so that either side sums to 1: bright is high, and slopes that face the light
    are bright. grey is the middle of an unsigned integer image's range (128 of uint8), 0.5 for floats, and 0 for
    signed integers.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.emboss(numpy.array([[0, 0, 50, 50]], numpy.uint8), 180)
    array([[128, 178, 178, 128]], dtype=uint8)
    """
    kind = levels(as_array(image).dtype)
    grey = 0.5 if kind.kind == "f" else 0.0 if kind.kind == "i" else 2.0 ** (8 * kind.itemsize - 1)

    def lit(pixels: Array, **options: Any) -> Array:
        relief: Array = convolve(pixels, depth * kernels.emboss(angle), **options)
        return np.add(relief, grey, out=relief)

    return combine(image, lit, **common)
