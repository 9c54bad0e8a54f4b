"""max_pool2d and avg_pool2d: the pooling layers of neural networks."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..arrays.dispatch import reject_lazy
from ..arrays.labeled import Grid
from ..arrays.layout import layout_of
from ..arrays.opened import open_image
from ..arrays.same_kind import keep_kind
from ..engine.grid import BETWEEN, step_places
from ..engine.pool_windows import pool_margins
from ..engine.pooling import PoolOptions, pool_image
from ..errors import check_pair

if TYPE_CHECKING:
    from ..arrays.image_types import Dtype, Image, InKind, IntPair, Margins, Out
    from ..engine.pool_windows import PoolPaddingName

def _pool_grid(
    shape: tuple[int, ...], *, size: Any, stride: Any, padding: Any, dilation: Any, channel_axis: int | None, **_: Any
) -> Grid:
    """Return where the results of windows lie: in their middle."""
    taps, gaps = check_pair("size", size, 1), check_pair("dilation", dilation, 1)
    step = taps if stride is None else check_pair("stride", stride, 1)
    margins = pool_margins(padding, taps, gaps, layout_of(shape, channel_axis).size(shape), step)
    middle = [gap * (count - 1) / 2 - margin[0] for count, gap, margin in zip(taps, gaps, margins, strict=True)]
    places = step_places(middle, step)
    return Grid(channel_axis, (places[0] or BETWEEN, places[1] or BETWEEN))


@keep_kind(_pool_grid, channelwise=True)
def max_pool2d(
    image: Image, size: IntPair, *, stride: IntPair | None = None, padding: Margins | PoolPaddingName = 0,
    dilation: IntPair = 1, ceil_mode: bool = False, channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None,
    workers: int | None = None,
) -> InKind:
    """Replace each window of an image by its largest sample: the max pooling layer of a neural network.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        Of any real dtype. Each channel is pooled by itself.
    size : int or (int, int)
        Rows and columns (kh, kw) of a window.
    stride : int or (int, int), optional
        Pixels from one window to the next, down and across; default: size.
    padding : p, (py, px), ((top, bottom), (left, right)), 'same', 'same_tf' or 'valid', default 0
        Pixels around the image that never are the largest. p is at most half of the window, as in PyTorch; each of
        ((top, bottom), (left, right)) may be as large as the window less 1, as in ONNX. 'same' and 'same_tf' as in
        `imfilter.conv2d`.
    dilation : int or (int, int), default 1
        Pixels from one sample of a window to the next.
    ceil_mode : bool, default False
        Round the size of the result up, not down: the last windows may reach beyond the padding, but begin in the image
        or in the padding before it.
    channel_axis, dtype, out, workers
        As in `imfilter.correlate`.

    Returns
    -------
    (H', W'), (H', W', C) or (N, H', W', C) array, or a Pillow image
        With H' = floor((H + top + bottom - dilation (kh - 1) - 1) / stride) + 1.

    Raises
    ------
    ImfilterError
        If an argument is wrong (a ValueError); DtypeError for an unsupported dtype (also a TypeError).

    See Also
    --------
    maximum : The largest sample around every pixel, with border modes and footprints.

    Notes
    -----
    result[y, x, c] = max over i, j of image[y stride + i dilation - top, x stride + j dilation - left, c], of those
    within the image. Integers are exact, of all 64 bits. A window with a NaN gives NaN. A window of no pixels, which a
    dilation may leave, gives the lowest number of the dtype, or -infinity. This is torch.nn.functional.max_pool2d, and
    MaxPool of ONNX, whose pads are (top, left, bottom, right), and whose auto_pad SAME_UPPER is 'same_tf'.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.array([[1, 5, 2, 0], [3, 4, 8, 1]], numpy.uint8)
    >>> imfilter.max_pool2d(image, 2)
    array([[5, 8]], dtype=uint8)
    >>> imfilter.max_pool2d(image, 3, stride=2, padding=1)
    array([[5, 8]], dtype=uint8)
    """
    reject_lazy("max_pool2d", image)
    opened = open_image(image, channel_axis)
    options = PoolOptions(stride, padding, dilation, ceil_mode, dtype=dtype)
    return opened.convert_back(pool_image(opened, size, False, options, out, workers))


@keep_kind(_pool_grid, channelwise=True)
def avg_pool2d(
    image: Image, size: IntPair, *, stride: IntPair | None = None, padding: Margins | PoolPaddingName = 0,
    dilation: IntPair = 1, ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: int | None = None, channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None,
    workers: int | None = None,
) -> InKind:
    """Replace each window of an image by its mean: the average pooling layer of a neural network.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        Of any real dtype. Each channel is pooled by itself.
    size, stride, padding, dilation, ceil_mode
        As in `max_pool2d`. Pixels of the padding are 0.
    count_include_pad : bool, default True
        Whether pixels of the padding count in the mean. What a window has beyond the padding, with ceil_mode, never
        counts.
    divisor_override : int, optional
        What sums are divided by instead of the number of pixels.
    channel_axis, dtype, out, workers
        As in `imfilter.correlate`. Integers are rounded, ties to even, and saturated.

    Returns
    -------
    (H', W'), (H', W', C) or (N, H', W', C) array, or a Pillow image
        Of the size that `max_pool2d` has.

    Raises
    ------
    ImfilterError
        If an argument is wrong (a ValueError); DtypeError for an unsupported dtype (also a TypeError).

    See Also
    --------
    box : The mean around every pixel, with border modes and masks.

    Notes
    -----
    result[y, x, c] = 1 / n sum over i, j of image[y stride + i dilation - top, x stride + j dilation - left, c], where
    n is the number of the window's pixels that count. Where none counts, the result is NaN, or 0 for integers. This is
    torch.nn.functional.avg_pool2d, which takes no integers and no dilation, and AveragePool of ONNX, where
    count_include_pad is 0 by default.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.array([[1.0, 5, 2, 0], [3, 4, 8, 1]])
    >>> imfilter.avg_pool2d(image, 2)
    array([[3.25, 2.75]])
    >>> imfilter.avg_pool2d(image, 3, stride=2, padding=1, count_include_pad=False)
    array([[3.25      , 3.33333333]])
    """
    reject_lazy("avg_pool2d", image)
    opened = open_image(image, channel_axis)
    options = PoolOptions(stride, padding, dilation, ceil_mode, count_include_pad, divisor_override, dtype)
    return opened.convert_back(pool_image(opened, size, True, options, out, workers))
