"""Sharpening: the image plus some of what a blur removes from it. A constant image does not change."""

from typing import Annotated

import numpy as np

from ..arrays.dtypes import Array
from ..engine.channelwise import Epilogue, KernelSet
from ..weights.gradients import LAPLACE, ring_kernel
from ..weights.taps import dense_kernel, gaussian_taps
from .operation import Composition, Operation
from .operations import Convolution, KernelOperation
from .parameters import Number
from .registry import register_filter


@register_filter("sharpen")
def sharpen(amount: Annotated[float, Number()] = 1.0) -> Operation:
    """Laplacian sharpening with the four neighbors of each pixel.

    Parameters
    ----------
    amount : float, default 1.0
        Factor of the Laplacian that is added; 0 leaves the image unchanged.

    Notes
    -----
    The kernel is [0 0 0; 0 1 0; 0 0 0] + amount [0 -1 0; -1 4 -1; 0 -1 0].

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.sharpen(numpy.array([[10, 20, 20]], numpy.uint8))
    array([[ 0, 30, 20]], dtype=uint8)
    """
    with np.errstate(over="ignore"):  # an infinite kernel is rejected later
        kernel: Array = amount * LAPLACE
    kernel[1, 1] += 1
    return Convolution(kernel)


@register_filter("sharpen", kernel={"threshold": ...})
def unsharp_mask(
    radius: Annotated[float, Number(least=0)] = 1.0, amount: Annotated[float, Number()] = 1.0, *,
    threshold: Annotated[float, Number(least=0)] = 0.0,
) -> Operation:
    """Unsharp masking: add back what a Gaussian blur removes.

    Parameters
    ----------
    radius : float, default 1.0
        Standard deviation of the blur in pixels.
    amount : float, default 1.0
        Factor of the difference that is added; below 0 it blurs.
    threshold : float, default 0.0
        Smallest difference that is added, in the image's own units; smaller ones are ignored.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise; integers are saturated, floats are not clipped.

    Notes
    -----
    image + amount (image - gaussian(image, radius)), as in scikit-image, which clips floats; the threshold is Pillow's.
    With a mask, the blur is that of the pixels that count, and replaces the others. An infinite pixel is infinity minus
    infinity in its own place, which is NaN.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.unsharp_mask(numpy.array([[50, 50, 100, 100]], numpy.uint8), 0.5)
    array([[ 50,  45, 105, 100]], dtype=uint8)
    """
    return AmplifiedDifference(gaussian_taps(radius), amount, threshold)


class AmplifiedDifference(KernelOperation):
    """Add to the image a factor of its difference from a separable blur."""

    def __init__(self, taps: Array, amount: float, threshold: float) -> None:
        super().__init__(KernelSet.separable(taps, taps).with_epilogue(Epilogue("difference", amount, threshold)))
        self.taps, self.amount, self.threshold = taps, amount, threshold

    def composition(self) -> Composition:
        with np.errstate(over="ignore"):
            kernel = -self.amount * dense_kernel([(self.taps, self.taps)])
        middle = len(self.taps) // 2
        kernel[middle, middle] += 1 + self.amount
        sentence = "It is convolution with:"
        if self.threshold:
            sentence = (f"Where the difference, before it is multiplied by amount, is below {self.threshold:g}, the "
                        "sample does not change; elsewhere it is convolution with:")
        return Composition(sentence, ({"kernel": kernel},))


@register_filter("sharpen")
def edge_enhance() -> Operation:
    """Sharpening with all eight neighbors, the EDGE_ENHANCE filter of Pillow.

    Notes
    -----
    The kernel is [-1 -1 -1; -1 10 -1; -1 -1 -1] / 2.

    References
    ----------
    Pillow, ImageFilter.EDGE_ENHANCE, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.edge_enhance(numpy.array([[90, 100, 100]], numpy.uint8))
    array([[ 75, 115, 100]], dtype=uint8)
    """
    return Convolution(ring_kernel(10, 2))


@register_filter("sharpen")
def edge_enhance_more() -> Operation:
    """Strong sharpening with all eight neighbors, the EDGE_ENHANCE_MORE filter of Pillow.

    Notes
    -----
    The kernel is [-1 -1 -1; -1 9 -1; -1 -1 -1].

    References
    ----------
    Pillow, ImageFilter.EDGE_ENHANCE_MORE, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.edge_enhance_more(numpy.array([[90, 100, 100]], numpy.uint8))
    array([[ 60, 130, 100]], dtype=uint8)
    """
    return Convolution(ring_kernel(9))


@register_filter("sharpen")
def detail() -> Operation:
    """Mild sharpening with the four neighbors, the DETAIL filter of Pillow.

    Notes
    -----
    The kernel is [0 -1 0; -1 10 -1; 0 -1 0] / 6.

    References
    ----------
    Pillow, ImageFilter.DETAIL, which copies the outermost pixels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.detail(numpy.array([[90, 100, 100]], numpy.uint8))
    array([[ 88, 102, 100]], dtype=uint8)
    """
    kernel = LAPLACE.copy()
    kernel[1, 1] = 10
    return Convolution(kernel / 6)
