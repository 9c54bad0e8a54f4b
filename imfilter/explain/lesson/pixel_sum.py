"""Write a kernel sum: pixels, weights and products with aligned decimal points, and products that add up to the sum."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from .grids import format_number
from .neighborhood import KernelSum, add_once_rounded
from .numbers import count_decimals, format_aligned, format_fixed, rounding_of, write_decimal

MAX_TAPS, VISIBLE = 7, 5  # taps along an axis: of more than the first, only the second are shown
DIGITS = 4  # significant digits of the largest product
MAX_DIGITS = 5  # of the largest weight


@dataclass(frozen=True)
class WrittenSum:
    """The visible part of a kernel sum as text.

    pixels, weights, products: (rows, columns) of str. total: the sum. parts: what adds up to it, if the products that
    are shown do not by themselves.
    """

    pixels: Array
    weights: Array
    products: Array
    total: str
    parts: list[str]

    def __str__(self) -> str:
        return f"{self.total}: {', '.join(self.parts)}" if self.parts else self.total


def visible_taps(one: KernelSum) -> tuple[slice, slice]:
    """Return the rows and columns of a kernel to show: all, or those around the pixel."""
    down, across = (
        slice(0, taps) if taps <= MAX_TAPS else slice(anchor - VISIBLE // 2, anchor - VISIBLE // 2 + VISIBLE)
        for taps, anchor in zip(one.pixels.shape, one.kernel.anchor, strict=True))
    return down, across


def is_cut(one: KernelSum) -> bool:
    """Say whether only a part of the kernel is shown."""
    return any(taps > MAX_TAPS for taps in one.pixels.shape)


def write_kernel_sum(one: KernelSum) -> WrittenSum:
    """Return the numbers of a kernel sum as text."""
    visible = visible_taps(one)
    products, pixels, weights = one.products[visible], one.pixels[visible], one.kernel.weights[visible]
    hidden = one.products.size - products.size
    rest = one.total - add_once_rounded(products) if hidden and math.isfinite(one.total) else 0.0
    places, texts, total = _write_products(products, rest, one.total)
    parts = _list_parts(texts, _format(rest, places), total, hidden) if math.isfinite(one.total) else []
    return WrittenSum(_table(format_aligned(pixels.ravel().tolist(), 5), pixels),
                      _table(_write_weights(weights, pixels, places), weights), _table(texts, products), total, parts)


def _write_products(products: Array, rest: float, total: float) -> tuple[int | None, list[str], str]:
    """Return the decimals to write products with, the products, and the sum.

    One more decimal is used where the rounded products then add up to the rounded sum.
    """
    values = products.ravel().tolist()
    places = count_decimals(values if any(values) else [rest, total], DIGITS)
    for more in (0, 1):
        tried = None if places is None else places + more
        texts, whole = [_format(value, tried) for value in values], _format(total, tried)
        if not rounding_of([*texts, _format(rest, tried)], whole):
            return tried, texts, whole
    return places, [_format(value, places) for value in values], _format(total, places)


def _format(value: float, places: int | None) -> str:
    return format_fixed(value, places, MAX_DIGITS + 1)


def _list_parts(texts: list[str], rest: str, total: str, hidden: int) -> list[str]:
    """Return what a sum is made of, besides the products that are shown."""
    others = [rest] if hidden else []
    left = rounding_of([*texts, *others], total)
    if not left and not hidden:
        return []
    shown = write_decimal(rounding_of([f"-{text}".replace("--", "") for text in texts], "0"))
    parts = [f"{shown} of the products{' shown' if hidden else ''}"]
    if hidden:
        parts.append(f"{rest} of the other {hidden}")
    return [*parts, f"{write_decimal(left)} of rounding"] if left else parts


def _write_weights(weights: Array, pixels: Array, places: int | None) -> list[str]:
    """Write weights with aligned decimal points, or each with its own digits where products would seem wrong."""
    values = weights.ravel().tolist()
    texts = format_aligned(values, _digits_of_weights(weights, pixels, places))
    brightness = np.where(np.isfinite(pixels), np.abs(pixels), 0.0).ravel()
    errors = np.abs(np.array(texts, np.float64) - values) * brightness
    if places is None or not (errors > 10.0 ** -places).any():
        return texts
    return [format_number(value) for value in values]


def _digits_of_weights(weights: Array, pixels: Array, places: int | None) -> int:
    """Return how many digits weights need, so that weight times pixel, as written, is near the product as written."""
    largest, brightest = (float(np.abs(values[np.isfinite(values)]).max(initial=0)) for values in (weights, pixels))
    if not largest or places is None:
        return DIGITS
    needed = places + math.ceil(math.log10(brightest + 1)) + 1 + math.floor(math.log10(largest))
    return max(3, min(MAX_DIGITS, needed))


def _table(texts: Any, like: Array) -> Array:
    return np.array(texts, object).reshape(like.shape)
