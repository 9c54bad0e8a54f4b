"""correlate, convolve and conv2d: every argument is checked here, once, before anything is computed."""
from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from .arrays.conversion import as_array, pixels_of, to_input_type
from .arrays.dispatch import dispatch_lazy
from .arrays.dtypes import NATIVE, PROXY_DTYPE, Array, result_dtype, round_to_dtype, supported_dtype, to_native
from .arrays.layout import ArrayLayout, layout_of
from .engine import _core, fft, normalized, region
from .engine.borders import PADDING_MODES, Border, Margins, padding_margins, parse_border, parse_cval
from .engine.kernel_structure import Kernel, Numbers, Separable, kernel_from_key, kernel_key
from .engine.planner import WORTH_THREADS, Plan, choose_bank_dtype, choose_plan
from .engine.sizes import LARGEST, count_outputs
from .errors import DtypeError, ImfilterError, check_integer, check_pair, check_real
from .runtime.threads import run_task, thread_count

DEPTHWISE_WEIGHTS = 2**15
BANK_WORTH_THREADS = 6_000_000  # multiplications, some 0.3 ms
KEPT_WEIGHTS = 2**12  # of a kernel up to which what was settled is kept
KEPT_TAPS = 2**8  # of a kernel up to which it stays packed: some 20 KiB

View = Callable[[Array], Array | None]


@dispatch_lazy
def correlate(
    image: Any, kernel: Any, *, mode: str = "reflect", cval: float = 0.0, padding: Any = "same",
    stride: int | tuple[int, int] = 1, dilation: int | tuple[int, int] = 1, mask: Any = None,
    channel_axis: int | None = -1, dtype: Any = None, out: Array | None = None, workers: int | None = None,
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
    return _channelwise(
        image, (check_kernel(kernel, "kernel", 2),), flip=False, mode=mode, cval=cval, padding=padding,
        stride=stride, dilation=dilation, mask=mask, channel_axis=channel_axis, dtype=dtype, out=out, workers=workers,
        method=method)


@dispatch_lazy
def convolve(
    image: Any, kernel: Any, *, mode: str = "reflect", cval: float = 0.0, padding: Any = "same",
    stride: int | tuple[int, int] = 1, dilation: int | tuple[int, int] = 1, mask: Any = None,
    channel_axis: int | None = -1, dtype: Any = None, out: Array | None = None, workers: int | None = None,
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
    return _channelwise(
        image, (check_kernel(kernel, "kernel", 2),), flip=True, mode=mode, cval=cval, padding=padding,
        stride=stride, dilation=dilation, mask=mask, channel_axis=channel_axis, dtype=dtype, out=out, workers=workers,
        method=method)


@dispatch_lazy
def conv2d(
    image: Any, weight: Any, bias: Any = None, *, stride: int | tuple[int, int] = 1, padding: Any = 0,
    dilation: int | tuple[int, int] = 1, groups: int = 1, padding_mode: str | Border = "zeros",
    channel_axis: int | None = -1, dtype: Any = None, out: Array | None = None, workers: int | None = None,
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
    pixels = pixels_of(image, channel_axis)
    layout = layout_of(pixels.shape, channel_axis)
    kind = supported_dtype(pixels.dtype)
    target_kind = result_dtype(kind, dtype)
    weights = check_kernel(weight, "weight", 4)
    outputs, inputs, *kernel = weights.shape
    groups = check_integer("groups", groups, 1)
    channels = 1 if layout.channel_axis is None else pixels.shape[layout.channel_axis]
    if inputs * groups != channels or outputs % groups:
        _refuse_bank(weights.shape, groups, pixels.shape, layout, channels)
    offsets = _bias(bias, outputs)
    strides, dilations = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
    edge = parse_border("padding_mode", padding_mode, PADDING_MODES)
    margin = bank_margins(padding, (kernel[0], kernel[1]), dilations)
    size = _size(layout, pixels.shape, kernel, margin, strides, dilations)
    threads = thread_count(workers)
    if layout.channel_axis is None:  # the result has channels, after everything else
        result_layout = ArrayLayout(pixels.ndim + 1, pixels.ndim)
        shape = (*layout.shape(pixels.shape, *size), outputs)
    else:
        result_layout = layout
        shape = layout.shape(pixels.shape, *size, outputs)
    source = layout.images(to_native(pixels))

    lane, bounded = choose_bank_dtype(weights, offsets, source.dtype, PROXY_DTYPE.get(target_kind, target_kind))

    # One kernel a channel runs along the rows, as long as the weights of all channels stay in the cache.
    depthwise = groups == channels == outputs and weights.size < DEPTHWISE_WEIGHTS
    kernels = (np.ascontiguousarray(weights[:, 0]),) if depthwise else weights

    result, target = allocate_output(pixels, shape, target_kind, out, result_layout.empty, result_layout.images)
    if result.size:
        packed = _core.Packed(
            source, target, kernels, strides, dilations, (margin[0][0], margin[1][0]), edge, 0.0, lane, bounded,
            1.0, 0, offsets, groups)
        task = packed.task(source, target)
        assert task is not None
        run_task(task, threads if target.size * weights[0].size > BANK_WORTH_THREADS else 1)
    return to_input_type(image, write_output(result, target_kind, out))


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
    >>> chosen.method, chosen.lane, chosen.taps
    ('runs', 'h', 7)
    """
    plans: list[Plan] = []
    _channelwise(
        image, (check_kernel(kernel, "kernel", 2),), stride=stride, dilation=dilation, channel_axis=channel_axis,
        dtype=dtype, method=method, told=plans.append)
    return plans[0]


# Importing the module plan.py put it where the package's function of that name belongs.
sys.modules[__package__].plan = plan  # type: ignore[attr-defined]


def correlate_separable(image: Any, column: Array, row: Array, **options: Any) -> Any:
    """Correlate with the kernel column[:, None] * row, which is never made. options: as in `correlate`."""
    if not row.any():  # the loops write nothing for a row without taps: the zeros are the column's
        column, row = np.zeros_like(column), np.eye(1, len(row), len(row) // 2)[0]
    return _channelwise(image, (Separable(column, row),), **options)


def magnitude(image: Any, first: Array, second: Array, **options: Any) -> Any:
    """Convolve with two kernels of one size, and take the root of the mean of the squares, in one pass."""
    return _channelwise(image, (first, second), flip=True, **options)


class _Work:
    """All of channel-wise work but the samples: checked, planned, and the same for every image of a shape and dtype.

    whole: rows and columns of the results of the whole image, where the image is a window.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], numbers: tuple[Numbers, ...], flip: bool, mode: Any,
        cval: Any, padding: Any, stride: Any, dilation: Any, channel_axis: Any, wanted: Any, method: Any,
        whole: region.Pair | None,
    ) -> None:
        self.layout = layout_of(shape, channel_axis)
        self.planar = self.layout.planar
        kind = supported_dtype(dtype)
        self.kind = result_dtype(kind, wanted)
        kernels = tuple(map(kernel_from_key, numbers))
        kh, kw = kernels[0].shape
        if flip:
            kernels = tuple(np.ascontiguousarray(kernel[::-1, ::-1]) for kernel in kernels)  # type: ignore[call-overload]
        self.stride, self.dilation = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
        self.kernels = kernels
        edge = parse_border("mode", mode)
        self.beyond = parse_cval(cval, edge, kind)
        self.edge = int(edge)
        margin = kernel_margins(padding, (kh, kw), self.dilation, flip)
        self.before = margin[0][0], margin[1][0]
        size = _size(self.layout, shape, (kh, kw), margin, self.stride, self.dilation)
        self.shape = self.layout.shape(shape, *size)
        whole = whole or size
        self.width = whole[1]
        source, target = PROXY_DTYPE.get(kind, kind), PROXY_DTYPE.get(self.kind, self.kind)
        self._blocks = None
        # The transform sums one whole kernel, and not the integers that only float64 holds.
        if len(kernels) == 1 and isinstance(kernels[0], np.ndarray) and (kind.kind == "f" or source.kind != "f"):
            self._blocks = fft.Blocks(*map(fft.axis, whole, (kh, kw), self.stride, self.dilation))
        self.plan = choose_plan(kernels, source, target, cval=self.beyond, stride=self.stride, dilation=self.dilation,
                           width=self.width, blocks=self._blocks, method=method)
        self.parallel = self.plan.seconds(math.prod(self.shape)) > WORTH_THREADS
        self._packed: _core.Packed | None = None

    def task(self, source: Array, target: Array) -> _core.Task | fft.Task:
        """Return this work on arrays (images, rows, columns, channels). A small kernel stays packed for the next."""
        packed, plan = self._packed, self.plan
        if plan.method == "fft":
            blocks, window = self._blocks, region.current()
            assert blocks is not None
            if window:
                window.grains.add((blocks.rows.grain, blocks.columns.grain))
                blocks = blocks.within(window.first, target.shape[1:3])
            return fft.Task(
                source, target, plan.kernels[0], blocks, self.before, self.edge, self.beyond, plan.scale)
        task = packed.task(source, target) if packed else None
        if task is None:
            packed = _core.Packed(
                source, target, plan.kernels, self.stride, self.dilation, self.before, self.edge, self.beyond,
                plan.lane, plan.bounded, plan.scale, plan.levels, solid=plan.solid)
            task = packed.task(source, target)
            self._packed = packed if plan.taps <= KEPT_TAPS else None
        assert task is not None
        return task


_settled = lru_cache(maxsize=256, typed=True)(_Work)


def _channelwise(
    image: Any, kernels: tuple[Kernel, ...], *, flip: bool = False, mode: str = "reflect", cval: float = 0.0,
    padding: Any = "same", stride: Any = 1, dilation: Any = 1, mask: Any = None, channel_axis: int | None = -1,
    dtype: Any = None, out: Array | None = None, workers: int | None = None, method: str = "auto",
    told: Callable[[Plan], None] | None = None,
) -> Any:
    """Compute a checked convolution, or only tell its plan."""
    if mask is not None:
        return _normalized(
            image, kernels, mask, cval, out, workers, flip=flip, mode=mode, padding=padding, stride=stride,
            dilation=dilation, channel_axis=channel_axis, wanted=dtype, method=method)
    pixels = pixels_of(image, channel_axis)
    given = (pixels.shape, pixels.dtype, tuple([kernel_key(kernel) for kernel in kernels]), flip, mode, cval, padding,
             stride, dilation, channel_axis, dtype, method, region.whole())
    # Checking and planning takes longer than filtering a small image, so what was settled is kept. Sequences are not
    # looked up, because (True, 1) is found as (1, 1).
    plain = (isinstance(padding, (str, int)) and isinstance(stride, int) and isinstance(dilation, int)
             and kernels[0].size <= KEPT_WEIGHTS)
    try:
        work = _settled(*given) if plain else _Work(*given)
    except TypeError:  # something that cannot be looked up, or that is wrong
        work = _Work(*given)
    threads = thread_count(workers)
    samples = to_native(pixels)
    layout = work.layout
    view: View = layout.images
    empty: Callable[..., Array] = layout.empty
    if work.planar and layout.planes(samples) is not None:  # channels apart are images of their own
        view, empty = layout.planes, layout.empty_planes
    source = view(samples)
    assert source is not None
    result, target = allocate_output(pixels, work.shape, work.kind, out, empty, view)
    if result.size:
        task = work.task(source, target)
        if told:
            told(replace(work.plan, scratch=task.scratch))
        else:
            run_task(task, threads if work.parallel else 1)
    return to_input_type(image, write_output(result, work.kind, out))


def _normalized(
    image: Any, kernels: tuple[Kernel, ...], mask: Any, cval: Any, out: Array | None, workers: int | None, *,
    mode: Any, channel_axis: int | None, **options: Any,
) -> Any:
    """Compute a checked normalized convolution; options: as in `_Work`."""
    pixels = pixels_of(image, channel_axis)
    for kernel in kernels:
        normalized.sum_weights(kernel)
    beyond = check_real("cval", cval) if parse_border("mode", mode) is Border.CONSTANT else 0.0
    work = _Work(
        pixels.shape, pixels.dtype, tuple(map(kernel_key, kernels)), mode=mode, channel_axis=channel_axis,
        cval=0.0 if math.isnan(beyond) else beyond, whole=region.whole(), **options)
    threads = thread_count(workers)
    weights = normalized.check_weights(mask, pixels.shape, work.layout, beyond)
    view = work.layout.images
    source = view(to_native(pixels))
    if out is not None and weights.mask is not None and np.may_share_memory(out, weights.mask):
        weights = weights._replace(mask=weights.mask.copy())
    result, target = allocate_output(pixels, work.shape, work.kind, out, work.layout.empty, view)
    if result.size:
        task = normalized.Task(
            source, target, weights, work.kernels[0], work.stride, work.dilation, work.before, Border(work.edge),
            work.beyond, options["method"], work.width)
        run_task(task, threads if work.parallel else 1)
    return to_input_type(image, write_output(result, work.kind, out))


def kernel_margins(padding: Any, kernel: tuple[int, int], dilation: tuple[int, int], flip: bool) -> Margins:
    """Return how many pixels are added around an image for a kernel of this size, which may be flipped."""
    kh, kw = kernel
    anchor = (kh - 1 - kh // 2, kw - 1 - kw // 2) if flip else (kh // 2, kw // 2)
    return padding_margins(padding, kernel, dilation, anchor)


def bank_margins(padding: Any, kernel: tuple[int, int], dilation: tuple[int, int]) -> Margins:
    """Return how many pixels are added around an image for a bank of kernels of this size."""
    if isinstance(padding, str) and padding == "same":
        # An odd number of pixels goes to the bottom and right, dilated or not.
        down, across = (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        return (down // 2, down - down // 2), (across // 2, across - across // 2)
    return padding_margins(padding, kernel, dilation, ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2))


def check_kernel(values: Any, name: str, ndim: int) -> Array:
    """Return a kernel or bank as contiguous float64, checked."""
    given = as_array(values, name)
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"{name} must hold real numbers, got dtype {given.dtype}")
    shape = "(kh, kw)" if ndim == 2 else "(C_out, C_in / groups, kh, kw)"
    if given.ndim != ndim or 0 in given.shape:
        raise ImfilterError(f"{name} must have the shape {shape} and not be empty, got {given.shape}")
    weights = np.ascontiguousarray(given, np.float64)
    if not _core.finite(weights):
        raise ImfilterError(f"{name} must be finite, got NaN or infinity in it")
    return weights


def _bias(bias: Any, outputs: int) -> Array | None:
    if bias is None:
        return None
    given = as_array(bias, "bias")
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"bias must hold real numbers, got dtype {given.dtype}")
    if given.shape != (outputs,):
        raise ImfilterError(
            f"bias must have one number for each of the {outputs} output channels, got shape {given.shape}")
    values = given.astype(np.float64)
    if not _core.finite(values):
        raise ImfilterError("bias must be finite, got NaN or infinity in it")
    return values


def _refuse_bank(weight: tuple[int, ...], groups: int, image: tuple[int, ...], layout: ArrayLayout, channels: int) -> None:
    outputs, inputs = weight[:2]
    if outputs % groups or channels % groups:
        raise ImfilterError(
            f"groups must divide the {channels} channels of the image and the {outputs} of the result, got {groups}")
    raise ImfilterError(
        f"weight {weight} with groups={groups} must meet an image of {inputs * groups} channels, got {channels} "
        f"in an image of shape {image}: {layout.taken}")


def _size(
    layout: ArrayLayout, shape: tuple[int, ...], kernel: Any, margin: Margins, stride: Any, dilation: Any
) -> tuple[int, int]:
    """Return the rows and columns of the result."""
    rows, columns = layout.size(shape)
    return (count_outputs(rows, kernel[0], margin[0], stride[0], dilation[0]),
            count_outputs(columns, kernel[1], margin[1], stride[1], dilation[1]))


def allocate_output(
    pixels: Array, shape: tuple[int, ...], kind: np.dtype[Any], out: Array | None, empty: Callable[..., Array],
    view: View,
) -> tuple[Array, Array]:
    """Return the array that the loops write, out where they can, and its view (images, rows, columns, channels).

    empty: makes an array that they can write. view: gives the view, or None.
    """
    if out is not None:
        check_out(out, shape, kind)
        if kind in NATIVE and out.dtype == kind and not np.may_share_memory(out, pixels):
            target = view(out)
            if target is not None and _core.gapless(target):
                return out, target
    if math.prod(shape) * 8 > LARGEST:
        raise ImfilterError(f"the result would have the shape {shape}, which no memory holds")
    result = empty(shape, PROXY_DTYPE.get(kind, kind))
    return result, view(result)  # type: ignore[return-value]


def write_output(result: Array, kind: np.dtype[Any], out: Array | None) -> Array:
    """Return what the loops wrote as this dtype, in out if there is one."""
    if out is None:
        return round_to_dtype(result, kind)
    if result is not out:
        out[...] = round_to_dtype(result, kind)
    return out


def check_out(out: Any, shape: tuple[int, ...], kind: np.dtype[Any]) -> None:
    """Refuse an out that is not an array of the very shape and dtype, or cannot be written."""
    if not isinstance(out, np.ndarray):
        raise DtypeError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.shape != shape or (out.dtype != kind and out.dtype.newbyteorder("=") != kind):
        raise ImfilterError(f"out must have shape {shape} and dtype {kind}, got {out.shape} and {out.dtype}")
    if not out.flags.writeable:
        raise ImfilterError("out must be writable, got a read-only array")
