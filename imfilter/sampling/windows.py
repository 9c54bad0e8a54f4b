"""Windows for code of your own: views of the neighborhood of every pixel, and functions of its samples."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dispatch import reject_lazy
from ..arrays.dtypes import Array, result_dtype, round_to_dtype
from ..arrays.labeled import Grid
from ..arrays.opened import open_image
from ..arrays.same_kind import keep_kind
from ..engine.borders import Border, Margins, padding_margins, parse_border, parse_cval, source_indices
from ..engine.generic import GenericFilter
from ..engine.grid import window_grid
from ..engine.output import check_out
from ..engine.request import ChannelwiseOptions, result_size
from ..errors import check_pair
from ..filters.parameters import Shape
from ..filters.rank import window_of

if TYPE_CHECKING:
    from ..arrays.image_types import ArrayInKind, Dtype, Image, InKind, IntPair, Margins, Numbers, Out
    from ..engine.borders import Mode, PaddingName

Pair = tuple[int, int]


def _windows_grid(
    shape: tuple[int, ...], *, size: Any, padding: Any, stride: Any, dilation: Any, channel_axis: int | None, **_: Any
) -> Grid:
    options = ChannelwiseOptions(padding=padding, stride=stride, dilation=dilation)
    return window_grid(check_pair("size", size, 1), options, False, channel_axis)


def _generic_grid(shape: tuple[int, ...], *, stride: Any, channel_axis: int | None, **_: Any) -> Grid:
    return window_grid((1, 1), ChannelwiseOptions(stride=stride), False, channel_axis)


@keep_kind(_windows_grid, channelwise=True)
def windows(
    image: Image, size: IntPair = 3, *, mode: Mode = "reflect", cval: float = 0.0,
    padding: Margins | PaddingName = "same", stride: IntPair = 1, dilation: IntPair = 1, channel_axis: int | None = -1,
) -> ArrayInKind:
    """Return a view of the window around every pixel, for NumPy functions of your own.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, or Pillow image
        Of any real dtype.
    size : int or (int, int), default 3
        Rows and columns (kh, kw) of a window. An even size has its center at size // 2.
    mode, cval : str, float
        How the image continues beyond its border, as in `imfilter.correlate`. cval is rounded to the image's dtype.
    padding : default 'same'
        Pixels added around the image, as in `imfilter.correlate`: with 'valid', all windows lie within the image.
    stride : int or (int, int), default 1
        Pixels from one window to the next, down and across.
    dilation : int or (int, int), default 1
        Pixels from one sample of a window to the next.
    channel_axis : int or None, default -1
        The axis of the channels.

    Returns
    -------
    (H', W', ..., kh, kw) array
        The image's axes, with ceil(H / stride) rows and ceil(W / stride) columns of windows under padding 'same', and
        the rows and columns of a window as the last two axes. It is not for writing, because windows overlap: NumPy
        rejects that, PyTorch has no tensors for reading only.

    Raises
    ------
    ImfilterError
        When an argument is out of range, or no window fits into the image.

    Notes
    -----
    The view is one of the image itself where nothing is added around it (padding 'valid' or 0, or a size of 1),
    otherwise one of a copy of the image with its border. A window takes no memory, but functions may copy it:
    ``windows(photo, 5).mean((-2, -1))`` does not, ``numpy.median`` does.

    Examples
    --------
    >>> import imfilter, numpy
    >>> photo = numpy.array([[1, 2, 4, 8]], numpy.uint8)
    >>> imfilter.windows(photo, (1, 3))[0, :, 0]
    array([[1, 1, 2],
           [1, 2, 4],
           [2, 4, 8],
           [4, 8, 8]], dtype=uint8)
    >>> imfilter.windows(photo, (1, 3), padding="valid", stride=2).max((-2, -1))
    array([[4]], dtype=uint8)
    """
    reject_lazy("windows", image)
    opened = open_image(image, channel_axis)
    taps, step, spread = check_pair("size", size, 1), check_pair("stride", stride, 1), check_pair(
        "dilation", dilation, 1)
    border = parse_border("mode", mode)
    fill = round_to_dtype(np.array([parse_cval(cval, border, opened.dtype)]), opened.dtype)
    margins = padding_margins(padding, taps, spread, (taps[0] // 2, taps[1] // 2))
    layout = opened.layout
    size_of_image = layout.size(opened.pixels.shape)
    results = result_size(size_of_image, taps, margins, step, spread)
    empty = 0 in size_of_image
    padded = opened.pixels if margins == ((0, 0), (0, 0)) or empty else _add_border(
        opened.pixels, layout.spatial, margins, border, fill)
    strides = list(padded.strides)
    own = [strides[axis] for axis in layout.spatial]
    for axis, steps in zip(layout.spatial, step, strict=True):
        strides[axis] *= min(steps, padded.shape[axis])  # a longer stride leaves one window
    return np.lib.stride_tricks.as_strided(
        padded, (*layout.shape(padded.shape, *results), *taps),
        (*strides, *(one * pixels for one, pixels in zip(own, spread, strict=True))), writeable=False)


def _add_border(pixels: Array, spatial: Pair, margins: Margins, border: Border, fill: Array) -> Array:
    """Return a copy of an image with pixels added around it."""
    for axis, (before, after) in zip(spatial, margins, strict=True):
        indices, outside = source_indices(border, pixels.shape[axis], -before, 1, before + pixels.shape[axis] + after)
        if isinstance(indices, slice):
            continue
        pixels = np.take(pixels, indices, axis)
        if outside is not None:
            np.moveaxis(pixels, axis, 0)[outside] = fill
    return pixels


@keep_kind(_generic_grid, channelwise=True)
def generic(
    image: Image, function: Any, size: IntPair = 3, footprint: str | Numbers | None = None, *, mode: Mode = "reflect",
    cval: float = 0.0, stride: IntPair = 1, channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None,
    workers: int | None = None,
) -> InKind:
    """Filter with a function of your own of the samples in the window around each pixel.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, or Pillow image
        Each channel is filtered by itself.
    function : compiled callback or callable
        A `scipy.LowLevelCallable`, a function of ctypes or a cfunc of numba with the signature
        ``int (double *samples, npy_intp count, double *result, void *data)`` runs on all threads, without the
        interpreter's lock; it returns 1, or 0 if it fails, and may be called by several threads at once. A Python
        function gets an array (count,) of float64, returns a number, and runs on one thread.
    size : int or (int, int), default 3
        Rows and columns of the window, in pixels. An even size has its center at size // 2.
    footprint : str or (rows, columns) array of bool, default None
        Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
        returns.
    mode, cval, stride, channel_axis, dtype, out, workers
        As in `imfilter.correlate`. cval is not rounded.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Results in the image's dtype unless `dtype` says otherwise: integers are rounded and saturated.

    Raises
    ------
    ImfilterError
        When a compiled function has another signature or fails, or a Python function returns no number.

    Notes
    -----
    The samples of a window come row by row, as in scipy.ndimage.generic_filter, which takes the same functions. SciPy
    cuts off the fractions of results for integer images; here they are rounded.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.generic(numpy.array([[1, 2, 9, 4]], numpy.uint8), numpy.ptp, (1, 3))
    array([[1, 8, 7, 5]], dtype=uint8)
    """
    reject_lazy("generic", image)
    opened = open_image(image, channel_axis)
    kind = result_dtype(opened.dtype, dtype)
    shape = Shape().check("footprint", footprint)
    window = window_of(check_pair("size", size, 1) if shape is None else None, shape)
    prepared = GenericFilter(
        opened, function, window, (mode, cval, check_pair("stride", stride, 1)))
    if out is not None:
        check_out(out, prepared.shape, kind)
    result = out
    if out is None or np.may_share_memory(out, opened.pixels):
        result = np.empty(prepared.shape, kind)
    assert result is not None
    prepared.run(opened.pixels, result, workers)
    if out is not None and result is not out:
        out[...] = result
        result = out
    return opened.convert_back(result)
