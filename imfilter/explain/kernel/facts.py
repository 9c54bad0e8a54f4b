"""Describe a kernel in lines of text: its weights as a table, its properties, its frequency response."""
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
from .frequency_response import BARS, axis_gain, extreme_gains, format_bars
from .table import sum_weights

MAX_FRACTION = 6  # characters of a fraction that is still easy to read
DIGITS = 4  # significant digits of the largest weight, where weights are not such fractions
MAX_ROWS, MIN_COLUMN = 17, 3  # of a table, and characters that a number takes
EXAMPLE_SHAPE = (1080, 1920, 3)  # of the photo that a plan is described for


class Fact(NamedTuple):
    """A property of a kernel: its name and its value in words."""

    name: str
    text: str


def format_weights(weights: Array) -> list[str]:
    """Write all weights alike: as short fractions if all are, else with four digits of the largest."""
    fractions = [_as_fraction(float(weight)) for weight in weights.ravel()]
    if None not in fractions:
        return [str(fraction) for fraction in fractions]
    places = DIGITS - 1 - math.floor(math.log10(np.abs(weights).max()))
    form = f".{max(places, 0)}f" if 0 <= places <= 9 else f".{DIGITS - 1}e"
    return [format(weight, form) if weight else "0" for weight in weights.ravel()]


def _as_fraction(weight: float) -> Fraction | None:
    """Return the short fraction that equals a weight up to rounding, or None."""
    if not 1e-6 < abs(weight) < 1e6:
        return Fraction(0) if weight == 0 else None
    fraction = Fraction(weight).limit_denominator(1000)
    close = abs(float(fraction) - weight) <= 4 * SAME * abs(weight)
    return fraction if close and len(str(abs(fraction))) <= MAX_FRACTION else None


def format_table(kernel: Array, width: int) -> list[str]:
    """Return the kernel as lines of aligned numbers, or the middle of it where it is too large."""
    rows, columns = kernel.shape
    down, across = _middle(rows, min(rows, MAX_ROWS)), _middle(columns, min(columns, width // MIN_COLUMN))
    cell = _cell_width(format_weights(kernel[down, across]))
    if columns * cell > width:
        across = _middle(columns, max(1, (width - 6) // cell))
    block = kernel[down, across]
    shown = format_weights(block)
    texts: Array = np.array(shown, object).reshape(block.shape)
    cell = _cell_width(shown)
    left, right = ("..." if across.start else ""), ("  ..." if across.stop < columns else "")
    lines = [f"{left}{''.join(f'{text:>{cell}}' for text in row)}{right}" for row in texts]
    if texts.shape != kernel.shape:
        lines.append(f"(the middle {texts.shape[0]} x {texts.shape[1]} of {rows} x {columns})")
    return lines


def _cell_width(texts: list[str]) -> int:
    return max(map(len, texts)) + 2


def _middle(count: int, kept: int) -> slice:
    """Return a slice of the middle elements, with the center count // 2 in its own middle."""
    kept -= kept < count and kept % 2 == 0 and kept > 1
    start = max(0, count // 2 - kept // 2)
    return slice(start, min(count, start + kept))


def describe_kernel(kernel: Array) -> list[Fact]:
    """Return the properties that follow from a kernel's weights."""
    size = Fact("size", f"{kernel.shape[0]} x {kernel.shape[1]}")
    zeros = kernel.size - int(np.count_nonzero(kernel))
    if zeros == kernel.size:
        return [size, Fact("sum", "0 (so is every result)")]
    total = sum_weights(kernel)
    return [
        size,
        Fact("sum", f"{_format_number(total)} ({_effect_on_constant(total)})"),
        Fact("absolute sum", _format_number(absolute_sum(kernel))),
        Fact("zeros", f"{zeros} of {kernel.size} weights"),
        Fact("symmetry", _describe_symmetry(kernel)),
        Fact("separable", _describe_factors(kernel)),
        Fact("gain", _describe_gain(kernel)),
    ]


def describe_plan(*kernels: Array) -> Fact:
    """Return how the convolution with one kernel, or the gradient magnitude of two, is computed."""
    photo = np.broadcast_to(np.uint8(0), EXAMPLE_SHAPE)
    example = f"for an 8-bit photo of {EXAMPLE_SHAPE[1]} x {EXAMPLE_SHAPE[0]}"
    if len(kernels) == 1:
        return Fact("plan", f"{plan(photo, kernels[0])} (by imfilter.convolve, {example})")
    pair = plan_channelwise(photo, KernelSet.magnitude(kernels[0], kernels[1], flip=True))
    return Fact("plan", f"both kernels in one pass, {pair} ({example})")


def _format_number(value: float) -> str:
    return format_weights(np.array([value]))[0]


def _effect_on_constant(total: float) -> str:
    if total == 0:
        return "a constant image becomes 0"
    return "a constant image is unchanged" if abs(total - 1) < 1e-12 else "a constant image is multiplied by it"


def _describe_symmetry(kernel: Array) -> str:
    """Name the reflections and rotations that leave the kernel unchanged, or only change its sign."""
    turned = {"left-right": kernel[:, ::-1], "top-bottom": kernel[::-1], "180 degrees": kernel[::-1, ::-1],
              "transposed": kernel.T}
    limit = 1e-12 * float(np.abs(kernel).max())
    even = [name for name, other in turned.items() if _is_close(other, kernel, limit)]
    odd = [name for name, other in turned.items() if name not in even and _is_close(other, -kernel, limit)]
    texts = [f"{word} ({', '.join(names)})" for word, names in (("symmetric", even), ("antisymmetric", odd)) if names]
    return "; ".join(texts) or "none"


def _is_close(first: Array, second: Array, limit: float) -> bool:
    return first.shape == second.shape and bool((np.abs(first - second) <= limit).all())


def _describe_factors(kernel: Array) -> str:
    if 1 in kernel.shape:
        return "it is a single row or column"
    factors = separable_factors(kernel)
    if factors is None:
        return "no"
    column, row = _normalize_factors(factors)
    return f"yes, column {_format_list(column)} times row {_format_list(row)}"


def _normalize_factors(factors: Separable) -> tuple[Array, Array]:
    """Scale the column to sum 1, or else the row: whichever factor smooths."""
    column, row = factors
    if (scale := sum_weights(column)) != 0:
        return column / scale, row * scale
    scale = sum_weights(row) or 1.0
    return column * scale, row / scale


def _format_list(weights: Array, most: int = 9) -> str:
    texts = format_weights(weights)
    if len(texts) > most:
        texts = [*texts[:most // 2], "...", *texts[-(most // 2):]]
    return f"[{' '.join(texts)}]"


def _describe_gain(kernel: Array) -> str:
    gains = {name: f"{value:.4g}" for name, value in extreme_gains(kernel).items()}
    return (f"{gains['constant']} at frequency 0; at the highest, {gains['across']} across, {gains['down']} down, "
            f"{gains['both']} both ways")


def plot_gain(kernel: Array, width: int, marks: str = BARS, height: int = 6) -> list[str]:
    """Return the gain by frequency across and down as bar charts side by side."""
    count = max(20, min(32, (width - 12) // 2))
    values = [axis_gain(kernel, axis, count) for axis in (1, 0)]
    largest = float(max(value.max() for value in values))
    across, down = (format_bars(value, height, largest, marks) for value in values)
    scale = [f"{largest:.3g}", *[""] * (height - 2), "0"]
    margin = max(map(len, scale))
    return [_join_columns("", ["gain across", "gain down"], margin, count),
            *(_join_columns(text, pair, margin, count) for text, *pair in zip(scale, across, down, strict=True)),
            _join_columns("", [f"{'0':<{count - 3}}1/2"] * 2, margin, count)]


def _join_columns(scale: str, parts: Sequence[str], margin: int, count: int) -> str:
    return f"{scale:>{margin}} {'  '.join(f'{part:<{count}}' for part in parts)}".rstrip()
