"""Banks of kernels across channels in three phases: a request, its preparation (kept in a cache), and the loops."""
from functools import lru_cache
from typing import Any, NamedTuple, TypedDict, Unpack

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, result_dtype, supported_dtype, to_native
from ..arrays.layout import ArrayLayout
from ..arrays.opened import open_image
from ..errors import ImfilterError, check_integer, check_pair
from ..runtime.threads import run_task, thread_count
from . import _core
from .borders import PADDING_MODES, bank_margins, parse_border, parse_padding
from .checks import check_bank_fits, check_bias, check_flag, check_kernel
from .computation import Computation, Geometry
from .output import allocate_output, check_fits_memory, write_output
from .planner import choose_bank_dtype
from .request import result_size

DEPTHWISE_WEIGHTS = 2**15  # weights below which a depthwise bank stays in the cache
WORTH_THREADS = 6_000_000  # multiplications from which waking another thread pays, about 0.3 ms
LARGEST_CACHED = 2**12  # weights up to which a bank is looked up by its values
LARGEST_PACKED = 2**13  # weights, filled up to whole vectors of outputs, up to which a bank stays packed


class BankOptions(TypedDict, total=False):
    """Keywords of `conv2d` that decide what is computed, other than image, weight and bias."""

    stride: Any
    padding: Any
    dilation: Any
    groups: int
    padding_mode: Any
    dtype: Any
    exact: Any


class BankRequest(NamedTuple):
    """Everything asked of a bank but the samples. weights, bias: arrays, or their bytes in the cache."""

    shape: tuple[int, ...]
    image_dtype: np.dtype[Any]
    layout: ArrayLayout
    weights: Any
    bias: Any
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    padding_mode: Any = "zeros"
    dtype: Any = None
    exact: Any = False


def filter_bank(
    image: Any, weight: Any, bias: Any, *, out: Array | None = None, workers: int | None = None,
    channel_axis: int | None = -1, **options: Unpack[BankOptions],
) -> Any:
    """Apply a bank of kernels across the channels of an image. The options are those of `imfilter.conv2d`."""
    opened = open_image(image, channel_axis)
    weights = check_kernel(weight, "weight", 4)
    prepared = _prepare(BankRequest(
        opened.pixels.shape, opened.pixels.dtype, opened.layout, weights, check_bias(bias, len(weights)), **options))
    return opened.convert_back(prepared.run(opened.pixels, out, workers))


def _prepare(request: BankRequest) -> "PreparedBank":
    """Check a request and prepare its computation, or take it from the cache."""
    weights, bias = request.weights, request.bias
    if weights.size > LARGEST_CACHED:
        return PreparedBank(request)
    if not isinstance(request.padding, (str, int)):
        request = request._replace(padding=parse_padding(request.padding))
    stride, dilation = check_pair("stride", request.stride, 1), check_pair("dilation", request.dilation, 1)
    given = request._replace(
        stride=stride, dilation=dilation, weights=(weights.shape, weights.tobytes()),
        bias=None if bias is None else bias.tobytes())
    try:
        return _prepare_cached(*given)
    except TypeError as error:
        if isinstance(error, ImfilterError):
            raise
        return PreparedBank(request)  # with an argument that has no hash


@lru_cache(maxsize=64, typed=True)  # typed: groups of True or 1.0 are wrong, and not looked up as 1
def _prepare_cached(*given: Any) -> "PreparedBank":
    request = BankRequest(*given)
    shape, weights = request.weights
    return PreparedBank(request._replace(
        weights=np.frombuffer(weights).reshape(shape),
        bias=None if request.bias is None else np.frombuffer(request.bias)))


class PreparedBank:
    """A bank of kernels, ready to be run on images of one shape and dtype."""

    def __init__(self, request: BankRequest) -> None:
        weights, bias, layout = request.weights, request.bias, request.layout
        outputs, _, kh, kw = weights.shape
        image_dtype = supported_dtype(request.image_dtype)
        self.dtype = result_dtype(image_dtype, request.dtype)
        groups = check_integer("groups", request.groups, 1)
        check_bank_fits(weights, groups, request.shape, layout)
        stride, dilation = check_pair("stride", request.stride, 1), check_pair("dilation", request.dilation, 1)
        border = parse_border("padding_mode", request.padding_mode, PADDING_MODES)
        margins = bank_margins(request.padding, (kh, kw), dilation)
        size = result_size(layout.size(request.shape), (kh, kw), margins, stride, dilation)
        self.layout, self.result_layout = layout, layout
        self.shape = layout.shape(request.shape, *size, outputs)
        if layout.channel_axis is None:  # the result has channels, after all other axes
            self.result_layout = ArrayLayout(layout.ndim + 1, layout.ndim)
            self.shape = (*self.shape, outputs)
        check_fits_memory(self.shape)
        self.geometry = Geometry(stride, dilation, (margins[0][0], margins[1][0]), int(border), 0.0)
        compute_dtype, bounded = choose_bank_dtype(
            weights, bias, PROXY_DTYPE.get(image_dtype, image_dtype), PROXY_DTYPE.get(self.dtype, self.dtype))
        self.computation = Computation(
            compute_dtype, bounded, bias=bias, groups=groups, exact=check_flag("exact", request.exact))
        self.kernels = _depthwise_kernels(weights, groups)
        self.taps = weights[0].size
        self._keeps_packed = self.taps * max(outputs, 32) <= LARGEST_PACKED
        self._packed: _core.Packed | None = None

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        threads = thread_count(workers)
        source = self.layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self.shape, self.dtype, out, self.result_layout)
        if result.size:
            task = self._make_task(source, target)
            run_task(task, threads if target.size * self.taps > WORTH_THREADS else 1)
        return write_output(result, self.dtype, out)

    def _make_task(self, source: Array, target: Array) -> Any:
        """Return this work on arrays (images, rows, columns, channels). A small bank stays packed for the next."""
        task = self._packed.task(source, target) if self._packed else None
        if task is None:
            packed = _core.Packed(source, target, self.kernels, self.geometry, self.computation)
            task = packed.task(source, target)
            self._packed = packed if self._keeps_packed else None
        return task


def _depthwise_kernels(weights: Array, groups: int) -> Any:
    """Return a depthwise bank as kernels (channels, kh, kw) in a tuple, and any other bank as it is.

    One kernel per channel runs along the rows, as long as the weights of all channels stay in the cache.
    """
    outputs, inputs = weights.shape[:2]
    if groups == outputs and inputs == 1 and weights.size < DEPTHWISE_WEIGHTS:
        return (np.ascontiguousarray(weights[:, 0]),)
    return weights
