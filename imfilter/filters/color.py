"""Color: the channels of each pixel mixed by a matrix, a bank of 1 x 1 kernels."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ..arrays.conversion import is_picture
from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage
from ..engine.bank import PreparedBank, prepare_bank
from ..engine.request import BankOptions, FilterOptions
from ..errors import ImfilterError
from ..weights.taps import cosine_and_sine
from .operation import Operation, Prepared
from .parameters import Number, Table
from .registry import register_filter

# ITU-R BT.709 luma as scikit-image's rgb2gray has it.
LUMA = (0.2125, 0.7154, 0.0721)
# The matrix that spread with Microsoft's GDI+ examples.
SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
# Filter Effects Module Level 1, W3C, feColorMatrix types "saturate" and "hueRotate".
SATURATE_LUMA = np.array([0.213, 0.715, 0.072])
HUE_SINE = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])

# What docstrings share.
RGB = """\
Returns
-------
(ceil(H / stride), ceil(W / stride), 3) or (N, ...) array or Pillow image
    In the image's dtype unless `dtype` says otherwise."""


class ChannelMatrix(Operation):
    """Multiply each pixel by a matrix. rgb: whether it is meant for red, green and blue."""

    def __init__(self, weights: Array, *, rgb: bool = True) -> None:
        self.weights, self.rgb = weights, rgb
        self.size = weights.size

    def check_colors(self, image: Any) -> None:
        if self.rgb and is_picture(image) and image.mode == "YCbCr":
            raise ImfilterError("the image must be red, green and blue, got an image of mode YCbCr: convert it first")

    @property
    def matrix(self) -> Array:
        return self.weights

    def matrix_for(self, channels: int | None) -> Array:
        if self.weights.shape[1] != (channels or 1):
            raise ImfilterError(f"the image must have {self.weights.shape[1]} channels, got {channels or 1}")
        return self.weights

    def apply(self, image: Any, options: FilterOptions) -> Any:
        self.check_colors(image)
        return super().apply(image, options)

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Any:
        axis, shape = opened.layout.channel_axis, opened.pixels.shape
        try:
            matrix = self.matrix_for(None if axis is None else shape[axis])
        except ImfilterError as error:
            raise ImfilterError(error.fact, f" in shape {shape}: {opened.layout.taken}") from None
        bank = BankOptions(options.stride, dtype=options.dtype, exact=options.exact)
        return prepare_bank(opened, matrix[:, :, None, None], None, bank)


class ChannelSum(ChannelMatrix):
    """Sum the weighted channels of each pixel. The result has no channel axis; an image without one is kept."""

    def matrix_for(self, channels: int | None) -> Array:
        return np.ones((1, 1)) if channels is None else super().matrix_for(channels)

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        axis = opened.layout.channel_axis
        bank = super().prepare(opened, options)
        return PreparedSum(bank, opened.layout.ndim if axis is None else axis)


class PreparedSum(NamedTuple):
    """A bank with one output, whose result loses its channel axis."""

    bank: PreparedBank
    axis: int

    @property
    def ready(self) -> Any:
        """As of other computations."""
        ready = self.bank.ready
        return ready.without_last_axis() if ready is not None else None

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        if out is None:
            return self.bank.run(pixels, None, workers).squeeze(self.axis)
        self.bank.run(pixels, np.expand_dims(out, self.axis) if isinstance(out, np.ndarray) else out, workers)
        return out


@register_filter("color")
def grayscale(weights: Annotated[Any, Table(1)] = LUMA) -> Operation:
    """Grayscale conversion to the same luminance.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue. An image without channels is already gray and does not change.
    weights : 3 floats, default (0.2125, 0.7154, 0.0721)
        Shares of red, green and blue; one for each channel of the image.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride)) or (N, ...) array or Pillow image
        Without a channel axis, in the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    weights . pixel, of the stored values unless `linear` is given.

    References
    ----------
    ITU-R Recommendation BT.709, with the digits of scikit-image's rgb2gray.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.grayscale(numpy.array([[[255, 0, 0], [255, 255, 255]]], numpy.uint8))
    array([[ 54, 255]], dtype=uint8)
    """
    return ChannelSum(weights[None])


@register_filter("color", shared=RGB)
def sepia(strength: Annotated[float, Number(least=0, most=1)] = 1.0) -> Operation:
    """Sepia tone: the brown of an old print.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue.
    strength : float, default 1.0
        From 0, where the image does not change, to 1, all brown.

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
    return ChannelMatrix((1 - strength) * np.eye(3) + strength * SEPIA)


@register_filter("color", shared=RGB)
def saturate(amount: Annotated[float, Number()] = 1.5) -> Operation:
    """Saturation: make colors stronger, or weaker down to gray.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue.
    amount : float, default 1.5
        0 gives gray, with 1 the image does not change, more is stronger; below 0 colors become their complements.

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
    return ChannelMatrix(amount * np.eye(3) + (1 - amount) * SATURATE_LUMA)


@register_filter("color", shared=RGB)
def hue(angle: Annotated[float, Number()] = 90.0) -> Operation:
    """Hue rotation around the color wheel.

    Parameters
    ----------
    image : (H, W, 3) or (N, H, W, 3) array or Pillow image
        Red, green and blue.
    angle : float, default 90.0
        Degrees of rotation: 120 turns red towards green, 240 towards blue. Grays do not change.

    Notes
    -----
    L + cos(angle) (identity - L) + sin(angle) S, with [.213 .715 .072] in every row of L and
    S = [-.213 -.715 .928; .143 .140 -.283; -.787 .715 .072]. The luminance does not change, except where results leave
    the range of the dtype.

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
    across, up = cosine_and_sine(angle)
    return ChannelMatrix(SATURATE_LUMA + across * (np.eye(3) - SATURATE_LUMA) + up * HUE_SINE)


@register_filter("color")
def mix(matrix: Annotated[Any, Table(2)]) -> Operation:
    """Channel mixing by a matrix.

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
    return ChannelMatrix(matrix, rgb=False)
