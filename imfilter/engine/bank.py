"""Banks of kernels across channels in three phases: a request, its preparation (kept in a cache), and the loops."""
import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import PROXY_DTYPE, Array, result_dtype, supported_dtype, to_native
from ..arrays.layout import ArrayLayout
from ..arrays.opened import OpenedImage, open_image
from ..errors import check_integer, check_pair
from ..runtime.threads import SHARES, run_task
from . import _core
from .borders import PADDING_MODES, bank_margins, parse_border
from .checks import check_bank_fits, check_bias, check_flag, check_kernel
from .computation import Computation, Geometry
from .kept import KeptPack, PreparedLoops, is_plain
from .output import allocate_output, check_fits_memory, write_output
from .planner import choose_bank_dtype
from .request import BankOptions, BankRequest, check_pairs, look_up, result_size

DEPTHWISE_WEIGHTS = 2**15  # weights below which a depthwise bank stays in the cache
RATE = 70e9  # multiplications per second of a thread with wide vectors
SECONDS = 0.03e-9  # that a result takes at least
STRIP_SECONDS = 1e-3  # from which a strip of its own pays
MOST_SHARES = 16  # strips per thread: with fewer, a thread on a busy core holds up the others by a whole long strip
LARGEST_CACHED = 2**12  # weights up to which a bank is looked up by its values
# Calls of conv2d: by their weight, bias, channel_axis, and options in the order of BankOptions.
RECENT = _core.RecentCalls()
LARGEST_PACKED = 2**13  # weights, filled up to whole vectors of outputs, up to which a bank stays packed


def filter_bank(
    image: Any, weight: Any, bias: Any, options: BankOptions, *, channel_axis: int | None, out: Array | None,
    workers: int | None,
) -> Any:
    """Apply a bank of kernels across the channels of an image. The options are those of `imfilter.conv2d`."""
    opened = open_image(image, channel_axis)
    prepared = prepare_bank(opened, weight, bias, options)
    result = prepared.run(opened.pixels, out, workers)
    if prepared.ready is not None and image is opened.pixels:
        RECENT.keep((weight, bias, channel_axis, *options), prepared.ready)
    return opened.convert_back(result)


def prepare_bank(opened: OpenedImage, weight: Any, bias: Any, options: BankOptions) -> "PreparedBank":
    """Check a request and prepare its computation, or take it from the cache."""
    pixels, weights, added = opened.pixels, as_array(weight, "weight"), None if bias is None else as_array(bias, "bias")
    options = check_pairs(options)
    if weights.size <= LARGEST_CACHED:
        keys = key_of_array(weights), None if added is None else key_of_array(added)
        found = look_up(_prepare_cached, pixels.shape, pixels.dtype, opened.layout, *keys, *options)
        if found is not None:
            return found
    weights = check_kernel(weights, "weight", 4)
    return PreparedBank(BankRequest(
        pixels.shape, pixels.dtype, opened.layout, weights, check_bias(added, len(weights)), options))


def keep_bank(
    pixels: Array, weight: Array, bias: Array | None, options: BankOptions, relu: bool = False
) -> "PreparedBank":
    """Prepare a bank for images of one shape and dtype, channels last, that is used often and stays packed."""
    weights = check_kernel(weight, "weight", 4)
    return PreparedBank(BankRequest(
        pixels.shape, pixels.dtype, open_image(pixels, -1).layout, weights, check_bias(bias, len(weights)),
        check_pairs(options)), keep=True, relu=relu)


ArrayKey = tuple[bytes, np.dtype[Any], tuple[int, ...]]


def key_of_array(array: Array) -> ArrayKey | Array:
    """Return what an array of numbers is looked up by. Other arrays have no hash, and so are not looked up."""
    return (array.tobytes(), array.dtype, array.shape) if array.dtype.kind in "biuf" else array


def array_of_key(key: ArrayKey) -> Array:
    samples, dtype, shape = key
    return np.frombuffer(samples, dtype).reshape(shape)


@lru_cache(maxsize=64, typed=True)  # typed: groups of True or 1.0 are wrong, and not looked up as 1
def _prepare_cached(
    shape: tuple[int, ...], dtype: np.dtype[Any], layout: ArrayLayout, weight: ArrayKey, bias: ArrayKey | None,
    *options: Any,
) -> "PreparedBank":
    weights = check_kernel(array_of_key(weight), "weight", 4)
    added = None if bias is None else check_bias(array_of_key(bias), len(weights))
    return PreparedBank(BankRequest(shape, dtype, layout, weights, added, BankOptions(*options)))


class PreparedBank(PreparedLoops):
    """A bank of kernels, ready to be run on images of one shape and dtype.

    keep: it stays packed even if it is large. relu: set negative results to 0, if they are of the
    floats that sums are computed in; `computation.rectified` says so.
    """

    def __init__(self, request: BankRequest, keep: bool = False, relu: bool = False) -> None:
        weights, bias, layout, options = request.weights, request.bias, request.layout, request.options
        outputs, _, kh, kw = weights.shape
        image_dtype = supported_dtype(request.image_dtype)
        self.dtype = result_dtype(image_dtype, options.dtype)
        groups = check_integer("groups", options.groups, 1)
        check_bank_fits(weights, groups, request.shape, layout)
        stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
        border = parse_border("padding_mode", options.padding_mode, PADDING_MODES)
        image = layout.size(request.shape)
        margins = bank_margins(options.padding, (kh, kw), dilation, image, stride)
        size = result_size(image, (kh, kw), margins, stride, dilation)
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
            compute_dtype, bounded, bias=bias, groups=groups, exact=check_flag("exact", options.exact),
            rectified=relu and np.dtype(compute_dtype) == self.dtype)
        self.kernels = _depthwise_kernels(weights, groups)
        self.taps: int = weights[0].size
        self.seconds = math.prod(self.shape) * (self.taps / RATE + SECONDS)
        self._kept = KeptPack(
            (request.shape, request.image_dtype), (self.shape, self.dtype), self.seconds,
            plain=is_plain(layout, request.image_dtype, self.dtype),
            small=keep or self.taps * max(outputs, 32) <= LARGEST_PACKED)

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        direct = self._repeat(pixels, out, workers)
        if direct is not None:
            return direct
        source = self.layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self.shape, self.dtype, out, self.result_layout)
        if result.size:
            task = self._make_task(source, target)
            threads = self._count_threads(workers)
            run_task(task, threads, self._count_shares(threads))
        return write_output(result, self.dtype, out)

    def _count_shares(self, threads: int) -> int:
        """Return how many strips to cut the work into for each thread."""
        return min(max(SHARES, int(self.seconds / (threads * STRIP_SECONDS))), MOST_SHARES)

    def _make_task(self, source: Array, target: Array) -> Any:
        """Return this work on arrays (images, rows, columns, channels). A small bank stays packed for the next."""
        return self._kept.make_task(source, target, lambda: _core.Packed(
            source, target, self.kernels, self.geometry, self.computation))


def _depthwise_kernels(weights: Array, groups: int) -> Any:
    """Return a depthwise bank as kernels (channels, kh, kw) in a tuple, and any other bank as it is.

    One kernel per channel runs along the rows, as long as the weights of all channels stay in the cache.
    """
    outputs, inputs = weights.shape[:2]
    if groups == outputs and inputs == 1 and weights.size < DEPTHWISE_WEIGHTS:
        return (np.ascontiguousarray(weights[:, 0]),)
    return weights
