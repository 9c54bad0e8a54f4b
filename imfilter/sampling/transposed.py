"""conv_transpose2d: the transpose of a convolution layer, which makes images larger."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..arrays.dispatch import reject_lazy
from ..arrays.labeled import Grid
from ..arrays.same_kind import keep_kind
from ..engine.borders import parse_padding
from ..engine.grid import BETWEEN, step_places
from ..engine.transposed import TransposedOptions, filter_transposed
from ..errors import check_pair

if TYPE_CHECKING:
    from ..arrays.image_types import Dtype, Image, InKind, IntPair, Margins, Numbers, Out


def _transposed_grid(
    shape: tuple[int, ...], *, weight: Any, stride: Any, padding: Any, dilation: Any, channel_axis: int | None, **_: Any
) -> Grid:
    """Return where the results lie: at stride 1 on pixels, if the kernel has a middle one."""
    if check_pair("stride", stride, 1) != (1, 1) or isinstance(padding, str):
        return Grid(channel_axis, (BETWEEN, BETWEEN), keeps_channels=False)
    gaps = check_pair("dilation", dilation, 1)
    middle = [margin[0] - gap * (count - 1) / 2 for margin, gap, count in zip(
        parse_padding(padding), gaps, np.shape(weight)[-2:], strict=True)]
    places = step_places(middle, (1, 1))
    return Grid(channel_axis, (places[0] or BETWEEN, places[1] or BETWEEN), keeps_channels=False)


@keep_kind(_transposed_grid)
def conv_transpose2d(
    image: Image, weight: Numbers, bias: Numbers | None = None, *, stride: IntPair = 1,
    padding: Margins | Literal["same_tf"] = 0, output_padding: IntPair = 0, groups: int = 1, dilation: IntPair = 1,
    channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None, workers: int | None = None,
    exact: bool = False,
) -> InKind:
    """Apply a transposed convolution: the layer of a neural network that enlarges images by learned kernels.

    Parameters
    ----------
    image : (H, W), (H, W, C_in) or (N, H, W, C_in) array or Pillow image
        A 2-D image has one channel.
    weight : (C_in, C_out / groups, kh, kw) array
        Finite weights: each pixel adds its multiple of the kernels to the result.
    bias : (C_out,) array, optional
        Added to each output channel.
    stride : int or (int, int), default 1
        Pixels of the result from what one pixel of the image adds to what the next adds, down and across.
    padding : p, (py, px), ((top, bottom), (left, right)) or 'same_tf', default 0
        Padding of the convolution that this is the transpose of: so many pixels of the result are cropped. With
        'same_tf' the result is H stride x W stride pixels large, as in TensorFlow.
    output_padding : int or (int, int), default 0
        Pixels added to the bottom and right of the result, fewer than the larger of stride and dilation.
    groups : int, default 1
        The outputs of a group read only the input channels of that group; C_in groups make it depthwise.
    dilation : int or (int, int), default 1
        Pixels of the result from one tap to the next.
    channel_axis, dtype, out, workers, exact
        As in `imfilter.conv2d`.

    Returns
    -------
    (H', W', C_out) or (N, H', W', C_out) array, or a Pillow image
        With H' = (H - 1) stride + dilation (kh - 1) + 1 - 2 padding + output_padding. An image without pixels gives a
        result without pixels.

    Raises
    ------
    ImfilterError
        If an argument is wrong (a ValueError); DtypeError for an unsupported dtype (also a TypeError).

    See Also
    --------
    transposed_output_size : The size of the result along one axis.

    Notes
    -----
    result[y, x, d] = bias[d] + sum over all i, j, c for which y = v stride + i dilation - top and
    x = u stride + j dilation - left of weight[c, d, i, j] * image[v, u, c]. This is
    torch.nn.functional.conv_transpose2d, and ConvTranspose of ONNX, whose pads are (top, left, bottom, right). A NaN
    reaches exactly the results that read it.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.array([[1.0, 2.0]])
    >>> imfilter.conv_transpose2d(image, [[[[1, 10, 100]]]], stride=(1, 2))[..., 0]
    array([[  1.,  10., 102.,  20., 200.]])
    >>> bank = numpy.ones((64, 32, 4, 4))
    >>> imfilter.conv_transpose2d(numpy.ones((8, 8, 64), numpy.float32), bank, stride=2, padding=1).shape
    (16, 16, 32)
    """
    reject_lazy("conv_transpose2d", image)
    options = TransposedOptions(stride, padding, output_padding, groups, dilation, dtype, exact)
    return filter_transposed(image, weight, bias, options, channel_axis=channel_axis, out=out, workers=workers)
