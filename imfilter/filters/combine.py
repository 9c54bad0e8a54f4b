"""Results made of several convolutions, put together in floating point and rounded once."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..convolution import check_out, correlate_separable
from ..errors import pair
from ..images import Array, known_dtype, opened, result_dtype, rounded, same_kind, stack, strips, working_dtype
from ..kernels.taps import Products
from ..workers import each


def combine(
    image: Any, compute: Callable[..., Array], *, dtype: Any, out: Array | None, stride: Any, channel_axis: Any,
    workers: int | None, **common: Any,
) -> Any:
    """Return compute(pixels, **common) as the image's kind, in its dtype or the one asked for.

    compute gets the keywords of `correlate` with a floating dtype, and returns a new array of that, or of the result's.
    """
    pixels = opened(image, channel_axis)
    layout = stack(pixels.shape, channel_axis)
    given = known_dtype(pixels.dtype)
    kind = result_dtype(given, dtype)
    stride = pair("stride", stride, 1)
    if out is not None:
        height, width = layout.size(pixels.shape)
        check_out(out, layout.shape(pixels.shape, -(-height // stride[0]), -(-width // stride[1])), kind)
    values = compute(
        pixels, dtype=working_dtype(given, kind), stride=stride, channel_axis=channel_axis, workers=workers, **common)
    result = settled(values, kind, workers)
    if out is not None:
        out[...] = result
        result = out
    return same_kind(image, result)


def settled(
    values: Array, dtype: np.dtype[Any], workers: int | None, finish: Callable[[Array], Array] | None = None
) -> Array:
    """Return finish(values), which may write over them, rounded to the dtype, part by part."""
    if finish is None and (values.dtype == dtype or dtype.kind == "f"):
        return rounded(values, dtype)
    result = np.empty_like(values, dtype)

    def settle(rows: slice) -> None:
        result[rows] = rounded(finish(values[rows]) if finish else values[rows], dtype)

    each(settle, strips(values.shape), workers)
    return result


def summed(pixels: Array, products: Products, *, workers: int | None, **options: Any) -> Array:
    """Convolve with the sum of products of columns and rows of odd sizes, which is never made."""
    (column, row), *others = products
    total: Array = correlate_separable(pixels, column[::-1], row[::-1], workers=workers, **options)
    for column, row in others:
        more = correlate_separable(pixels, column[::-1], row[::-1], workers=workers, **options)
        each(functools.partial(_add, total, more), strips(total.shape), workers)
    return total


def _add(total: Array, more: Array, rows: slice) -> None:
    total[rows] += more[rows]
