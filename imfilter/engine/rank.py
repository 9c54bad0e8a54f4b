"""Filters of the samples in a window: ranks, extremes and the bilateral mean."""
import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, exceeds_float64, result_dtype, round_to_dtype, sample_limits, to_native
from ..arrays.opened import OpenedImage, open_image
from ..errors import ImfilterError, check_pair
from ..runtime.threads import run_task
from . import _core
from .borders import Border, parse_border, parse_cval
from .checks import check_flag
from .computation import WindowPlan
from .footprint import Footprint, chords_of
from .kept import KeptPack, PreparedLoops, is_plain
from .output import allocate_output, check_fits_memory, check_out, write_output
from .request import FilterOptions
from .sizes import LARGEST

if TYPE_CHECKING:
    from .sorting_networks import Network

TALLEST = 2**16 - 1  # rows of a window that 16 bits count
LARGEST_PACKED = 2**9  # exchanges of a network up to which it stays packed: about 28 KiB
SECONDS = 0.05e-9  # that a result takes whose cost is 1, with wide vectors
# Samples of a window up to which a network is faster than histograms (for 1 byte) or selection.
LARGEST_NETWORK = {1: 81, 2: 1000, 4: 1000, 8: 1000}
LARGEST_RAGGED_NETWORK = {1: 81, 2: 200, 4: 200, 8: 200}  # windows beside each other share less


@lru_cache(maxsize=64)
def _network_for(size: tuple[int, int], chords: tuple[tuple[int, ...], ...] | None, rank: int) -> "Network":
    from .sorting_networks import build_network, build_ragged_network  # most programs filter no ranks

    return build_network(*size, rank) if chords is None else build_ragged_network(chords, size[0], rank)


class Selection(NamedTuple):
    """Which sample of each window is taken: the first that is above a percentage of those that count."""

    window: Footprint
    percent: float

    @property
    def is_extreme(self) -> bool:
        return self.percent in (0, 100)

    @property
    def rank(self) -> int:
        """Its index where all samples of the window count."""
        samples = self.window.samples
        part, whole = (self.percent / 100).as_integer_ratio()
        rank = samples * part // whole if samples > 2**53 else int(float(samples) * self.percent / 100)
        return min(rank, samples - 1)


Planner = Callable[[tuple[int, int], np.dtype[Any]], WindowPlan]


def prepare_extreme(
    opened: OpenedImage, window: Footprint, largest: bool, options: FilterOptions
) -> "PreparedWindow":
    """Prepare to take the smallest or the largest sample of each window."""

    def choose_plan(image_size: tuple[int, int], _: np.dtype[Any]) -> WindowPlan:
        return plan_extreme(window, largest, image_size)

    return PreparedWindow(opened, choose_plan, options, selects=True)


def plan_extreme(window: Footprint, largest: bool, image_size: tuple[int, int]) -> WindowPlan:
    """Plan to take the smallest or the largest sample of each window of an image of this size."""
    if window.chords is not None:
        return WindowPlan(
            "chords", window.size, window.before, 2 * len(window.chords), int(largest), chords=window.chords)
    # Beyond twice the image a border only repeats samples that the window already holds.
    sides = list(zip(window.size, window.before, image_size, strict=True))
    before = [min(first, 2 * n) for _, first, n in sides]
    after = [min(length - 1 - first, 2 * n) for length, first, n in sides]
    height, width = (first + 1 + last for first, last in zip(before, after, strict=True))
    return WindowPlan("extreme", (height, width), (before[0], before[1]), 1, int(largest))


def prepare_rank(opened: OpenedImage, window: Footprint, rank: int, options: FilterOptions) -> "PreparedWindow":
    """Prepare to take the rank-th smallest sample of each window, counted from 0."""
    if rank in (0, window.samples - 1):
        return prepare_extreme(opened, window, rank > 0, options)
    if max(window.size) > TALLEST:
        raise ImfilterError(f"size must be at most {TALLEST} rows and columns, got {window.size}")
    ragged = window.chords is not None

    def choose_plan(_: tuple[int, int], dtype: np.dtype[Any]) -> WindowPlan:
        plan = WindowPlan("selection", window.size, window.before, 0, rank)
        if window.samples <= (LARGEST_RAGGED_NETWORK if ragged else LARGEST_NETWORK)[dtype.itemsize]:
            runs = None if window.chords is None else tuple(map(tuple, window.chords.tolist()))
            network = _network_for(window.size, runs, rank)
            cost = len(network.steps) * dtype.itemsize / 16
            return plan._replace(method="network", cost=cost, network=network, chords=window.chords)
        if dtype == np.uint8 and not ragged:
            return plan._replace(method="histogram", cost=20)
        chords = chords_of(window)
        selecting, counting = window.samples * dtype.itemsize**2 / 2, 45 + 4.5 * len(chords)
        if dtype == np.uint8 and counting < selecting:
            return plan._replace(method="counting", cost=counting, chords=chords)
        return plan._replace(cost=selecting, chords=chords)

    return PreparedWindow(opened, choose_plan, options, selects=True)


def prepare_bilateral(
    opened: OpenedImage, weights: Array, strictness: float, options: FilterOptions
) -> "PreparedWindow":
    """Prepare the mean of each window weighted by 2 ** (weights - (strictness * difference) ** 2)."""
    height, width = weights.shape
    plan = WindowPlan("bilateral", (height, width), (height // 2, width // 2), weights.size, weights=weights,
                      strictness=strictness)
    return PreparedWindow(opened, lambda *_: plan, options, selects=False)


class PreparedWindow(PreparedLoops):
    """A filter of the samples in a window, ready to be run on images of one shape and dtype.

    The options' mask is ignored. selects: results are samples of the image, which are computed in its dtype and cast to
    the one asked for.
    """

    def __init__(self, opened: OpenedImage, choose_plan: Planner, options: FilterOptions, *, selects: bool) -> None:
        layout, shape = opened.layout, opened.pixels.shape
        self.layout, self._choose_plan, self._options, self._selects = layout, choose_plan, options, selects
        self.dtype = result_dtype(opened.dtype, options.dtype)
        self._written = opened.dtype if selects else self.dtype
        self._stride, self._exact = check_pair("stride", options.stride, 1), check_flag("exact", options.exact)
        self._border = parse_border("mode", options.mode)
        self._fill_value = make_fill_value(options.cval, self._border, opened)
        height, width = layout.size(shape)
        self.shape = layout.shape(shape, -(-height // self._stride[0]), -(-width // self._stride[1]))
        check_fits_memory(self.shape)
        native = PROXY_DTYPE.get(opened.dtype, opened.dtype)
        plan = choose_plan((height, width), native)
        self._plan = plan._replace(exact=self._exact)
        channels = 1 if layout.channel_axis is None else shape[layout.channel_axis]
        if plan.size[0] * (width + plan.size[1]) * channels * native.itemsize * 8 > LARGEST:
            raise ImfilterError(f"size must be one whose rows fit into memory, got {plan.size}")
        self.seconds = math.prod(self.shape) * plan.cost * SECONDS
        self._kept = KeptPack(
            (shape, opened.pixels.dtype), (self.shape, self.dtype), self.seconds,
            plain=is_plain(layout, opened.pixels.dtype, self.dtype) and self._written == self.dtype,
            small=plan.network is None or len(plan.network.steps) <= LARGEST_PACKED)

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        direct = self._repeat(pixels, out, workers)
        if direct is not None:
            return direct
        if out is not None:
            check_out(out, self.shape, self.dtype)
        if self._selects and exceeds_float64(pixels):
            return write_output(self._filter_places(pixels, workers), self.dtype, out)
        source = self.layout.images(to_native(pixels))
        result, target = allocate_output(
            pixels, self.shape, self._written, out if self._written == self.dtype else None, self.layout)
        if result.size:
            task = self._make_task(source, target)
            run_task(task, self._count_threads(workers))
        return write_output(result, self.dtype, out)

    def _make_task(self, source: Array, target: Array) -> Any:
        """Return this work on arrays (images, rows, columns, channels). A small plan stays packed for the next."""
        return self._kept.make_task(source, target, lambda: _core.PackedWindow(
            source, target, self._plan, clip_stride(self._stride, source.shape), int(self._border), self._fill_value))

    def _filter_places(self, pixels: Array, workers: int | None) -> Array:
        """Return selected samples of integers beyond float64: their places in the list of all samples are filtered."""
        low, high = sample_limits(pixels.dtype)
        constant = self._border is Border.CONSTANT
        outside = min(max(round(self._options.cval), low), high) if constant else pixels.flat[0]
        samples, places, (cval,) = find_places(pixels, (outside,))
        image = open_image(places, self.layout.channel_axis)
        options = self._options._replace(cval=cval, dtype=None)
        prepared = PreparedWindow(image, self._choose_plan, options, selects=True)
        selected: Array = samples[prepared.run(image.pixels, None, workers)]
        return selected


def find_places(pixels: Array, others: tuple[Any, ...]) -> tuple[Array, Array, list[int]]:
    """Return the sorted samples of an image and others, and the places among them: those of the pixels, of the others.

    Places are in the same order as samples, and small.
    """
    samples, places = np.unique(np.append(pixels, [pixels.dtype.type(one) for one in others]), return_inverse=True)
    return samples, places[:pixels.size].astype(np.int32).reshape(pixels.shape), places[pixels.size:].tolist()


def make_fill_value(cval: Any, border: Border, opened: OpenedImage) -> Array:
    """Return the sample outside the image as an array of one, in the dtype that the loops read."""
    dtype = opened.dtype
    value = np.array([parse_cval(cval, border, dtype)])
    return round_to_dtype(value, dtype).astype(PROXY_DTYPE.get(dtype, dtype))


def clip_stride(stride: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return a stride that ends within the image, so that no index overflows: either way one result remains."""
    return min(stride[0], shape[1]), min(stride[1], shape[2])
