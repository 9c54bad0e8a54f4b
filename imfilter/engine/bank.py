"""Banks of kernels across channels in three phases: a request, its preparation (kept in a cache), and the loops."""
import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import NATIVE, PROXY_DTYPE, Array, result_dtype, supported_dtype, to_native
from ..arrays.layout import ArrayLayout
from ..arrays.opened import OpenedImage, open_image
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


class BankOptions(NamedTuple):
    """Keywords of `conv2d` that decide what is computed, as the caller gave them."""

    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    padding_mode: Any = "zeros"
    dtype: Any = None
    exact: Any = False

    def with_checked_pairs(self) -> "BankOptions":
        """Return the options with sequences replaced by checked pairs: (1, True) would be looked up as (1, 1)."""
        if isinstance(self.stride, int) and isinstance(self.dilation, int) and isinstance(self.padding, (str, int)):
            return self
        return self._replace(
            padding=self.padding if isinstance(self.padding, (str, int)) else parse_padding(self.padding),
            stride=check_pair("stride", self.stride, 1), dilation=check_pair("dilation", self.dilation, 1))


class BankRequest(NamedTuple):
    """Everything asked of a bank but the samples. weights, bias: checked arrays."""

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

    @property
    def options(self) -> BankOptions:
        """The keywords of `conv2d`."""
        return BankOptions(*self[5:])


def filter_bank(
    image: Any, weight: Any, bias: Any, options: BankOptions, *, channel_axis: int | None, out: Array | None,
    workers: int | None,
) -> Any:
    """Apply a bank of kernels across the channels of an image. The options are those of `imfilter.conv2d`."""
    opened = open_image(image, channel_axis)
    prepared = prepare_bank(opened, weight, bias, options)
    return opened.convert_back(prepared.run(opened.pixels, out, workers))


def prepare_bank(opened: OpenedImage, weight: Any, bias: Any, options: BankOptions) -> "PreparedBank":
    """Check a request and prepare its computation, or take it from the cache."""
    pixels, weights, added = opened.pixels, as_array(weight, "weight"), None if bias is None else as_array(bias, "bias")
    if weights.size <= LARGEST_CACHED:
        try:
            return _prepare_cached(
                pixels.shape, pixels.dtype, opened.layout, _key_of(weights), _key_of(added),
                *options.with_checked_pairs())
        except TypeError as error:  # of an argument that has no hash
            if isinstance(error, ImfilterError):
                raise
    weights = check_kernel(weights, "weight", 4)
    return PreparedBank(BankRequest(
        pixels.shape, pixels.dtype, opened.layout, weights, check_bias(added, len(weights)), *options))


ArrayKey = tuple[bytes, np.dtype[Any], tuple[int, ...]]


def _key_of(array: Array | None) -> ArrayKey | None:
    """Return what an array of numbers is looked up by."""
    if array is None:
        return None
    if array.dtype.kind not in "biuf":
        raise TypeError("others have no key")
    return array.tobytes(), array.dtype, array.shape


def _array_of(key: ArrayKey) -> Array:
    samples, dtype, shape = key
    return np.frombuffer(samples, dtype).reshape(shape)


@lru_cache(maxsize=64, typed=True)  # typed: groups of True or 1.0 are wrong, and not looked up as 1
def _prepare_cached(
    shape: tuple[int, ...], dtype: np.dtype[Any], layout: ArrayLayout, weight: ArrayKey, bias: ArrayKey | None,
    *options: Any,
) -> "PreparedBank":
    weights = check_kernel(_array_of(weight), "weight", 4)
    added = None if bias is None else check_bias(_array_of(bias), len(weights))
    return PreparedBank(BankRequest(shape, dtype, layout, weights, added, *options))


class PreparedBank:
    """A bank of kernels, ready to be run on images of one shape and dtype."""

    def __init__(self, request: BankRequest) -> None:
        weights, bias, layout, options = request.weights, request.bias, request.layout, request.options
        outputs, _, kh, kw = weights.shape
        image_dtype = supported_dtype(request.image_dtype)
        self.dtype = result_dtype(image_dtype, options.dtype)
        groups = check_integer("groups", options.groups, 1)
        check_bank_fits(weights, groups, request.shape, layout)
        stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
        border = parse_border("padding_mode", options.padding_mode, PADDING_MODES)
        margins = bank_margins(options.padding, (kh, kw), dilation)
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
            compute_dtype, bounded, bias=bias, groups=groups, exact=check_flag("exact", options.exact))
        self.kernels = _depthwise_kernels(weights, groups)
        self.taps = weights[0].size
        # The core reads the pixels and writes the result as they are.
        self._plain = layout.channels_last and request.image_dtype in NATIVE and self.dtype in NATIVE
        self._keeps_packed = self.taps * max(outputs, 32) <= LARGEST_PACKED
        self._packed: _core.Packed | None = None

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        threads = thread_count(workers)  # also refuses a wrong number where one thread is enough
        if math.prod(self.shape) * self.taps <= WORTH_THREADS:
            threads = 1
        if threads == 1 and self._plain and self._packed is not None and out is None:
            direct = _core.compute(self._packed, pixels, self.shape, self.dtype)
            if direct is not None:
                return direct
        source = self.layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self.shape, self.dtype, out, self.result_layout)
        if result.size:
            task = self._make_task(source, target)
            run_task(task, threads)
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
