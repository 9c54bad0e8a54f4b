"""Which loop computes a convolution, in what arithmetic, and what it costs."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..errors import ImfilterError, list_choices
from .fft import Blocks
from .kernel_structure import (
    Kernel,
    Separable,
    absolute_sum,
    integer_scale,
    is_integral,
    power_of_two_sums,
    separable_factors,
)

Array = np.ndarray[Any, Any]

PEAK = {"u1": 255.0, "u2": 65535.0, "i2": 32768.0, "i4": 2147483648.0}
LANES = {"h": "int16", "f": "float32", "d": "float64"}
RATES = {"h": 40e9, "f": 20e9, "d": 10e9}  # taps a second of a thread, and how they compare
METHODS = ("auto", "direct", "separable", "runs", "fft")
WORTH_THREADS = 300e-6  # seconds of work below which waking another thread does not pay
PASS = 3  # what a pass over rows in the cache costs, in taps


@dataclass(frozen=True, slots=True)
class Plan:
    """How a convolution is computed.

    method: "direct", "separable", "runs", "separable, runs" or "fft". why: what in the kernel's numbers decided.
    lane: what samples are widened to, "h" int16, "f" float32 or "d" float64. kernels: as the core takes them. scale:
    what their sums are multiplied by. levels: how often windows of equal weights are doubled. taps: multiplications and
    additions a result takes; of a transform, those that would take as long. bounded: no result is NaN, infinite or
    above 2**22 in size, so it can be rounded without looking. solid: a kernel of ones whose columns' sums slide down,
    where rows of the image have no gaps. scratch: bytes a thread takes beside image and result.
    """

    method: str
    why: str
    lane: str
    kernels: Any
    scale: float
    levels: int
    taps: int
    bounded: bool
    solid: Any = None
    scratch: int = 0

    def __str__(self) -> str:
        return (f"{self.method} in {LANES[self.lane]}: {self.why}; {self.taps} multiplications and additions a result, "
                f"{self.scratch:,} bytes of scratch a thread")

    def seconds(self, results: int) -> float:
        """A low guess of the time on one thread: more threads are worth waking above WORTH_THREADS."""
        return results * (self.taps / RATES[self.lane] + 0.3e-9)


def _lane(
    kernels: tuple[Kernel, ...], scale: float, source: np.dtype[Any], target: np.dtype[Any], cval: float
) -> tuple[str, float]:
    """Return what to compute in, and the largest size a sum can have; whole kernels on whole images stay exact."""
    total = max(absolute_sum(kernel) for kernel in kernels)
    if source.kind == "f":
        double = "d" in (source.char, target.char) or not 1e-30 < total < 1e30
        return "d" if double else "f", math.inf
    reach = max(PEAK[source.str[1:]], abs(cval)) * total
    exact = float(cval).is_integer() and all(_is_whole(kernel) for kernel in kernels)
    double = target.char == "d" and (scale != 1 or len(kernels) > 1)  # what follows the sums is in single precision
    if source == np.uint8 and exact and reach <= 32767 and not double:
        return "h", reach
    double = double or source == np.int32 or target.char == "d" or not 1e-30 < total < 1e30
    return "d" if double or (exact and scale == 1 and reach >= 2**24) else "f", reach


def _is_whole(kernel: Kernel) -> bool:
    if isinstance(kernel, Separable):
        return is_integral(kernel.column) and is_integral(kernel.row)
    return is_integral(kernel)


def choose_plan(kernels: tuple[Kernel, ...], source: np.dtype[Any], target: np.dtype[Any], *, cval: float = 0.0,
           stride: tuple[int, int], dilation: tuple[int, int], width: int, blocks: Blocks | None = None,
           method: str = "auto") -> Plan:
    """Plan channel-wise work from images of dtype source to results of dtype target.

    kernels: one, or two for the root of the mean of their squares. width: columns of the results. blocks: how a
    transform would part the image, where one may be used.
    """
    if method not in METHODS:
        raise ImfilterError(f"method must be {list_choices(METHODS)}, got {method!r}")
    scale = 1.0
    if source.kind != "f":  # sums of floats are rounded anyway, and must not grow larger than results
        kernels, scale = _scaled(kernels)
    # Sums of neighbors need taps side by side in a ring row.
    kw = kernels[0].shape[1]
    ways = _ways(kernels, stride[1] == 1 and dilation[1] * (kw - 1) <= kw * min(width, 1024))
    if stride == dilation == (1, 1) and source == np.uint8 and target.char != "d" and cval in range(256):
        ways += _solid(kernels, ways)
    if method != "auto":
        ways = [way for way in ways if method in way.method.split(", ")] or (ways[:1] if method != "separable" else [])
    if not ways:
        raise ImfilterError("method 'separable' needs a kernel that is the product of a column and a row")
    way = min(ways, key=lambda way: way.cost)
    lane, reach = _lane(way.factors, scale, source, target, cval)
    wanted = method == "fft" or (method == "auto" and blocks and blocks.taps / RATES["d"] < way.cost / RATES[lane])
    if wanted and blocks and _safe(blocks, kernels[0], source, cval):
        kh, kw = kernels[0].shape
        why = f"blocks of {blocks.rows.side} x {blocks.columns.side} are transformed to meet the {kh} x {kw} kernel"
        return Plan("fft", why, "d", kernels, scale, 0, blocks.taps, False)
    why = _why(way, kernels[0].shape)
    return Plan(way.method, why, lane, way.kernels, scale, way.levels, way.taps, reach * scale < 4e6, way.solid)


def _safe(blocks: Blocks, kernel: Kernel, source: np.dtype[Any], cval: float) -> bool:
    """Whether a transform gives what is promised: exact whole sums are the whole numbers nearest to its own."""
    if isinstance(kernel, Separable):
        return False
    if source.kind == "f" or not is_integral(kernel) or not cval.is_integer():
        return True
    return blocks.error(max(PEAK[source.str[1:]], abs(cval)), kernel) < 0.25


class _Way(NamedTuple):
    """One way to compute kernels: as the core takes them, with the factors or kernels whose sums it makes."""

    method: str
    factors: tuple[Kernel, ...]
    kernels: Any
    levels: int
    taps: int
    solid: Array | None = None

    @property
    def cost(self) -> int:
        """What it costs in taps; a pass over rows in the cache costs some taps of its own."""
        if self.solid is not None:
            return self.taps
        return self.taps + PASS * len(self.kernels) * (self.levels + 2 * isinstance(self.kernels[0], tuple))


def _ways(kernels: tuple[Kernel, ...], even: bool) -> list[_Way]:
    """Return the ways to compute kernels, the direct one first where the kernels were given whole."""
    ways = []
    dense = [kernel for kernel in kernels if not isinstance(kernel, Separable)]
    if dense:
        for made, levels in _spreads(dense, even):
            taps = sum(int(np.count_nonzero(kernel)) for kernel in made) + levels
            ways.append(_Way("runs" if levels else "direct", kernels, tuple(made), levels, taps))
    factors = [found for found in map(_factors, kernels) if found is not None]
    if len(factors) == len(kernels):
        for rows, levels in _spreads([factor.row[None] for factor in factors], even):
            pairs = tuple((factor.column, row[0]) for factor, row in zip(factors, rows, strict=True))
            taps = sum(int(np.count_nonzero(part)) for pair in pairs for part in pair) + levels * len(pairs)
            ways.append(_Way("separable, runs" if levels else "separable", tuple(factors), pairs, levels, taps))
    return ways


def _solid(kernels: tuple[Kernel, ...], ways: list[_Way]) -> list[_Way]:
    """Return the way that sums of columns slide down, if the kernel is of ones in one piece in each column."""
    ones = kernels[0]
    # Sums of a column are counted in 16 bits, those of the kernel by floats.
    if len(kernels) > 1 or ones.shape[0] > 257 or math.prod(ones.shape) > 2**17:
        return []
    if isinstance(ones, Separable):
        ones = np.outer(ones.column, ones.row)
    if 255 * ones.sum() >= 2**24 or not ones.any():
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


def _spreads(kernels: list[Array], even: bool) -> list[tuple[list[Array], int]]:
    """Return kernels as they are and, where they have runs and sums of neighbors can be had, over those."""
    found = [(kernels, 0)]
    if even:
        made, levels = power_of_two_sums(np.concatenate(kernels))
        if levels:
            parts = np.split(made, np.cumsum([len(kernel) for kernel in kernels])[:-1])
            found.append(([np.ascontiguousarray(part) for part in parts], levels))
    return found


def _scaled(kernels: tuple[Kernel, ...]) -> tuple[tuple[Kernel, ...], float]:
    """Return kernels of whole numbers and their common scale, where there is one; sums of integers are exact then."""
    if isinstance(kernels[0], Separable):
        (column, first), (row, second) = integer_scale(kernels[0].column), integer_scale(kernels[0].row)
        return (Separable(column, row),), first * second
    parts = [np.asarray(kernel) for kernel in kernels]
    numbers, scale = integer_scale(np.concatenate([part.ravel() for part in parts]))
    cuts = np.cumsum([part.size for part in parts])[:-1]
    return tuple(piece.reshape(part.shape) for piece, part in zip(np.split(numbers, cuts), parts, strict=True)), scale


def _factors(kernel: Kernel) -> Separable | None:
    """Return a separable kernel's factors; those of a whole kernel are whole, or it is not taken apart."""
    if isinstance(kernel, Separable):
        return kernel
    found = separable_factors(kernel)
    if found is None or not is_integral(kernel):
        return found
    (column, first), (row, second) = integer_scale(found.column), integer_scale(found.row)
    both = Separable(column, row * (first * second))
    return both if is_integral(both.column) and is_integral(both.row) else None


def _why(way: _Way, shape: tuple[int, int]) -> str:
    size = f"{shape[0]} x {shape[1]}"
    if way.solid is not None:
        return f"sums of the {size} kernel's columns, all of ones, slide down the image"
    if way.method.startswith("separable"):
        return f"the {size} kernel is the product of a column and a row"
    if way.method == "runs":
        return f"long runs of equal weights in the {size} kernel are summed by doubling"
    return f"the {size} kernel has {way.taps} taps other than 0"


def choose_bank_dtype(weights: Array, bias: Array | None, source: np.dtype[Any], target: np.dtype[Any]) -> tuple[str, bool]:
    """Return what a bank is computed in, "f" or "d", and whether its results are bounded."""
    with np.errstate(over="ignore"):
        totals = np.abs(weights).reshape(len(weights), -1).sum(axis=1) + (0.0 if bias is None else np.abs(bias))
    total, reach = float(totals.max()), float(totals.max()) * max(PEAK.get(source.str[1:], np.inf), 1.0)
    double = "d" in (source.char, target.char) or source == np.int32 or not 1e-30 < total < 1e30
    if source.kind != "f" and reach >= 2**24:
        double = double or (is_integral(weights) and (bias is None or is_integral(bias)))
    return "d" if double else "f", reach < 4e6
