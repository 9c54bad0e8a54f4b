"""Color: each pixel's channels mixed by a matrix, a bank of 1 x 1 kernels."""

from typing import Annotated, Any, Unpack

import numpy as np

from ..arrays.conversion import is_picture, pixels_of, to_input_type
from ..arrays.dtypes import Array
from ..arrays.layout import layout_of
from ..convolution import conv2d
from ..errors import ImfilterError
from ..kernels.taps import direction
from .parameters import Number, Table
from .registry import Light, preset

__all__ = ["grayscale", "hue", "mix", "saturate", "sepia"]

# ITU-R BT.709 luma as scikit-image's rgb2gray has it.
LUMA = (0.2125, 0.7154, 0.0721)
# The matrix that spread with Microsoft's GDI+ examples.
SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
# Filter Effects Module Level 1, W3C, feColorMatrix types "saturate" and "hueRotate".
SATURATE_LUMA = np.array([0.213, 0.715, 0.072])
HUE_SINE = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])


def check_rgb(image: Any) -> Any:
    """Refuse a Pillow image whose three bands are not red, green and blue."""
    if is_picture(image) and image.mode == "YCbCr":
        raise ImfilterError("the image must be red, green and blue, got an image of mode YCbCr: convert it first")
    return image


def _mixed(image: Any, matrix: Array, common: Any, *, flat: bool = False) -> Any:
    """Return matrix @ pixel for every pixel. flat: a result of one channel loses its channel axis."""
    pixels = pixels_of(image, common["channel_axis"])
    layout = layout_of(pixels.shape, common["channel_axis"])
    axis = layout.channel_axis
    channels = 1 if axis is None else pixels.shape[axis]
    if matrix.shape[1] != channels:
        raise ImfilterError(
            f"the image must have {matrix.shape[1]} channels here, got {channels}",
            f" in shape {pixels.shape}: {layout.taken}")
    at = pixels.ndim if axis is None else axis
    out = common["out"]
    if flat and isinstance(out, np.ndarray):
        out = np.expand_dims(out, at)
    result = conv2d(
        pixels, matrix[:, :, None, None], stride=common["stride"], channel_axis=common["channel_axis"],
        dtype=common["dtype"], out=out, workers=common["workers"])
    if flat:
        result = common["out"] if common["out"] is not None else result.squeeze(at)
    return to_input_type(image, result)


@preset("color")
def grayscale(image: Any, weights: Annotated[Any, Table(1)] = LUMA, **common: Unpack[Light]) -> Any:
    """Turn colors into the gray of the same luminance.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue. An image without channels is gray already and comes back as it is.
    weights : 3 floats, default (0.2125, 0.7154, 0.0721)
        Shares of red, green and blue; one for each channel of the image.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride)) or (N, ...) array or Pillow image
        Without a channel axis, in the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    weights . pixel, the values as they are stored unless `linear` is given.

    References
    ----------
    ITU-R Recommendation BT.709, with the digits of scikit-image's rgb2gray.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.grayscale(numpy.array([[[255, 0, 0], [255, 255, 255]]], numpy.uint8))
    array([[ 54, 255]], dtype=uint8)
    """
    if layout_of(pixels_of(image, common["channel_axis"]).shape, common["channel_axis"]).channel_axis is None:
        weights = np.ones(1)
    return _mixed(check_rgb(image), weights[None], common, flat=True)


@preset("color")
def sepia(
    image: Any, strength: Annotated[float, Number(least=0, most=1)] = 1.0, **common: Unpack[Light]
) -> Any:
    """Give a photo the brown of an old print.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue.
    strength : float, default 1.0
        From 0, the image as it is, to 1, all brown.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), 3) or (N, ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    (1 - strength) identity + strength [.393 .769 .189; .349 .686 .168; .272 .534 .131].

    References
    ----------
    Microsoft's GDI+ samples, whose matrix became the common sepia.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.sepia(numpy.array([[[100, 100, 100]]], numpy.uint8))
    array([[[135, 120,  94]]], dtype=uint8)
    """
    return _mixed(check_rgb(image), (1 - strength) * np.eye(3) + strength * SEPIA, common)


@preset("color")
def saturate(image: Any, amount: Annotated[float, Number()] = 1.5, **common: Unpack[Light]) -> Any:
    """Make colors stronger, or weaker down to gray.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue.
    amount : float, default 1.5
        0 is gray, 1 the image as it is, more is stronger; below 0 the colors are turned round.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), 3) or (N, ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    amount identity + (1 - amount) [.213 .715 .072] in every row.

    References
    ----------
    Filter Effects Module Level 1, W3C, feColorMatrix of type saturate.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.saturate(numpy.array([[[100, 100, 50]]], numpy.uint8), 0)
    array([[[96, 96, 96]]], dtype=uint8)
    """
    return _mixed(check_rgb(image), amount * np.eye(3) + (1 - amount) * SATURATE_LUMA, common)


@preset("color")
def hue(image: Any, angle: Annotated[float, Number()] = 90.0, **common: Unpack[Light]) -> Any:
    """Turn the colors round the color wheel.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue.
    angle : float, default 90.0
        How far, in degrees: 120 turns red towards green, 240 towards blue. Grays stay.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), 3) or (N, ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    L + cos(angle) (identity - L) + sin(angle) S, with [.213 .715 .072] in every row of L and
    S = [-.213 -.715 .928; .143 .140 -.283; -.787 .715 .072]. The luminance stays but for what leaves the range.

    References
    ----------
    Filter Effects Module Level 1, W3C, feColorMatrix of type hueRotate.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.hue(numpy.array([[[200, 100, 100], [50, 50, 50]]], numpy.uint8), 120)
    array([[[ 64, 144,  64],
            [ 50,  50,  50]]], dtype=uint8)
    """
    across, up = direction(angle)
    return _mixed(check_rgb(image), SATURATE_LUMA + across * (np.eye(3) - SATURATE_LUMA) + up * HUE_SINE, common)


@preset("color")
def mix(image: Any, matrix: Annotated[Any, Table(2)], **common: Unpack[Light]) -> Any:
    """Mix the channels by a matrix of your own.

    Parameters
    ----------
    image : (H, W, C_in) or (N, H, W, C_in) array or Pillow image
        Any number of channels.
    matrix : (C_out, C_in) floats
        A row for each channel of the result, a column for each of the image: '0 0 1; 0 1 0; 1 0 0' swaps red and blue.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), C_out) or (N, ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    matrix @ pixel: a bank of 1 x 1 kernels.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.mix(numpy.array([[[1, 2, 3]]], numpy.uint8), [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    array([[[3, 2, 1]]], dtype=uint8)
    """
    return _mixed(image, matrix, common)
