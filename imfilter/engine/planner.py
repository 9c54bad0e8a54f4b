"""Choose the algorithm and the arithmetic of a convolution, by what each would cost."""
from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ..errors import ImfilterError, list_choices
from .computation import Pair
from .epilogue import Epilogue
from .fft import Blocks
from .kernel_structure import (
    Kernel,
    Separable,
    absolute_sum,
    cancels,
    integer_scale,
    is_difference,
    is_integral,
    parts_of,
    power_of_two_sums,
    separable_factors,
    to_dense,
)
from .plan import RATES, Plan

Array = np.ndarray[Any, Any]

PEAK = {"u1": 255.0, "u2": 65535.0, "i2": 32768.0, "i4": 2147483648.0}
Method = Literal["auto", "direct", "separable", "runs", "fft", "approximate"]
METHODS: tuple[str, ...] = get_args(Method)
NOT_SEPARABLE = "method 'separable' needs a kernel that is the product of a column and a row"
PASS = 3  # cost of a pass over rows in the cache, in taps
RUNNING_TOTAL = 12  # cost of a running total of a row and of the difference of two, in taps
SUMMED = 2**13  # weights whose sizes are added up at a time: the system would clear new memory for more
SHORTEST_SIDE = 16  # of a box over floats, from which sums of sums pay
PICKED_STRIDES = (2, 3, 4)  # across, at which separable kernels on up to 32-bit floats have a loop without passes


class Samples(NamedTuple):
    """What a convolution reads and writes: dtypes of image and result, and the constant outside the image."""

    source: np.dtype[Any]
    target: np.dtype[Any]
    cval: float

    @property
    def peak(self) -> float:
        """The largest size of an integer sample."""
        return max(PEAK[self.source.str[1:]], abs(self.cval))


@np.errstate(over="ignore", invalid="ignore")  # finite weights may have infinite sums
def choose_plan(
    kernels: tuple[Kernel, ...], samples: Samples, *, stride: Pair, dilation: Pair, width: int,
    blocks: Blocks | None = None, method: str = "auto", epilogue: Epilogue | None = None,
) -> Plan:
    """Plan channel-wise work with one kernel, or with two for the root mean square of their responses.

    width: columns of the results. blocks: how a transform would cut up the image, where one may be used. epilogue: for
    responses of the samples' target.
    """
    if method not in METHODS:
        raise ImfilterError(f"method must be {list_choices(METHODS)}, got {method!r}")
    if method == "approximate":  # the loops are those of 'auto', where there is no coarse grid
        method = "auto"
    scale = 1.0
    if samples.source.kind != "f":  # float sums are rounded anyway, and must not grow larger than the results
        kernels, scale = _to_integers(kernels)
    ways = _list_ways(kernels, scale, samples, stride, dilation, width)
    if epilogue:  # sums that slide down the image have no rows of responses
        ways = [way for way in ways if way.solid is None]
    if method != "auto":
        ways = [way for way in ways if method in way.method.split(", ")] or (ways[:1] if method != "separable" else [])
    if not ways:
        raise ImfilterError(NOT_SEPARABLE)
    way = min(ways, key=lambda way: (way.cost, not way.picked))
    dtype, reach = _compute_dtype(way.factors, scale, samples)
    floats = dtype == "float32" and samples.source.kind == "f"
    differences = floats and stride == dilation == (1, 1) and all(
        isinstance(kernel, np.ndarray) and is_difference(kernel) for kernel in way.kernels)
    if floats and not differences and any(map(cancels, kernels)):
        dtype = "float64"  # the detail of an image with a large offset would drown in the rounding of its sums
    if blocks and _prefers_transform(method, blocks, way.cost / RATES[dtype]) and _is_safe(blocks, kernels[0], samples):
        kh, kw = kernels[0].shape
        why = f"blocks of {blocks.rows.side} x {blocks.columns.side} are transformed to meet the {kh} x {kw} kernel"
        return Plan("fft", why, "float64", kernels, scale, 0, blocks.taps, False)
    why = _explain(way, kernels[0].shape)
    reach *= scale
    if epilogue and samples.source.kind != "f":
        reach = max(reach, epilogue.reach(samples.peak, reach))
    return Plan(way.method, why, dtype, way.kernels, scale, way.doublings, way.taps, reach < 4e6, way.solid,
                differences, epilogue=epilogue, epilogue_dtype=samples.target.name)


def factor_kernels(kernels: tuple[Kernel, ...]) -> tuple[Kernel, ...]:
    """Return the separable factors of kernels, which must have some."""
    factors = [_factor(kernel) for kernel in kernels]
    if any(factor is None for factor in factors):
        raise ImfilterError(NOT_SEPARABLE)
    return tuple(factor for factor in factors if factor is not None)


def _list_ways(
    kernels: tuple[Kernel, ...], scale: float, samples: Samples, stride: Pair, dilation: Pair, width: int
) -> list[_Way]:
    """Return the ways to compute kernels, whose sums are multiplied by a scale."""
    # Sums of neighbors need taps side by side in a row of the ring.
    kw = kernels[0].shape[1]
    picked = (stride[1] in PICKED_STRIDES and dilation[1] == 1 and len(kernels) == 1
              and samples.source.str[1:] in ("u1", "u2", "i2", "f4") and samples.target.char != "d")
    ways = _general_ways(kernels, stride[1] == 1 and dilation[1] * (kw - 1) <= kw * min(width, 1024), picked)
    if stride == dilation == (1, 1) and samples.target.char != "d":
        if samples.source == np.uint8 and samples.cval in range(256):
            ways += _solid_way(kernels, ways)
        if samples.source.str[1:] == "u2" and samples.cval in range(65536):
            ways += _wide_box_way(kernels, scale, ways)
        if samples.source.str[1:] == "f4":
            ways += _float_box_way(kernels, ways)
    return ways


def _prefers_transform(method: str, blocks: Blocks, seconds: float) -> bool:
    """Return whether a transform was asked for, or beats loops that take so long per result."""
    return method == "fft" or (method == "auto" and blocks.taps / RATES["float64"] < seconds)


def _compute_dtype(kernels: tuple[Kernel, ...], scale: float, samples: Samples) -> tuple[str, float]:
    """Return what to compute in, and the largest size of a sum. Integer kernels on integer images stay exact."""
    source, target = samples.source, samples.target
    total = max(absolute_sum(kernel) for kernel in kernels)
    if source.kind == "f":
        double = "d" in (source.char, target.char) or not 1e-30 < total < 1e30
        return "float64" if double else "float32", math.inf
    reach = samples.peak * total
    exact = float(samples.cval).is_integer() and all(_is_integral(kernel) for kernel in kernels)
    double = target.char == "d" and (scale != 1 or len(kernels) > 1)  # what follows the sums is in single precision
    if source == np.uint8 and exact and reach <= 32767 and not double:
        return "int16", reach
    double = double or source == np.int32 or target.char == "d" or not 1e-30 < total < 1e30
    return "float64" if double or (exact and scale == 1 and reach >= 2**24) else "float32", reach


def _is_integral(kernel: Kernel) -> bool:
    return all(map(is_integral, parts_of(kernel)))


def _is_safe(blocks: Blocks, kernel: Kernel, samples: Samples) -> bool:
    """Return whether a transform keeps the promises: integer sums must be the integers nearest to its own."""
    if isinstance(kernel, Separable):
        return False
    if samples.source.kind == "f" or not is_integral(kernel) or not samples.cval.is_integer():
        return True
    return blocks.error(samples.peak, kernel) < 0.25


class _Way(NamedTuple):
    """One way to compute kernels.

    factors: the kernels, or their separable factors, whose sums are computed. kernels: their weights as the core takes
    them.
    """

    method: str
    factors: tuple[Kernel, ...]
    kernels: Any
    doublings: int
    taps: int
    solid: Array | None = None
    picked: bool = False

    @property
    def cost(self) -> int:
        """The cost in taps; a pass over rows in the cache counts as a few."""
        if self.solid is not None or self.picked:
            return self.taps
        return self.taps + PASS * len(self.kernels) * (self.doublings + 2 * isinstance(self.kernels[0], tuple))


def _general_ways(kernels: tuple[Kernel, ...], side_by_side: bool, picked: bool) -> list[_Way]:
    """Return the ways that any kernel of their kind allows, the direct one first for dense kernels.

    side_by_side: whether the taps of a row lie side by side, so that sums of neighbors can be used. picked: whether the
    stride has a loop for separable kernels.
    """
    ways = []
    dense = [kernel for kernel in kernels if not isinstance(kernel, Separable)]
    if dense:
        for made, doublings in _spread_runs(dense, side_by_side):
            taps = sum(int(np.count_nonzero(kernel)) for kernel in made) + doublings
            ways.append(_Way("runs" if doublings else "direct", kernels, tuple(made), doublings, taps))
    factors = [factor for factor in map(_factor, kernels) if factor is not None]
    if len(factors) == len(kernels):
        for rows, doublings in _spread_runs([factor.row[None] for factor in factors], side_by_side):
            pairs = tuple((factor.column, row[0]) for factor, row in zip(factors, rows, strict=True))
            taps = sum(int(np.count_nonzero(part)) for pair in pairs for part in pair) + doublings * len(pairs)
            method = "separable, runs" if doublings else "separable"
            ways.append(_Way(method, tuple(factors), pairs, doublings, taps, picked=picked))
    return ways


def _solid_way(kernels: tuple[Kernel, ...], ways: list[_Way]) -> list[_Way]:
    """Return the way of sliding column sums, if the kernel is solid: ones in one piece in each column."""
    ones = kernels[0]
    # The sum of a column must fit 16 bits, and that of the kernel must be exact in float32.
    if len(kernels) > 1 or ones.shape[0] > 257 or math.prod(ones.shape) > 2**17:
        return []
    ones = to_dense(ones)
    if ((ones != 0) & (ones != 1)).any() or not ones.any() or 255 * ones.sum() >= 2**24:
        return []
    tops, heights = (ones != 0).argmax(axis=0), np.count_nonzero(ones, axis=0)
    rows = np.arange(len(ones))[:, None]
    if not (ones == ((rows >= tops) & (rows < tops + heights))).all():
        return []
    bands = len(set(zip(tops[heights > 0].tolist(), heights[heights > 0].tolist(), strict=True)))
    width = int(np.count_nonzero(heights))
    taps = 2 * bands + (width // 8 + width % 8 if bands == 1 else width)
    instead = min(ways, key=lambda way: way.cost)
    return [instead._replace(method="runs", taps=taps, solid=np.ascontiguousarray(ones))]


def _wide_box_way(kernels: tuple[Kernel, ...], scale: float, ways: list[_Way]) -> list[_Way]:
    """Return the way of sliding column sums of 32 bits, if the kernel is a box, for 16-bit images.

    What is not scaled must stay exact as float32.
    """
    area = math.prod(kernels[0].shape)
    if len(kernels) > 1 or area > (2**15 if scale != 1 else 2**8):
        return []
    ones = to_dense(kernels[0])
    if not (ones == 1).all():
        return []
    taps = 2 + min(ones.shape[1], RUNNING_TOTAL)
    instead = min(ways, key=lambda way: way.cost)
    return [instead._replace(method="runs", taps=taps, solid=np.ascontiguousarray(ones))]


def _float_box_way(kernels: tuple[Kernel, ...], ways: list[_Way]) -> list[_Way]:
    """Return the way of sums of sums, if the kernel is a large box: its weight is passed on instead of ones."""
    kernel = kernels[0]
    if len(kernels) > 1 or min(kernel.shape) < SHORTEST_SIDE or not 1e-30 < absolute_sum(kernel) < 1e30:
        return []
    if any((part != part.flat[0]).any() for part in parts_of(kernel)):
        return []
    weight = math.prod(float(part.flat[0]) for part in parts_of(kernel))
    taps = sum(2 * math.isqrt(side) + 1 for side in kernel.shape)
    instead = min(ways, key=lambda way: way.cost)
    return [instead._replace(method="runs", taps=taps, solid=np.full((1, 1), weight))]


def _spread_runs(kernels: list[Array], side_by_side: bool) -> list[tuple[list[Array], int]]:
    """Return the kernels as they are and, where they have runs, as weights of power-of-two sums; with doublings."""
    spreads = [(kernels, 0)]
    if side_by_side:
        made, doublings = power_of_two_sums(np.concatenate(kernels))
        if doublings:
            parts = np.split(made, np.cumsum([len(kernel) for kernel in kernels])[:-1])
            spreads.append(([np.ascontiguousarray(part) for part in parts], doublings))
    return spreads


def _to_integers(kernels: tuple[Kernel, ...]) -> tuple[tuple[Kernel, ...], float]:
    """Return kernels of integers and their common scale, where there is one: sums of integer samples are exact then."""
    if isinstance(kernels[0], Separable):
        (column, first), (row, second) = integer_scale(kernels[0].column), integer_scale(kernels[0].row)
        return (Separable(column, row),), first * second
    parts = [np.asarray(kernel) for kernel in kernels]
    numbers, scale = integer_scale(np.concatenate([part.ravel() for part in parts]))
    cuts = np.cumsum([part.size for part in parts])[:-1]
    return tuple(piece.reshape(part.shape) for piece, part in zip(np.split(numbers, cuts), parts, strict=True)), scale


def _factor(kernel: Kernel) -> Separable | None:
    """Return a kernel's separable factors; None for an integer kernel whose factors are not integers."""
    if isinstance(kernel, Separable):
        return kernel
    factors = separable_factors(kernel)
    if factors is None or not is_integral(kernel):
        return factors
    (column, first), (row, second) = integer_scale(factors.column), integer_scale(factors.row)
    scaled = Separable(column, row * (first * second))
    return scaled if _is_integral(scaled) else None


def _explain(way: _Way, shape: tuple[int, int]) -> str:
    size = f"{shape[0]} x {shape[1]}"
    if way.solid is not None and way.solid.size == 1:
        return f"the {size} box is summed from sums of fewer rows and columns"
    if way.solid is not None:
        return f"sums of the {size} kernel's columns, all of ones, slide down the image"
    if way.method.startswith("separable"):
        return f"the {size} kernel is the product of a column and a row"
    if way.method == "runs":
        return f"long runs of equal weights in the {size} kernel are summed by doubling"
    return f"the {size} kernel has {way.taps} taps other than 0"


def choose_bank_dtype(
    weights: Array, bias: Array | None, source: np.dtype[Any], target: np.dtype[Any]
) -> tuple[str, bool]:
    """Return what a bank is computed in, "float32" or "float64", and whether its results are bounded."""
    kernels, step = weights.reshape(len(weights), -1), max(SUMMED // weights[0].size, 1)
    with np.errstate(over="ignore"):
        totals = np.concatenate([
            np.abs(kernels[first:first + step]).sum(axis=1) for first in range(0, len(kernels), step)])
        totals += 0.0 if bias is None else np.abs(bias)
    total, reach = float(totals.max()), float(totals.max()) * max(PEAK.get(source.str[1:], np.inf), 1.0)
    double = "d" in (source.char, target.char) or source == np.int32 or not 1e-30 < total < 1e30
    if source.kind != "f" and reach >= 2**24:
        double = double or (is_integral(weights) and (bias is None or is_integral(bias)))
    return "float64" if double else "float32", reach < 4e6
