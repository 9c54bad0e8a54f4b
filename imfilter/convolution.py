"""correlate, convolve, conv2d and plan: signatures, documentation, and one call each into the engine."""
from typing import Any

from .arrays.dispatch import dispatch_lazy
from .engine.bank import filter_bank
from .engine.borders import Border
from .engine.channelwise import correlate_separable as correlate_separable
from .engine.channelwise import filter_channelwise, plan_channelwise
from .engine.channelwise import magnitude as magnitude
from .engine.kernel_set import KernelSet
from .engine.output import check_out as check_out
from .engine.plan import Plan
from .engine.request import ChannelwiseOptions


@dispatch_lazy
def correlate(
    image: Any, kernel: Any, *, mode: str = "reflect", cval: float = 0.0, padding: Any = "same",
    stride: int | tuple[int, int] = 1, dilation: int | tuple[int, int] = 1, mask: Any = None,
    channel_axis: int | None = -1, dtype: Any = None, out: Any = None, workers: int | None = None,
    method: str = "auto",
) -> Any:
    """Correlate every channel of an image with one kernel, which is not flipped.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, Pillow image or dask array
        Any real dtype; channels are never mixed. A dask array gives a lazy one of the very same bits, and so it does in
        every function of an image here; it takes no `out` and no `workers` beyond 1.
    kernel : (kh, kw) array
        Finite weights; even sizes are allowed. Weights of 0 read nothing.
    mode : {'reflect', 'mirror', 'nearest', 'constant', 'wrap'}, default 'reflect'
        What stands outside the image; see `imfilter.Border`.
    cval : float, default 0.0
        What stands there when mode is 'constant'.
    padding : 'same', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 'same'
        Pixels added around the image. 'same' puts tap (kh // 2, kw // 2) on each pixel.
    stride : int or (int, int), default 1
        Pixels from one result to the next, down and across.
    dilation : int or (int, int), default 1
        Pixels from one tap to the next, down and across.
    mask : (H, W) array, array of the image's shape, Pillow image or 'nan', optional
        How much each pixel counts: true or false, or finite weights of at least 0, of which the proportions matter.
        'nan': pixels that are not NaN count. What stands outside counts as the pixel that it repeats; with mode
        'constant', as much as the largest weight, and not at all when cval is NaN. The kernel must not sum to 0.
    channel_axis : int or None, default -1
        Where the channels are. None: the image is (H, W) or (N, H, W). A 2-D image has none anyway.
    dtype : dtype, optional
        Of the result; the image's when left out. Integers are rounded, ties to even, and saturated.
    out : array, optional
        Where the result goes: of its very shape and dtype. It may overlap the image.
    workers : int, optional
        Threads; IMFILTER_WORKERS or one a processor when left out. The result does not depend on it.
    method : {'auto', 'direct', 'separable', 'runs', 'fft'}, default 'auto'
        What computes it; see `imfilter.plan`. 'auto' takes the cheapest that the kernel allows. 'fft' transforms
        blocks of the image in double, so errors are those of the largest pixel in a block; where whole numbers
        would not stay exact, or with a mask, the loops compute it.

    Returns
    -------
    array or Pillow image
        Shape (H', W') and the image's other axes, with
        H' = floor((H + top + bottom - dilation (kh - 1) - 1) / stride) + 1; with padding 'same' that is
        ceil(H / stride). An image without pixels gives a result without pixels.

    Raises
    ------
    ImfilterError
        When an argument is wrong (a ValueError); DtypeError for a dtype without meaning here (a TypeError too).

    See Also
    --------
    convolve : the same with the kernel turned by 180 degrees.
    conv2d : banks of kernels that mix the channels.

    Notes
    -----
    result[y, x, c] = sum over i, j of kernel[i, j] * image[y s + i d - top, x s + j d - left, c].
    float64, int32 and 64-bit images are computed in double, others in single precision or in exact integers;
    whole-number kernels on integer images are exact.

    With a mask m the result is sum(kernel m image) / sum(kernel m) * sum(kernel), so that the weights that count are
    made up to the whole kernel again (normalized convolution). Where sum(kernel m) is 0, as where no pixel counts, it
    is NaN, and 0 for integers. A pixel of weight 0 may be NaN or infinite.

    References
    ----------
    H. Knutsson and C.-F. Westin, "Normalized and differential convolution", IEEE Conference on Computer Vision and
    Pattern Recognition, 1993.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]], numpy.uint8)
    >>> imfilter.correlate(image, [[1, 2, 3]])
    array([[ 0,  0,  0],
           [27, 18,  9],
           [ 0,  0,  0]], dtype=uint8)
    >>> imfilter.correlate(image, [[1, 1, 1]], padding="valid").shape
    (3, 1)
    >>> imfilter.correlate([[1.0, numpy.nan, 3.0]], [[0.25, 0.5, 0.25]], mask="nan")
    array([[1., 2., 3.]])
    """
    options = ChannelwiseOptions(mode, cval, padding, stride, dilation, dtype, method)
    return filter_channelwise(
        image, KernelSet.of(kernel, flip=False), options, channel_axis=channel_axis, mask=mask, out=out,
        workers=workers)


@dispatch_lazy
def convolve(
    image: Any, kernel: Any, *, mode: str = "reflect", cval: float = 0.0, padding: Any = "same",
    stride: int | tuple[int, int] = 1, dilation: int | tuple[int, int] = 1, mask: Any = None,
    channel_axis: int | None = -1, dtype: Any = None, out: Any = None, workers: int | None = None,
    method: str = "auto",
) -> Any:
    """Convolve every channel of an image with one kernel, which is turned by 180 degrees.

    This is `correlate` with kernel[::-1, ::-1]; every argument and error is described there. With padding
    'same' tap (kh // 2, kw // 2) of the kernel as given stands on each pixel, as in SciPy.

    Notes
    -----
    result[y, x, c] = sum over i, j of kernel[i, j] * image[y s - i d + bottom', x s - j d + right', c], where
    bottom' and right' place the first result.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]], numpy.uint8)
    >>> imfilter.convolve(image, [[1, 2, 3]])
    array([[ 0,  0,  0],
           [ 9, 18, 27],
           [ 0,  0,  0]], dtype=uint8)
    """
    options = ChannelwiseOptions(mode, cval, padding, stride, dilation, dtype, method)
    return filter_channelwise(
        image, KernelSet.of(kernel, flip=True), options, channel_axis=channel_axis, mask=mask, out=out,
        workers=workers)


@dispatch_lazy
def conv2d(
    image: Any, weight: Any, bias: Any = None, *, stride: int | tuple[int, int] = 1, padding: Any = 0,
    dilation: int | tuple[int, int] = 1, groups: int = 1, padding_mode: str | Border = "zeros",
    channel_axis: int | None = -1, dtype: Any = None, out: Any = None, workers: int | None = None,
) -> Any:
    """Apply a bank of kernels across the channels: the convolution layer of a neural network.

    Parameters
    ----------
    image : (H, W), (H, W, C_in) or (N, H, W, C_in) array or Pillow image
        A 2-D image has one channel.
    weight : (C_out, C_in / groups, kh, kw) array
        Finite weights, not flipped.
    bias : (C_out,) array, optional
        Added to each output channel.
    stride, dilation : int or (int, int), default 1
        Pixels from one result, and from one tap, to the next.
    padding : 'same', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 0
        Pixels added around the image. 'same' keeps the size at stride 1; an even kernel's odd pixel goes
        to the bottom and right, as in PyTorch.
    groups : int, default 1
        Output channels of group g see the input channels of group g alone; C_in makes it depthwise.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}, default 'zeros'
        What stands outside the image, by PyTorch's names: 'reflect' is 'mirror' of `correlate`.
    channel_axis : int or None, default -1
        Where the channels are, in the image and in the result.
    dtype, out, workers
        As in `correlate`.

    Returns
    -------
    (H', W', C_out) or (N, H', W', C_out) array, or a Pillow image
        With H' = floor((H + 2 padding - dilation (kh - 1) - 1) / stride) + 1.

    Raises
    ------
    ImfilterError
        When an argument is wrong (a ValueError); DtypeError for a dtype without meaning here (a TypeError too).

    Notes
    -----
    result[y, x, d] = bias[d] + sum over i, j, c of
    weight[d, c, i, j] * image[y s + i dilation - top, x s + j dilation - left, c].

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.ones((5, 5, 3), numpy.float32)
    >>> bank = numpy.ones((16, 3, 3, 3))
    >>> imfilter.conv2d(image, bank, padding=1, stride=2).shape
    (3, 3, 16)
    """
    return filter_bank(
        image, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups,
        padding_mode=padding_mode, channel_axis=channel_axis, dtype=dtype, out=out, workers=workers)


@dispatch_lazy
def plan(
    image: Any, kernel: Any, *, stride: int | tuple[int, int] = 1, dilation: int | tuple[int, int] = 1,
    channel_axis: int | None = -1, dtype: Any = None, method: str = "auto",
) -> Plan:
    """Tell how `correlate` would compute this, without computing it.

    Parameters
    ----------
    image, kernel, stride, dilation, channel_axis, dtype, method
        As in `correlate`.

    Returns
    -------
    Plan
        Printed, it says which loop, in what arithmetic, why, what a result costs and how much scratch a thread takes.

    Examples
    --------
    >>> import imfilter, numpy
    >>> chosen = imfilter.plan(numpy.zeros((1080, 1920, 3), numpy.uint8), numpy.ones((5, 5)) / 25)
    >>> chosen.method, chosen.compute_dtype, chosen.taps
    ('runs', 'int16', 7)
    """
    options = ChannelwiseOptions(stride=stride, dilation=dilation, dtype=dtype, method=method)
    return plan_channelwise(image, KernelSet.of(kernel, flip=False), options, channel_axis=channel_axis)
