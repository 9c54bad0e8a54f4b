"""correlate, convolve, conv2d and plan: signatures, documentation, and one call each into the engine."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arrays.dispatch import is_lazy
from .arrays.labeled import is_labeled
from .arrays.opened import array_like
from .arrays.same_kind import find_implementation
from .engine.bank import RECENT as RECENT_BANKS
from .engine.bank import filter_bank
from .engine.channelwise import RECENT, filter_with_kernel, plan_channelwise
from .engine.grid import bank_grid, kernel_grid
from .engine.kernel_set import KernelSet
from .engine.plan import Plan
from .engine.request import BankOptions, ChannelwiseOptions
from .runtime.fast_calls import repeats
from .runtime.keywords import checks_keywords

if TYPE_CHECKING:
    from .arrays.image_types import AnyImage, Dtype, Image, InKind, IntPair, Margins, Mask, Numbers, Out
    from .engine.borders import BankPaddingName, Mode, PaddingMode, PaddingName
    from .engine.planner import Method

# By which arguments a repeated call is known, in the order in which the engine keeps them.
CHANNELWISE = "kernel, channel_axis, mode, cval, padding, stride, dilation, dtype, method, exact"
BANK = "weight, bias, channel_axis, stride, padding, dilation, groups, padding_mode, dtype, exact"


@repeats(RECENT[False].repeat, CHANNELWISE, unless="select")
def correlate(
    image: Image, kernel: Numbers, *, mode: Mode = "reflect", cval: float = 0.0,
    padding: Margins | PaddingName = "same", stride: IntPair = 1, dilation: IntPair = 1, mask: Mask = None,
    channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None, workers: int | None = None,
    method: Method = "auto", exact: bool = False, select: Numbers | None = None,
) -> InKind:
    """Correlate every channel of an image with a kernel (cross-correlation: the kernel is not flipped).

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, Pillow image or dask array
        Any real dtype; channels are never mixed. A dask array gives a lazy array with bit-identical values, here and in
        every other function that takes an image; it allows neither `out` nor more than one worker. A PyTorch tensor
        gives a tensor, an xarray.DataArray one with its labels, an array of another library with the array API one of
        that library, everywhere; docs/interop.md has the rules. Lists and other objects give NumPy arrays.
    kernel : (kh, kw) array
        Finite weights; even sizes are allowed. A weight of 0 reads nothing, not even NaN. With select, (n, kh, kw).
    mode : {'reflect', 'mirror', 'nearest', 'constant', 'wrap'}, default 'reflect'
        How the image continues beyond its edges; see `imfilter.Border`.
    cval : float, default 0.0
        The value outside the image when mode is 'constant'.
    padding : 'same', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 'same'
        Pixels added around the image. 'same' centers tap (kh // 2, kw // 2) on each pixel.
    stride : int or (int, int), default 1
        Pixels from one result to the next, down and across.
    dilation : int or (int, int), default 1
        Pixels from one tap to the next, down and across.
    mask : (H, W) array, array of the image's shape, Pillow image or 'nan', optional
        How much each pixel counts: booleans, or finite weights of at least 0, whose scale does not matter. 'nan': all
        pixels but NaN count. Pixels outside the image count as much as those that they repeat; with mode 'constant'
        they count as much as the largest weight, or not at all when cval is NaN. The kernel must not sum to 0.
    channel_axis : int or None, default -1
        Axis of the channels. None: the image is (H, W) or (N, H, W). A 2-D image never has channels. With the default,
        an array that is rather (C, H, W) or (N, H, W) gives an `imfilter.ImfilterWarning`.
    dtype : dtype, optional
        Dtype of the result, by NumPy's names or PyTorch's; default: the image's. Integers are rounded, ties to even,
        and saturated.
    out : array, optional
        Array to write the result to, of exactly its shape and dtype: NumPy's, or of the image's library. It is
        returned, and may overlap the image.
    workers : int, optional
        Number of threads; default: IMFILTER_WORKERS, else one per processor. The result does not depend on it.
    method : {'auto', 'direct', 'separable', 'runs', 'fft', 'approximate'}, default 'auto'
        Algorithm; see `imfilter.plan`. 'auto' takes the cheapest that the kernel allows. 'fft' transforms blocks of
        the image in float64, so errors are relative to the largest pixel of a block; where integers would not stay
        exact, and with a mask, the loops are used instead. 'approximate' is 'auto', and computes broad symmetric bells
        on images of floats and 16-bit integers on a coarse grid, too: the plan says within which share of the range of
        the samples. NaN and infinity may reach a few steps of the grid farther than the kernel, and as NaN.
    exact : bool, default False
        Compute with the loops of the oldest instruction set, which round every product before they add it: the result
        has the same bits on every processor, and takes up to four times as long. Without it, the last bits of floats
        may differ, and integers next to a tie.
    select : (H', W') array of integers, optional
        The number of the kernel for each result, from 0 to n - 1: the bits are those of that kernel used alone. Not for
        dask arrays.

    Returns
    -------
    array or Pillow image, as the image is
        Shape (H', W') and the image's other axes, with
        H' = floor((H + top + bottom - dilation (kh - 1) - 1) / stride) + 1, or ceil(H / stride) with padding 'same'.
        An image without pixels gives a result without pixels.

    Raises
    ------
    ImfilterError
        If an argument is wrong (a ValueError); DtypeError for an unsupported dtype (also a TypeError).

    See Also
    --------
    convolve : The same with the kernel flipped along both axes.
    conv2d : Banks of kernels across channels, as in neural networks.

    Notes
    -----
    result[y, x, c] = sum over i, j of kernel[i, j] * image[y s + i d - top, x s + j d - left, c].
    float64, int32 and 64-bit images are computed in float64, others in float32 or in exact integers; integer kernels
    on integer images are exact.

    With a mask m the result is sum(kernel m image) / sum(kernel m) * sum(kernel): the remaining weights are scaled up
    to the sum of the kernel (normalized convolution). Where sum(kernel m) is 0, because no pixel counts, the result is
    NaN, or 0 for integers. A pixel of weight 0 may be NaN or infinite.

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
    >>> imfilter.correlate([[1.0, 2.0, 3.0]], [[[1]], [[10]]], select=[[0, 1, 0]])
    array([[ 1., 20.,  3.]])
    """
    if select is not None:
        return _filter_selected(image, kernel, select, ChannelwiseOptions(
            mode, cval, padding, stride, dilation, dtype, method, exact), False, channel_axis, mask, out, workers)
    options = ChannelwiseOptions(mode, cval, padding, stride, dilation, dtype, method, exact)
    return find_implementation("kernel", image, filter_with_kernel, kernel_grid)(
        image, kernel, options, flip=False, channel_axis=channel_axis, mask=mask, out=out, workers=workers)


@repeats(RECENT[True].repeat, CHANNELWISE, unless="select")
def convolve(
    image: Image, kernel: Numbers, *, mode: Mode = "reflect", cval: float = 0.0,
    padding: Margins | PaddingName = "same", stride: IntPair = 1, dilation: IntPair = 1, mask: Mask = None,
    channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None, workers: int | None = None,
    method: Method = "auto", exact: bool = False, select: Numbers | None = None,
) -> InKind:
    """Convolve every channel of an image with a kernel (the kernel is flipped along both axes).

    This is `correlate` with kernel[::-1, ::-1]; all arguments and errors are described there. Padding 'same' centers
    tap (kh // 2, kw // 2) of the kernel as given on each pixel, as SciPy does.

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
    if select is not None:
        return _filter_selected(image, kernel, select, ChannelwiseOptions(
            mode, cval, padding, stride, dilation, dtype, method, exact), True, channel_axis, mask, out, workers)
    options = ChannelwiseOptions(mode, cval, padding, stride, dilation, dtype, method, exact)
    return find_implementation("kernel", image, filter_with_kernel, kernel_grid)(
        image, kernel, options, flip=True, channel_axis=channel_axis, mask=mask, out=out, workers=workers)


def _filter_selected(
    image: Any, bank: Any, select: Any, options: ChannelwiseOptions, flip: bool, *others: Any
) -> Any:
    from .engine.selected import filter_selected  # few calls need it

    channel_axis, mask, out, workers = others
    return filter_selected(image, bank, select, options, flip=flip, channel_axis=channel_axis, mask=mask, out=out,
                           workers=workers)


@repeats(RECENT_BANKS.repeat, BANK, mask="None")
def conv2d(
    image: Image, weight: Numbers, bias: Numbers | None = None, *, stride: IntPair = 1,
    padding: Margins | BankPaddingName = 0, dilation: IntPair = 1, groups: int = 1, padding_mode: PaddingMode = "zeros",
    channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None, workers: int | None = None,
    exact: bool = False,
) -> InKind:
    """Apply a bank of kernels across channels: the 2-D convolution layer of a neural network.

    Parameters
    ----------
    image : (H, W), (H, W, C_in) or (N, H, W, C_in) array or Pillow image
        A 2-D image has one channel.
    weight : (C_out, C_in / groups, kh, kw) array
        Finite weights, not flipped.
    bias : (C_out,) array, optional
        Added to each output channel.
    stride, dilation : int or (int, int), default 1
        Pixels from one result to the next, and from one tap to the next.
    padding : 'same', 'same_tf', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 0
        Pixels added around the image. 'same' keeps the size at stride 1; with an even kernel the extra pixel goes to
        the bottom and right, as in PyTorch. 'same_tf' is TensorFlow's SAME and SAME_UPPER of ONNX: the result has
        ceil(H / stride) rows, and the padding depends on H (see `imfilter.same_padding`).
    groups : int, default 1
        The outputs of a group read only the input channels of that group; C_in groups make it depthwise.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}, default 'zeros'
        How the image continues beyond its border, in PyTorch's terms: 'reflect' is 'mirror' of `correlate`.
    channel_axis : int or None, default -1
        Axis of the channels, in the image and in the result.
    dtype, out, workers, exact
        As in `correlate`.

    Returns
    -------
    (H', W', C_out) or (N, H', W', C_out) array, or a Pillow image
        With H' = floor((H + 2 padding - dilation (kh - 1) - 1) / stride) + 1.

    Raises
    ------
    ImfilterError
        If an argument is wrong (a ValueError); DtypeError for an unsupported dtype (also a TypeError).

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
    options = BankOptions(stride, padding, dilation, groups, padding_mode, dtype, exact)
    return find_implementation("bank", image, filter_bank, bank_grid)(
        image, weight, bias, options, channel_axis=channel_axis, out=out, workers=workers)


@checks_keywords
def plan(
    image: AnyImage, kernel: Numbers, *, stride: IntPair = 1, dilation: IntPair = 1, channel_axis: int | None = -1,
    dtype: Dtype = None, method: Method = "auto", exact: bool = False,
) -> Plan:
    """Plan a correlation: how `correlate` would compute it, without computing it.

    Parameters
    ----------
    image, kernel, stride, dilation, channel_axis, dtype, method, exact
        As in `correlate`.

    Returns
    -------
    Plan
        Printed, it says which algorithm runs, in what arithmetic and why, what a result costs, how much scratch memory
        a thread needs, and how the loops cut up the work.

    Examples
    --------
    >>> import imfilter, numpy
    >>> chosen = imfilter.plan(numpy.zeros((1080, 1920, 3), numpy.uint8), numpy.ones((5, 5)) / 25)
    >>> chosen.method, chosen.compute_dtype, chosen.taps
    ('runs', 'int16', 7)
    """
    options = ChannelwiseOptions(stride=stride, dilation=dilation, dtype=dtype, method=method, exact=exact)
    given: Any = image
    pixels = given.data if is_labeled(given) else given
    if is_lazy(pixels):
        pixels = array_like(pixels.shape, pixels.dtype)  # samples are not needed
    return plan_channelwise(pixels, KernelSet.from_kernel(kernel, flip=False), options, channel_axis=channel_axis)
