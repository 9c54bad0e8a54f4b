"""Which loop computes a convolution, in what arithmetic, and what it costs."""
from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .errors import ImfilterError, one_of
from .structure import Separable, doubled, scaled, separated, whole

Array = np.ndarray[Any, Any]
Kernel = Array | Separable

PEAK = {"u1": 255.0, "u2": 65535.0, "i2": 32768.0, "i4": 2147483648.0}
LANES = {"h": "int16", "f": "float32", "d": "float64"}
METHODS = ("auto", "direct", "separable", "runs")
WORTH_THREADS = 300e-6  # seconds of work below which waking another thread does not pay
FIXED = 4  # what a pass over the rows costs beside its taps, in taps


@dataclass(frozen=True, slots=True)
class Plan:
    """How a convolution is computed.

    method: "direct", "separable", "runs", or "separable, runs". why: what in the kernel's numbers decided. lane: what
    samples are widened to, "h" int16, "f" float32 or "d" float64. kernels: as the core takes them. scale: what their
    sums are multiplied by. levels: how often windows of equal weights are doubled. taps: multiplications and additions
    a result takes. scratch: bytes a thread takes beside image and result. bounded: no result is NaN, infinite or above 2**22 in size, so it can be rounded without looking.
    """

    method: str
    why: str
    lane: str
    kernels: Any
    scale: float
    levels: int
    taps: int
    bounded: bool
    scratch: int = 0

    def __str__(self) -> str:
        return (f"{self.method} in {LANES[self.lane]}: {self.why}; {self.taps} multiplications and additions a result, "
                f"{self.scratch:,} bytes of scratch a thread")

    def seconds(self, results: int) -> float:
        """A low guess of the time on one thread: more threads are worth waking above WORTH_THREADS."""
        rate = 40e9 if self.lane == "h" else 20e9 if self.lane == "f" else 10e9
        return results * (self.taps / rate + 0.3e-9)


def _lane(
    kernels: tuple[Kernel, ...], scale: float, source: np.dtype[Any], target: np.dtype[Any], cval: float
) -> tuple[str, float]:
    """Return what to compute in, and the largest size a sum can have; whole kernels on whole images stay exact."""
    peak = max(PEAK.get(source.str[1:], np.inf), abs(cval))
    total = max(_total(kernel) for kernel in kernels)
    exact = float(cval).is_integer() and all(_is_whole(kernel) for kernel in kernels)
    reach = peak * total
    if source.kind == "f":
        double = "d" in (source.char, target.char) or not 1e-30 < total < 1e30
        return "d" if double else "f", np.inf
    if source == np.uint8 and exact and reach <= 32767:
        return "h", reach
    double = source == np.int32 or target.char == "d" or not 1e-30 < total < 1e30
    return "d" if double or (exact and scale == 1 and reach >= 2**24) else "f", reach


def _total(kernel: Kernel) -> float:
    with np.errstate(over="ignore"):
        if isinstance(kernel, Separable):
            return float(np.abs(kernel.column).sum() * np.abs(kernel.row).sum())
        return float(np.abs(kernel).sum())


def _is_whole(kernel: Kernel) -> bool:
    if isinstance(kernel, Separable):
        return whole(kernel.column) and whole(kernel.row)
    return whole(kernel)


class _Key:
    """The numbers of kernels, as something that a cache can look up."""

    __slots__ = ("data", "kernels")

    def __init__(self, kernels: tuple[Kernel, ...]) -> None:
        self.kernels = kernels
        self.data = tuple(
            (kernel.column.tobytes(), kernel.row.tobytes()) if isinstance(kernel, Separable)
            else (kernel.shape, kernel.tobytes()) for kernel in kernels)

    def __hash__(self) -> int:
        return hash(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.data == other.data


def choose(kernels: tuple[Kernel, ...], source: np.dtype[Any], target: np.dtype[Any], *, cval: float = 0.0,
           even: bool = True, method: str = "auto") -> Plan:
    """Plan channel-wise work from images of dtype source to results of dtype target.

    kernels: one, or two for the root of the mean of their squares. even: whether taps lie side by side in a ring row,
    so that sums of neighbours can be had.
    """
    if method not in METHODS:
        raise ImfilterError(f"method must be {one_of(METHODS)}, got {method!r}")
    return _chosen(_Key(kernels), source, target, cval, even, method)


@lru_cache(maxsize=128)
def _chosen(key: _Key, source: np.dtype[Any], target: np.dtype[Any], cval: float, even: bool, method: str) -> Plan:
    kernels, scale = _scaled(key.kernels)
    factors = tuple(map(_factors, kernels)) if method in ("auto", "separable") else ()
    candidates = [_candidate(kernels, False)] if not isinstance(kernels[0], Separable) else []
    if factors and all(factors):
        candidates.append(_candidate(factors, False))
    elif method == "separable":
        raise ImfilterError("method 'separable' needs a kernel that is the product of a column and a row")
    if even and method in ("auto", "runs"):
        candidates += [_candidate(made, True) for made in [kernels, factors] if made and all(x is not None for x in made)]
    if method == "direct":
        candidates = candidates[:1]
    elif method != "auto":
        candidates = [one for one in candidates if method in one[1]] or candidates
    taps, name, made, levels = min(candidates, key=lambda one: one[0])
    lane, reach = _lane(factors if "separable" in name else kernels, scale, source, target, cval)
    return Plan(name, _why(name, kernels[0].shape, taps), lane, made, scale, levels, taps, reach * scale < 4e6)


def _scaled(kernels: tuple[Kernel, ...]) -> tuple[tuple[Kernel, ...], float]:
    """Return kernels of whole numbers and their common scale, where there is one."""
    if isinstance(kernels[0], Separable):
        (column, first), (row, second) = scaled(kernels[0].column), scaled(kernels[0].row)
        return (Separable(column, row),), first * second
    numbers, scale = scaled(np.concatenate([np.ravel(kernel) for kernel in kernels]))  # type: ignore[arg-type]
    parts = np.split(numbers, np.cumsum([math.prod(kernel.shape) for kernel in kernels])[:-1])
    return tuple(part.reshape(kernel.shape) for part, kernel in zip(parts, kernels, strict=True)), scale


def _factors(kernel: Kernel) -> Separable | None:
    """Return a separable kernel's factors; those of a whole kernel are whole, or it is not taken apart."""
    if isinstance(kernel, Separable):
        return kernel
    found = separated(kernel)
    if found is None or not whole(kernel):
        return found
    (column, first), (row, second) = scaled(found.column), scaled(found.row)
    both = Separable(column, row * (first * second))
    return both if whole(both.column) and whole(both.row) else None


def _candidate(kernels: tuple[Any, ...], spread: bool) -> tuple[int, str, Any, int]:
    """Return what a way of computing costs in taps, its name, its kernels as the core takes them, and its levels."""
    if isinstance(kernels[0], Separable):
        rows, levels = _spread([kernel.row[None] for kernel in kernels], spread)
        made = tuple((kernel.column, row[0]) for kernel, row in zip(kernels, rows, strict=True))
        taps = sum(np.count_nonzero(column) + np.count_nonzero(row) for column, row in made)
        return taps + (FIXED + levels) * len(made), "separable, runs" if levels else "separable", made, levels
    made, levels = _spread(list(kernels), spread)
    return sum(map(np.count_nonzero, made)) + levels, "runs" if levels else "direct", tuple(made), levels


def _spread(kernels: list[Array], spread: bool) -> tuple[list[Array], int]:
    """Return kernels over rows and their levels, as many for each."""
    if not spread:
        return kernels, 0
    made, levels = doubled(np.concatenate(kernels))
    parts = np.split(made, np.cumsum([len(kernel) for kernel in kernels])[:-1])
    return [np.ascontiguousarray(part) for part in parts], levels


def _why(name: str, shape: tuple[int, int], taps: int) -> str:
    size = f"{shape[0]} x {shape[1]}"
    if "separable" in name:
        return f"the {size} kernel is the product of a column and a row"
    if name == "runs":
        return f"long runs of equal weights in the {size} kernel are summed by doubling"
    return f"the {size} kernel has {taps} taps other than 0"


def bank_lane(weights: Array, bias: Array | None, source: np.dtype[Any], target: np.dtype[Any]) -> tuple[str, bool]:
    """Return what a bank is computed in, "f" or "d", and whether its results are bounded."""
    with np.errstate(over="ignore"):
        totals = np.abs(weights).reshape(len(weights), -1).sum(axis=1) + (0.0 if bias is None else np.abs(bias))
    total, reach = float(totals.max()), float(totals.max()) * max(PEAK.get(source.str[1:], np.inf), 1.0)
    double = "d" in (source.char, target.char) or source == np.int32 or not 1e-30 < total < 1e30
    if source.kind != "f" and reach >= 2**24:
        double = double or (whole(weights) and (bias is None or whole(bias)))
    return "d" if double else "f", reach < 4e6
