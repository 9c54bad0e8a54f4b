"""The first state of the playground as plain tables, for readers without JavaScript."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...convolution import correlate
from ...engine.borders import Border, kernel_margins, source_indices
from ..lesson.grids import format_number
from .pixels import REGION


def render_still(pixels: Array, at: tuple[int, int], preset: dict[str, Any]) -> str:
    """Return the region of a photo in gray, a kernel, and the output, as tables."""
    gray = to_gray(pixels)[at[0]:at[0] + REGION, at[1]:at[1] + REGION]
    weights = np.reshape(preset["weights"], (preset["rows"], preset["columns"]))
    kernel = weights / preset["divisor"]
    (top, bottom), (left, right) = kernel_margins("same", kernel.shape, (1, 1), False)
    rows, columns = (source_indices(Border.REFLECT, side, -before, 1, side + before + after)[0]
                     for side, before, after in zip(gray.shape, (top, left), (bottom, right), strict=True))
    padded = gray[rows][:, columns]
    inside = np.zeros(padded.shape, bool)
    inside[top:top + gray.shape[0], left:left + gray.shape[1]] = True
    divided = f", divided by {preset['divisor']}" if preset["divisor"] != 1 else ""
    return "\n".join([
        _table("Input in gray, with its border (mode reflect)", padded, inside),
        _table(f"Kernel: {preset['name']}{divided}", weights),
        _table("Output: sums of products, as bytes from 0 to 255", correlate(gray, kernel)),
    ])


def to_gray(pixels: Array) -> Array:
    """Return the luma of ITU-R 601, as Pillow rounds it."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = np.moveaxis(pixels.astype(np.int64), -1, 0)
    gray: Array = ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(np.uint8)
    return gray


def _table(title: str, values: Array, inside: Array | None = None) -> str:
    rows = ["".join(f'<td class="outside">{format_number(value)}</td>' if inside is not None and not inside[y, x]
                    else f"<td>{format_number(value)}</td>" for x, value in enumerate(row))
            for y, row in enumerate(values.tolist())]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<p>{title}</p>\n<table class=\"still\">\n{body}\n</table>"
