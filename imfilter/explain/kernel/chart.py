"""Charts of kernels: the squares of each, and beside them what it does to waves."""
from __future__ import annotations

import math

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.drawing import BLACK, Drawing, Words, fitting
from .frequency_response import picture
from .table import squares

SIDE, MARGIN, TITLE, SMALL = 280, 24, 16, 12
ROW = SIDE + 3 * MARGIN + 2 * SMALL
PAIR = 2 * (SIDE + MARGIN) + MARGIN


def kernel_chart(title: str, kernels: dict[str, Array]) -> Drawing:
    """Draw each kernel, and beside it the gain of all waves; many stand in two columns."""
    across = 1 if len(kernels) <= 3 else 2
    top = MARGIN + TITLE
    drawing = Drawing(MARGIN + across * PAIR, top + math.ceil(len(kernels) / across) * ROW)
    drawing.put([_title(title, drawing)])
    for k, (name, kernel) in enumerate(kernels.items()):
        x, y = MARGIN + k % across * PAIR, top + k // across * ROW + MARGIN
        drawing.put(_pair(name, kernel).shapes, x, y)
    return drawing


def _pair(name: str, kernel: Array) -> Drawing:
    table, waves = squares(kernel, SIDE), picture(kernel, SIDE)
    pair = Drawing(PAIR, ROW)
    top = 2 * SMALL
    pair.put([Words(0, SMALL / 2, f"{name}, {kernel.shape[0]} x {kernel.shape[1]}", SMALL, BLACK, "l"),
              Words(SIDE + MARGIN, SMALL / 2, "gain of waves, in waves a pixel; white is 0", SMALL, BLACK, "l")])
    pair.put(table.shapes, (SIDE - table.width) // 2, top + (SIDE - table.height) // 2)
    pair.put(waves.shapes, SIDE + MARGIN, top)
    return pair


def _title(text: str, drawing: Drawing) -> Words:
    return Words(MARGIN, MARGIN, *fitting(text, drawing.width - 2 * MARGIN, TITLE), BLACK, "l")


def matrix_chart(title: str, matrix: Array) -> Drawing:
    """Draw a matrix of colors: a row for each channel of the result, a column for each of the image."""
    table = squares(np.asarray(matrix), SIDE, framed=False)
    drawing = Drawing(max(SIDE, table.width) + 2 * MARGIN, table.height + 3 * MARGIN + TITLE + SMALL)
    drawing.put([_title(title, drawing),
                 Words(MARGIN, MARGIN + TITLE + SMALL, "from (across) to (down) channels", SMALL, BLACK, "l")])
    drawing.put(table.shapes, MARGIN, 2 * MARGIN + TITLE + SMALL)
    return drawing
