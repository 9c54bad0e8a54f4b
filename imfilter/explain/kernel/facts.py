"""What can be said of a kernel: its numbers as a table, and what follows from them, as lines of text."""
from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ...arrays.dtypes import Array
from ...convolution import plan
from ...engine.channelwise import plan_channelwise
from ...engine.kernel_set import KernelSet
from ...engine.kernel_structure import SAME, Separable, absolute_sum, separable_factors
from . import frequency_response
from .table import total

LARGEST_FRACTION = 6  # characters of a fraction that is still short
DIGITS = 4  # of the largest weight where weights are no such fractions
MOST_ROWS, LEAST_CELL = 17, 3  # of a table, and columns of text that a number takes
LIKE = (1080, 1920, 3)  # the photo that a plan is told for


class Fact(NamedTuple):
    """Something said of a kernel: what it is about, and what holds."""

    about: str
    text: str


def numbers(weights: Array) -> list[str]:
    """Write weights alike: all as short fractions where all are such, else with four digits of the largest."""
    fractions = [_fraction(float(weight)) for weight in weights.ravel()]
    if None not in fractions:
        return [str(fraction) for fraction in fractions]
    places = DIGITS - 1 - math.floor(math.log10(np.abs(weights).max()))
    form = f".{max(places, 0)}f" if 0 <= places <= 9 else f".{DIGITS - 1}e"
    return [format(weight, form) if weight else "0" for weight in weights.ravel()]


def _fraction(weight: float) -> Fraction | None:
    """Return the short fraction that a weight is, but for the rounding of its last digit."""
    if not 1e-6 < abs(weight) < 1e6:
        return Fraction(0) if weight == 0 else None
    found = Fraction(weight).limit_denominator(1000)
    close = abs(float(found) - weight) <= 4 * SAME * abs(weight)
    return found if close and len(str(abs(found))) <= LARGEST_FRACTION else None


def table(kernel: Array, width: int) -> list[str]:
    """Return the kernel as lines of aligned numbers; where it is too large, its middle, and a line that says so."""
    rows, columns = kernel.shape
    down, across = _middle(rows, min(rows, MOST_ROWS)), _middle(columns, min(columns, width // LEAST_CELL))
    cell = _cell(numbers(kernel[down, across]))
    if columns * cell > width:
        across = _middle(columns, max(1, (width - 6) // cell))
    block = kernel[down, across]
    shown = numbers(block)
    texts: Array = np.array(shown, object).reshape(block.shape)
    cell = _cell(shown)
    left, right = ("..." if across.start else ""), ("  ..." if across.stop < columns else "")
    lines = [f"{left}{''.join(f'{text:>{cell}}' for text in row)}{right}" for row in texts]
    if texts.shape != kernel.shape:
        lines.append(f"(the middle {texts.shape[0]} x {texts.shape[1]} of {rows} x {columns})")
    return lines


def _cell(texts: list[str]) -> int:
    return max(map(len, texts)) + 2


def _middle(count: int, kept: int) -> slice:
    """Return where the middle of so many stands, with the center count // 2 in its own middle."""
    kept -= kept < count and kept % 2 == 0 and kept > 1
    start = max(0, count // 2 - kept // 2)
    return slice(start, min(count, start + kept))


def facts(kernel: Array) -> list[Fact]:
    """Return what follows from a kernel's numbers."""
    zeros = kernel.size - int(np.count_nonzero(kernel))
    if zeros == kernel.size:
        return [Fact("size", f"{kernel.shape[0]} x {kernel.shape[1]}"), Fact("sum", "0 (so is every result)")]
    return [
        Fact("size", f"{kernel.shape[0]} x {kernel.shape[1]}"),
        Fact("sum", f"{_one(total(kernel))} ({_kept(total(kernel))})"),
        Fact("sum of sizes", _one(absolute_sum(kernel))),
        Fact("zeros", f"{zeros} of {kernel.size} weights"),
        Fact("symmetry", _symmetry(kernel)),
        Fact("separable", _separable(kernel)),
        Fact("gain", _gain(kernel)),
    ]


def planned(*kernels: Array) -> Fact:
    """Return how convolution with a kernel is computed, or the magnitude of two."""
    photo = np.broadcast_to(np.uint8(0), LIKE)
    like = f"for an 8-bit photo of {LIKE[1]} x {LIKE[0]}"
    if len(kernels) == 1:
        return Fact("plan", f"{plan(photo, kernels[0])} (by imfilter.convolve, {like})")
    pair = plan_channelwise(photo, KernelSet.magnitude(kernels[0], kernels[1], flip=True))
    return Fact("plan", f"both kernels in one pass, {pair} ({like})")


def _one(value: float) -> str:
    return numbers(np.array([value]))[0]


def _kept(value: float) -> str:
    if value == 0:
        return "a constant image becomes 0"
    return "a constant image stays as it is" if abs(value - 1) < 1e-12 else "a constant image is multiplied by it"


def _symmetry(kernel: Array) -> str:
    """Say by which turns and mirrors the kernel stays as it is, or only changes its sign."""
    turned = {"left and right": kernel[:, ::-1], "top and bottom": kernel[::-1], "half a turn": kernel[::-1, ::-1],
              "rows and columns": kernel.T}
    limit = 1e-12 * float(np.abs(kernel).max())
    kept = [name for name, other in turned.items() if _same(other, kernel, limit)]
    opposed = [name for name, other in turned.items() if name not in kept and _same(other, -kernel, limit)]
    said = [f"{verb} under {', '.join(names)}" for verb, names in (("the same", kept), ("negated", opposed)) if names]
    return "; ".join(said) or "none"


def _same(one: Array, other: Array, limit: float) -> bool:
    return one.shape == other.shape and bool((np.abs(one - other) <= limit).all())


def _separable(kernel: Array) -> str:
    if 1 in kernel.shape:
        return "it is a single row or column"
    found = separable_factors(kernel)
    if found is None:
        return "no"
    column, row = _shared(found)
    return f"yes, column {_list(column)} times row {_list(row)}"


def _shared(factors: Separable) -> tuple[Array, Array]:
    """Return the factors with one of them scaled to sum 1, where one can be: the smoothing one of a derivative."""
    column, row = factors
    if (scale := total(column)) != 0:
        return column / scale, row * scale
    scale = total(row) or 1.0
    return column * scale, row / scale


def _list(weights: Array, most: int = 9) -> str:
    shown = numbers(weights)
    if len(shown) > most:
        shown = [*shown[:most // 2], "...", *shown[-(most // 2):]]
    return f"[{' '.join(shown)}]"


def _gain(kernel: Array) -> str:
    found = {name: f"{value:.4g}" for name, value in frequency_response.corners(kernel).items()}
    return (f"{found['constant']} of a constant; of the shortest waves {found['across']} across, "
            f"{found['down']} down, {found['both']} both ways")


def plots(kernel: Array, width: int, marks: str = frequency_response.BARS, height: int = 6) -> list[str]:
    """Return the gain along x and along y as bars side by side."""
    count = max(20, min(32, (width - 12) // 2))
    values = [frequency_response.along(kernel, axis, count) for axis in (1, 0)]
    largest = float(max(value.max() for value in values))
    left, right = (frequency_response.bars(value, height, largest, marks) for value in values)
    scale = [f"{largest:.3g}", *[""] * (height - 2), "0"]
    edge = max(map(len, scale))
    return [_joined("", ["gain of waves across", "gain of waves down"], edge, count),
            *(_joined(text, pair, edge, count) for text, *pair in zip(scale, left, right, strict=True)),
            _joined("", [f"{'0':<{count - 3}}1/2"] * 2, edge, count)]


def _joined(scale: str, parts: Sequence[str], edge: int, count: int) -> str:
    return f"{scale:>{edge}} {'  '.join(f'{part:<{count}}' for part in parts)}".rstrip()
