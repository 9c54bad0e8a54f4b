"""unfold and fold: the windows of an image as a matrix, and back."""
from __future__ import annotations

from typing import TYPE_CHECKING

from ..arrays.dispatch import reject_lazy
from ..arrays.labeled import Grid
from ..arrays.opened import open_image
from ..arrays.same_kind import keep_kind
from ..engine.unfolding import fold_columns, make_grid, unfold_image

if TYPE_CHECKING:
    from ..arrays.image_types import ArrayInKind, Dtype, Image, IntPair, Margins, Out
    from ..engine.borders import BankPaddingName

@keep_kind(lambda shape, channel_axis, **options: Grid(channel_axis, reshaped=True))
def unfold(
    image: Image, size: IntPair, *, dilation: IntPair = 1, padding: Margins | BankPaddingName = 0, stride: IntPair = 1,
    channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None, workers: int | None = None,
) -> ArrayInKind:
    """Copy the window around every pixel into a row of a matrix (im2col).

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, or Pillow image
        Of any real dtype. A 2-D image has one channel.
    size : int or (int, int)
        Rows and columns (kh, kw) of a window.
    dilation : int or (int, int), default 1
        Pixels from one sample of a window to the next, down and across.
    padding : default 0
        Pixels of zeros around the image, as in `imfilter.conv2d`.
    stride : int or (int, int), default 1
        Pixels from one window to the next, down and across.
    channel_axis : int or None, default -1
        Axis of the channels. Where they do not come last, the last two axes of the result are exchanged, as in PyTorch.
    dtype, out, workers
        As in `imfilter.correlate`.

    Returns
    -------
    (L, C kh kw) or (N, L, C kh kw) array
        With L = H' W' windows, row by row, for H' and W' as in `imfilter.conv2d`. The samples of a window come channel
        by channel, then row by row. With channel_axis=0, or 1 for (N, C, H, W): (C kh kw, L) or (N, C kh kw, L).

    Raises
    ------
    ImfilterError
        If an argument is wrong (a ValueError); DtypeError for an unsupported dtype (also a TypeError).

    See Also
    --------
    fold : The way back.
    windows : A view that takes no memory.

    Notes
    -----
    result[y W' + x, (c kh + i) kw + j] = image[y stride + i dilation - top, x stride + j dilation - left, c]. So
    ``unfold(image, (kh, kw)) @ weight.reshape(C_out, -1).T`` is `imfilter.conv2d`, with kh kw times the memory.
    This is torch.nn.functional.unfold.

    References
    ----------
    K. Chellapilla, S. Puri and P. Simard, "High performance convolutional neural networks for document processing",
    International Workshop on Frontiers in Handwriting Recognition, 2006.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.unfold(numpy.array([[1, 2, 3], [4, 5, 6]]), 2)
    array([[1, 2, 4, 5],
           [2, 3, 5, 6]])
    >>> imfilter.unfold(numpy.ones((3, 5, 5)), 3, padding=1, channel_axis=0).shape
    (27, 25)
    """
    reject_lazy("unfold", image)
    opened = open_image(image, channel_axis)
    grid = make_grid(opened.layout.size(opened.pixels.shape), size, dilation, padding, stride)
    return unfold_image(opened, grid, dtype, out, workers)


@keep_kind(lambda shape, channel_axis, **options: Grid(channel_axis, reshaped=True), argument="columns")
def fold(
    columns: Image, output_size: IntPair, size: IntPair, *, dilation: IntPair = 1,
    padding: Margins | BankPaddingName = 0, stride: IntPair = 1, channel_axis: int | None = -1, dtype: Dtype = None,
    out: Out = None, workers: int | None = None,
) -> ArrayInKind:
    """Add up windows, given as rows of a matrix, to an image (col2im).

    Parameters
    ----------
    columns : (L, C kh kw) or (N, L, C kh kw) array
        The windows, in the order of `unfold`.
    output_size : int or (int, int)
        Rows and columns (H, W) of the image.
    size, dilation, padding, stride
        As in `unfold`. Samples that lie in the padding are dropped.
    channel_axis : int or None, default -1
        Axis of the channels in the image. 0 for columns (C kh kw, L) and an image (C, H, W), 1 for (N, C kh kw, L) and
        (N, C, H, W). None: there is one channel, and the image has no axis for it.
    dtype, out, workers
        As in `imfilter.correlate`; integers are summed exactly, and saturated.

    Returns
    -------
    (H, W, C) or (N, H, W, C) array
        Each pixel is the sum of the samples of all windows that contain it.

    Raises
    ------
    ImfilterError
        If the columns do not fit the windows, or an argument is wrong (a ValueError); DtypeError for an unsupported
        dtype (also a TypeError).

    See Also
    --------
    unfold : The windows of an image.

    Notes
    -----
    image[v, u, c] = sum of columns[y W' + x, (c kh + i) kw + j] over all y, x, i, j for which
    v = y stride + i dilation - top and u = x stride + j dilation - left. ``fold(unfold(image))`` is the image, each
    pixel multiplied by the number of windows that contain it. This is torch.nn.functional.fold and ONNX's Col2Im.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.array([[1, 2, 3], [4, 5, 6]])
    >>> imfilter.fold(imfilter.unfold(image, 2), (2, 3), 2, channel_axis=None)
    array([[ 1,  4,  3],
           [ 4, 10,  6]])
    """
    reject_lazy("fold", columns)
    return fold_columns(columns, output_size, size, (dilation, padding, stride), channel_axis=channel_axis,
                        dtype=dtype, out=out, workers=workers)
