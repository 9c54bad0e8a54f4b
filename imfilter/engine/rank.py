"""Filters that look at the samples of a window: every argument is checked here, then one call into the core."""
from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import pixels_of, to_input_type
from ..arrays.dtypes import PROXY_DTYPE, Array, result_dtype, round_to_dtype, supported_dtype, to_native
from ..arrays.layout import layout_of
from ..convolution import allocate_output, check_out, write_output
from ..errors import ImfilterError, check_pair
from ..runtime.threads import run_task, thread_count
from . import _core
from .borders import parse_border, parse_cval
from .sizes import LARGEST
from .sorting_networks import build_network

TALLEST = 2**16 - 1  # rows of a window that 16 bits count
WORTH_THREADS = 200_000  # samples times what one of them takes, some 0.3 ms
# Samples of a window up to which a network is faster than histograms (of 1 byte) or selection.
LARGEST_NETWORK = {1: 81, 2: 1000, 4: 1000, 8: 1000}

_kept_network = lru_cache(maxsize=64)(build_network)


class Plan(NamedTuple):
    """How a window is looked at: what the core is told of it, and roughly how long a sample takes."""

    method: str
    size: tuple[int, int]
    before: tuple[int, int]
    options: dict[str, Any]
    cost: float


def filter_extreme(image: Any, size: tuple[int, int], largest: bool, **common: Any) -> Any:
    """Return the smallest or the largest sample of each window. common: the keywords of every preset."""

    def planned(layout_size: tuple[int, int], _: np.dtype[Any]) -> Plan:
        # Beyond twice the image every border only repeats what a window has seen by then.
        before = [min(length // 2, 2 * n) for length, n in zip(size, layout_size, strict=True)]
        after = [min(length - 1 - length // 2, 2 * n) for length, n in zip(size, layout_size, strict=True)]
        height, width = (first + 1 + last for first, last in zip(before, after, strict=True))
        return Plan("extreme", (height, width), (before[0], before[1]), {"rank": int(largest)}, 1)

    return _windowed(image, planned, keep=True, **common)


def filter_rank(image: Any, size: tuple[int, int], rank: int, **common: Any) -> Any:
    """Return the sample of each window that `rank` others come before in order."""
    samples = size[0] * size[1]
    if rank in (0, samples - 1):
        return filter_extreme(image, size, rank > 0, **common)
    if max(size) > TALLEST:
        raise ImfilterError(f"size must be at most {TALLEST} rows and columns, got {size}")

    def planned(_: tuple[int, int], kind: np.dtype[Any]) -> Plan:
        before = size[0] // 2, size[1] // 2
        if samples <= LARGEST_NETWORK[kind.itemsize]:
            steps = _kept_network(*size, rank)
            cost = len(steps.steps) * kind.itemsize / 16
            return Plan("network", size, before, {"rank": rank, "network": steps}, cost)
        if kind == np.uint8:
            return Plan("histogram", size, before, {"rank": rank}, 20)
        return Plan("selection", size, before, {"rank": rank}, samples * kind.itemsize / 2)

    return _windowed(image, planned, keep=True, **common)


def filter_bilateral(image: Any, weights: Array, closeness: float, **common: Any) -> Any:
    """Return the mean of each window, whose samples weigh 2 ** (weights + closeness * difference ** 2)."""
    height, width = weights.shape
    plan = Plan("bilateral", (height, width), (height // 2, width // 2), {"weights": weights, "closeness": closeness},
                weights.size)
    return _windowed(image, lambda *_: plan, keep=False, **common)


def _windowed(
    image: Any, planned: Callable[[tuple[int, int], np.dtype[Any]], Plan], *, keep: bool, mode: Any, cval: Any,
    stride: Any, channel_axis: int | None, dtype: Any, out: Array | None, workers: int | None,
) -> Any:
    """Check the common keywords and compute. keep: results are samples of the image, cast where dtype is another."""
    pixels = pixels_of(image, channel_axis)
    layout = layout_of(pixels.shape, channel_axis)
    kind = supported_dtype(pixels.dtype)
    target_kind = result_dtype(kind, dtype)
    steps = check_pair("stride", stride, 1)
    edge = parse_border("mode", mode)
    beyond = round_to_dtype(np.array([parse_cval(cval, edge, kind)]), kind).astype(PROXY_DTYPE.get(kind, kind))
    threads = thread_count(workers)
    height, width = layout.size(pixels.shape)
    shape = layout.shape(pixels.shape, -(-height // steps[0]), -(-width // steps[1]))
    if out is not None:
        check_out(out, shape, target_kind)
    written = kind if keep else target_kind
    source = layout.images(to_native(pixels))
    own = out if written == target_kind else None
    result, target = allocate_output(pixels, shape, written, own, layout.empty, layout.images)
    if result.size:
        plan = planned((height, width), source.dtype)
        _check_room(plan, source)
        task = _core.WindowTask(
            source, target, plan.method, plan.size, plan.before, _within(steps, source.shape), int(edge), beyond,
            **plan.options)
        run_task(task, threads if result.size * plan.cost > WORTH_THREADS else 1)
    return to_input_type(image, write_output(result, target_kind, out))


def _within(steps: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return a stride that ends within the image, so that no index overflows: one sample is left either way."""
    return min(steps[0], shape[1]), min(steps[1], shape[2])


def _check_room(plan: Plan, source: Array) -> None:
    """Refuse windows of which no memory holds the rows."""
    columns = source.shape[2] + plan.size[1]
    if plan.size[0] * columns * source.shape[3] * source.itemsize * 8 > LARGEST:
        raise ImfilterError(f"size must be one whose rows fit into memory, got {plan.size}")
