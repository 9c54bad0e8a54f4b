"""Draw kernels compactly: as few bytes as possible where there are many weights or many kernels."""
from __future__ import annotations

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.scene import Grid, Panel, Pixels
from .table import LINES, MIN_RULED, color_weights, draw_table

LEGIBLE = 20  # side of a square that may hold a number
MOST = 128  # pixels along an axis of the image of a kernel with more weights than that


def draw_compact(label: str, weights: Array, side: int, *, center: bool = True, largest: float | None = None) -> Panel:
    """Draw a kernel as squares with numbers where these are legible, and else as a thumbnail."""
    if side // max(weights.shape) >= LEGIBLE:
        return draw_table(label, weights, side, center=center, largest=largest)
    return draw_thumbnail(label, weights, side, largest=largest)


def draw_thumbnail(label: str, weights: Array, side: int, *, largest: float | None = None) -> Panel:
    """Draw a kernel as the pixels of one small image, with lines between them where there is room."""
    rows, columns = weights.shape
    colors, cell = color_weights(weights, largest), max(1, side // max(weights.shape))
    if max(rows, columns) > min(side, MOST):
        colors = _reduce(colors, min(side, MOST))
        rows, columns = colors.shape[:2]
    panel = Panel(columns * cell + 1, rows * cell + 1, label)
    panel.add(Pixels(0, 0, colors, cell))
    if cell >= MIN_RULED:
        panel.add(Grid(0.5, 0.5, rows, columns, cell, "", LINES))
    return panel


def _reduce(colors: Array, side: int) -> Array:
    """Return an image whose longer side is this."""
    from PIL import Image

    rows, columns = (max(1, round(length * side / max(colors.shape[:2]))) for length in colors.shape[:2])
    return np.asarray(Image.fromarray(colors).resize((columns, rows), Image.Resampling.BOX))
