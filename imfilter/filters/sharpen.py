"""Sharpening: the image plus some of what a blur takes from it. A constant image stays as it is."""

from typing import Annotated, Any, Unpack

import numpy as np

from ..convolution import convolve
from ..images import Array, stack
from ..kernels import LAPLACE
from .blur import gaussian
from .combine import combine
from .parameters import Number
from .registry import Common, preset

__all__ = ["sharpen", "unsharp_mask"]


@preset("sharpen", alpha="weight")
def sharpen(image: Any, amount: Annotated[float, Number()] = 1.0, **common: Unpack[Common]) -> Any:
    """Sharpen by the four neighbours of each pixel.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    amount : float, default 1.0
        How much of the Laplacian is added; 0 leaves the image as it is.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The kernel is [0 0 0; 0 1 0; 0 0 0] + amount [0 -1 0; -1 4 -1; 0 -1 0].

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.sharpen(numpy.array([[10, 20, 20]], numpy.uint8))
    array([[ 0, 30, 20]], dtype=uint8)
    """
    with np.errstate(over="ignore"):  # what overflows is refused with the kernel
        kernel = amount * LAPLACE
    kernel[1, 1] += 1
    return convolve(image, kernel, **common)


@preset("sharpen", alpha="weight")
def unsharp_mask(
    image: Any, radius: Annotated[float, Number(least=0)] = 1.0, amount: Annotated[float, Number()] = 1.0, *,
    threshold: Annotated[float, Number(least=0)] = 0.0, **common: Unpack[Common],
) -> Any:
    """Sharpen by adding what a Gaussian blur takes away.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.
    radius : float, default 1.0
        Standard deviation of the blur in pixels.
    amount : float, default 1.0
        How much of the difference is added; below 0 it blurs.
    threshold : float, default 0.0
        Smallest difference, in the image's own units, that is added; less is left as it is.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise; integers are saturated, floats are not clipped.

    Notes
    -----
    image + amount (image - gaussian(image, radius)), as scikit-image has it but for its clipping of floats; the
    threshold is Pillow's.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.unsharp_mask(numpy.array([[50, 50, 100, 100]], numpy.uint8), 0.5)
    array([[ 50,  45, 105, 100]], dtype=uint8)
    """
    def sharpened(pixels: Array, *, stride: tuple[int, int], channel_axis: int | None, **rest: Any) -> Array:
        blurred = gaussian(pixels, radius, stride=stride, channel_axis=channel_axis, **rest)
        kept = stack(pixels.shape, channel_axis).every(pixels, stride)
        difference: Array = np.subtract(kept, blurred, dtype=blurred.dtype)
        if threshold:
            difference[np.abs(difference) < threshold] = 0
        difference *= amount
        difference += kept
        return difference

    return combine(image, sharpened, **common)
