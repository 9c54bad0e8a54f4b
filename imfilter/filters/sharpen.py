"""Sharpening: the image plus some of what a blur takes from it. A constant image stays as it is."""

from typing import Annotated, Any, Unpack

import numpy as np

from .. import kernels
from ..arrays.dtypes import Array
from ..arrays.layout import iterate_strips, layout_of
from ..convolution import convolve
from ..engine.normalized import fill_where, find_counted
from ..runtime.threads import for_each
from .blur import gaussian
from .combine import combine
from .parameters import Number
from .registry import Common, preset

__all__ = ["detail", "edge_enhance", "edge_enhance_more", "sharpen", "unsharp_mask"]


@preset("sharpen", alpha="weight")
def sharpen(image: Any, amount: Annotated[float, Number()] = 1.0, **common: Unpack[Common]) -> Any:
    """Sharpen by the four neighbors of each pixel.

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
    return convolve(image, kernels.sharpen(amount), **common)


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
    threshold is Pillow's. With a mask the blur is that of the pixels that count, and takes the place of the others.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.unsharp_mask(numpy.array([[50, 50, 100, 100]], numpy.uint8), 0.5)
    array([[ 50,  45, 105, 100]], dtype=uint8)
    """
    def sharpened(
        pixels: Array, *, stride: tuple[int, int], channel_axis: int | None, workers: int | None, mask: Any = None,
        **rest: Any,
    ) -> Array:
        blurred: Array = gaussian(
            pixels, radius, stride=stride, channel_axis=channel_axis, workers=workers, mask=mask, **rest)
        layout = layout_of(pixels.shape, channel_axis)
        kept = layout.every(pixels, stride)
        result = blurred if mask is None else np.empty_like(blurred)

        def add_difference(rows: slice) -> None:
            with np.errstate(invalid="ignore"):  # infinity, whose difference from itself is NaN
                difference = np.subtract(kept[rows], blurred[rows], dtype=blurred.dtype)
            if threshold:
                difference[np.abs(difference) < threshold] = 0
            difference *= amount
            np.add(difference, kept[rows], out=result[rows])

        for_each(add_difference, iterate_strips(result.shape), workers)
        if mask is not None:
            fill_where(result, blurred, ~find_counted(mask, pixels, layout)[:, ::stride[0], ::stride[1]], layout)
        return result

    return combine(image, sharpened, **common)


@preset("sharpen", alpha="weight")
def edge_enhance(image: Any, **common: Unpack[Common]) -> Any:
    """Sharpen by all eight neighbors, as Pillow's EDGE_ENHANCE does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The kernel is [-1 -1 -1; -1 10 -1; -1 -1 -1] / 2.

    References
    ----------
    Pillow, ImageFilter.EDGE_ENHANCE, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.edge_enhance(numpy.array([[90, 100, 100]], numpy.uint8))
    array([[ 75, 115, 100]], dtype=uint8)
    """
    return convolve(image, kernels.edge_enhance(), **common)


@preset("sharpen", alpha="weight")
def edge_enhance_more(image: Any, **common: Unpack[Common]) -> Any:
    """Sharpen strongly by all eight neighbors, as Pillow's EDGE_ENHANCE_MORE does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The kernel is [-1 -1 -1; -1 9 -1; -1 -1 -1].

    References
    ----------
    Pillow, ImageFilter.EDGE_ENHANCE_MORE, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.edge_enhance_more(numpy.array([[90, 100, 100]], numpy.uint8))
    array([[ 60, 130, 100]], dtype=uint8)
    """
    return convolve(image, kernels.edge_enhance_more(), **common)


@preset("sharpen", alpha="weight")
def detail(image: Any, **common: Unpack[Common]) -> Any:
    """Sharpen a little by the four neighbors, as Pillow's DETAIL does.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The kernel is [0 -1 0; -1 10 -1; 0 -1 0] / 6.

    References
    ----------
    Pillow, ImageFilter.DETAIL, which leaves the outermost pixels as they are.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.detail(numpy.array([[90, 100, 100]], numpy.uint8))
    array([[ 88, 102, 100]], dtype=uint8)
    """
    return convolve(image, kernels.detail(), **common)
