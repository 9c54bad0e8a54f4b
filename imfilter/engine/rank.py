"""Filters of the samples in a window: ranks, extremes and the bilateral mean."""
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, exceeds_float64, result_dtype, round_to_dtype, to_native
from ..arrays.opened import OpenedImage, open_image
from ..errors import ImfilterError, check_pair
from ..runtime.threads import run_task, thread_count
from . import _core
from .borders import Border, parse_border, parse_cval
from .checks import check_flag
from .computation import WindowPlan
from .output import allocate_output, check_fits_memory, check_out, write_output
from .request import FilterOptions
from .sizes import LARGEST

if TYPE_CHECKING:
    from .sorting_networks import Network

TALLEST = 2**16 - 1  # rows of a window that 16 bits count
WORTH_THREADS = 200_000  # samples times the cost of each from which waking another thread pays, about 0.3 ms
# Samples of a window up to which a network is faster than histograms (for 1 byte) or selection.
LARGEST_NETWORK = {1: 81, 2: 1000, 4: 1000, 8: 1000}


@lru_cache(maxsize=64)
def _network_for(height: int, width: int, rank: int) -> "Network":
    from .sorting_networks import build_network  # most programs filter no ranks

    return build_network(height, width, rank)


Planner = Callable[[tuple[int, int], np.dtype[Any]], WindowPlan]


def filter_extreme(image: Any, size: tuple[int, int], largest: bool, options: FilterOptions) -> Any:
    """Return the smallest or the largest sample of each window."""

    def choose_plan(image_size: tuple[int, int], _: np.dtype[Any]) -> WindowPlan:
        # Beyond twice the image a border only repeats samples that the window already holds.
        before = [min(length // 2, 2 * n) for length, n in zip(size, image_size, strict=True)]
        after = [min(length - 1 - length // 2, 2 * n) for length, n in zip(size, image_size, strict=True)]
        height, width = (first + 1 + last for first, last in zip(before, after, strict=True))
        return WindowPlan("extreme", (height, width), (before[0], before[1]), 1, int(largest))

    return _filter_windows(image, choose_plan, options, selects=True)


def filter_rank(image: Any, size: tuple[int, int], rank: int, options: FilterOptions) -> Any:
    """Return the rank-th smallest sample of each window, counted from 0."""
    samples = size[0] * size[1]
    if rank in (0, samples - 1):
        return filter_extreme(image, size, rank > 0, options)
    if max(size) > TALLEST:
        raise ImfilterError(f"size must be at most {TALLEST} rows and columns, got {size}")

    def choose_plan(_: tuple[int, int], dtype: np.dtype[Any]) -> WindowPlan:
        before = size[0] // 2, size[1] // 2
        if samples <= LARGEST_NETWORK[dtype.itemsize]:
            network = _network_for(*size, rank)
            cost = len(network.steps) * dtype.itemsize / 16
            return WindowPlan("network", size, before, cost, rank, network)
        if dtype == np.uint8:
            return WindowPlan("histogram", size, before, 20, rank)
        return WindowPlan("selection", size, before, samples * dtype.itemsize / 2, rank)

    return _filter_windows(image, choose_plan, options, selects=True)


def filter_bilateral(image: Any, weights: Array, strictness: float, options: FilterOptions) -> Any:
    """Return the weighted mean of each window, with weights 2 ** (weights - (strictness * difference) ** 2)."""
    height, width = weights.shape
    plan = WindowPlan("bilateral", (height, width), (height // 2, width // 2), weights.size, weights=weights,
                      strictness=strictness)
    return _filter_windows(image, lambda *_: plan, options, selects=False)


def _filter_windows(image: Any, choose_plan: Planner, options: FilterOptions, *, selects: bool) -> Any:
    """Check the options, whose mask is ignored, and compute.

    selects: results are samples of the image, which are computed in its dtype and cast to the one asked for.
    """
    opened = open_image(image, options.channel_axis)
    pixels, layout, out = opened.pixels, opened.layout, options.out
    dtype = result_dtype(opened.dtype, options.dtype)
    stride, exact = check_pair("stride", options.stride, 1), check_flag("exact", options.exact)
    border = parse_border("mode", options.mode)
    fill_value = _make_fill_value(options.cval, border, opened)
    threads = thread_count(options.workers)
    height, width = layout.size(pixels.shape)
    shape = layout.shape(pixels.shape, -(-height // stride[0]), -(-width // stride[1]))
    if out is not None:
        check_out(out, shape, dtype)
    check_fits_memory(shape)
    if selects and exceeds_float64(pixels):
        return opened.convert_back(write_output(_filter_places(opened, choose_plan, options, border), dtype, out))
    written = opened.dtype if selects else dtype
    source = layout.images(to_native(pixels))
    result, target = allocate_output(pixels, shape, written, out if written == dtype else None, layout)
    if result.size:
        plan = choose_plan((height, width), source.dtype)._replace(exact=exact)
        _check_rows_fit(plan, source)
        task = _core.WindowTask(
            source, target, plan, _clip_stride(stride, source.shape), int(border), fill_value)
        run_task(task, threads if result.size * plan.cost > WORTH_THREADS else 1)
    return opened.convert_back(write_output(result, dtype, out))


def _filter_places(opened: OpenedImage, choose_plan: Planner, options: FilterOptions, border: Border) -> Array:
    """Return selected samples of integers beyond float64: their places in the sorted list of all samples are filtered.

    Places are in the same order as samples, and small.
    """
    low, high = np.iinfo(opened.dtype).min, np.iinfo(opened.dtype).max
    outside = min(max(round(options.cval), low), high) if border is Border.CONSTANT else opened.pixels.flat[0]
    samples, places = np.unique(np.append(opened.pixels, opened.dtype.type(outside)), return_inverse=True)
    image = places[:-1].astype(np.int32).reshape(opened.pixels.shape)
    options = options._replace(cval=int(places[-1]), dtype=None, out=None)
    selected: Array = samples[_filter_windows(image, choose_plan, options, selects=True)]
    return selected


def _make_fill_value(cval: Any, border: Border, opened: OpenedImage) -> Array:
    """Return the sample outside the image as an array of one, in the dtype that the loops read."""
    dtype = opened.dtype
    value = np.array([parse_cval(cval, border, dtype)])
    return round_to_dtype(value, dtype).astype(PROXY_DTYPE.get(dtype, dtype))


def _clip_stride(stride: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return a stride that ends within the image, so that no index overflows: either way one result remains."""
    return min(stride[0], shape[1]), min(stride[1], shape[2])


def _check_rows_fit(plan: WindowPlan, source: Array) -> None:
    """Reject windows whose rows do not fit into memory."""
    columns = source.shape[2] + plan.size[1]
    if plan.size[0] * columns * source.shape[3] * source.itemsize * 8 > LARGEST:
        raise ImfilterError(f"size must be one whose rows fit into memory, got {plan.size}")
