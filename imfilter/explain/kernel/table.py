"""Draw a kernel as a table of colored squares."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.checks import check_kernel
from ...engine.kernel_structure import absolute_sum
from ...errors import ImfilterError
from ..canvas.lines import measure_number
from ..canvas.picture import Picture
from ..canvas.scene import Grid, Panel, Pixels, Rect, Scene, Text

# Below, at and above 0: ends and middle of ColorBrewer's RdBu (C. A. Brewer, 2002), safe for color-blind people.
NEGATIVE, ZERO, POSITIVE = np.array([33, 102, 172]), np.array([247, 247, 247]), np.array([178, 24, 43])
LINES = (160, 160, 160)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SIDE = 512  # approximate length of the longer side
MAX_CELL, MIN_RULED = 56, 6  # the largest cell, and the smallest that gets lines around it
MIN_TEXT = 9
MAX_TAPS = 4096  # along an axis


def draw_kernel(kernel: Any) -> Picture:
    """Draw a kernel, without any words: a square for each weight."""
    weights = check_drawable(kernel)
    title = f"{weights.shape[0]} x {weights.shape[1]} kernel, sum {sum_weights(weights):.4g}"
    return Picture(Scene(title, [[draw_table(title, weights)]], bare=True))


def check_drawable(kernel: Any) -> Array:
    """Return the weights of a kernel, or raise where they cannot be drawn."""
    weights = check_kernel(kernel, "kernel", 2)
    if max(weights.shape) > MAX_TAPS:
        raise ImfilterError(f"a kernel to show must have at most {MAX_TAPS} taps along an axis, got {weights.shape}")
    if not math.isfinite(absolute_sum(weights)):
        raise ImfilterError("a kernel to show must have a finite sum, got weights too large to add")
    return weights


def color_weights(weights: Array, largest: float | None = None) -> Array:
    """Return the colors of weights, (..., 3) uint8: blue through white to red, full at the largest magnitude."""
    largest = np.abs(weights).max() if largest is None else largest
    share = (weights / largest if largest else weights)[..., None]
    mixed: Array = ZERO + np.abs(share) * (np.where(share < 0, NEGATIVE, POSITIVE) - ZERO)
    return mixed.round().astype(np.uint8)


def sum_weights(kernel: Array) -> float:
    """Return the sum of the weights, exactly 0 where only rounding differs from it."""
    total, size = float(kernel.sum()), float(np.abs(kernel).sum())
    return total if abs(total) > 1e-12 * size else 0.0


def draw_table(label: str, weights: Array, side: int = SIDE, *, center: bool = True,
               largest: float | None = None) -> Panel:
    """Return squares with lines between them, numbers where these fit, and a frame around the center tap.

    side: approximate length of the longer side. largest: the magnitude that gets the full color, of several kernels.
    """
    rows, columns = weights.shape
    cell = max(1, min(MAX_CELL, side // max(weights.shape)))
    colors = color_weights(weights, largest)
    if cell < MIN_RULED:
        panel = Panel(columns * cell, rows * cell, label)
        panel.add(Pixels(0, 0, colors, cell))
        return panel
    panel = Panel(columns * cell + 1, rows * cell + 1, label)
    edge = 0.5  # a line of width 1 then covers whole pixels
    panel.add(*(Rect(edge + j * cell, edge + i * cell, cell, cell, tuple(colors[i, j].tolist()))
                for i, j in np.ndindex(weights.shape)))
    panel.add(Grid(edge, edge, rows, columns, cell, "", LINES), *_write_weights(weights, colors, cell))
    if center:
        panel.add(Rect(edge + cell * (columns // 2), edge + cell * (rows // 2), cell, cell, "", BLACK,
                       max(1, cell // 24)))
    return panel


def _write_weights(weights: Array, colors: Array, cell: int) -> list[Text]:
    """Return each weight as a number in its square, or nothing when they would not be legible."""
    texts = [f"{weight:.3g}".replace("e-0", "e-") for weight in weights.ravel() + 0.0]  # + 0.0: no negative zero
    size = min(cell // 3, int((cell - 4) / max(map(measure_number, texts))))
    if size < MIN_TEXT:
        return []
    bright = colors @ (0.2125, 0.7154, 0.0721) > 128
    return [Text((j + 0.5) * cell, (i + 0.5) * cell, text, size, BLACK if bright[i, j] else WHITE)
            for text, (i, j) in zip(texts, np.ndindex(weights.shape), strict=True)]
