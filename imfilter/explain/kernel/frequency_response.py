"""How strongly a kernel answers to waves: its frequency response, as numbers, as bars of text and as a picture."""
from __future__ import annotations

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.drawing import BLACK, Box, Drawing, Raster, Words
from .table import GRID, colors

BARS, PLAIN_BARS = " ▁▂▃▄▅▆▇█", " .:#"
NYQUIST = 0.5  # waves a pixel, the most that pixels can show
TEXT = 12


def gain(kernel: Array, down: Array, across: Array) -> Array:
    """Return |H|, the factor by which waves grow, for each pair of frequencies.

    kernel: (kh, kw). down, across: frequencies in waves a pixel, (m,) and (n,). Returns (m, n).
    H(v, u) = sum of kernel[y, x] exp(-2 pi i (v y + u x)).
    """
    rows, columns = (np.exp(-2j * np.pi * np.outer(waves, np.arange(size)))
                     for waves, size in zip((down, across), kernel.shape, strict=True))
    size: Array = np.abs(rows @ kernel @ columns.T)
    size[size < 1e-12 * np.abs(kernel).sum()] = 0  # what rounding leaves
    return size


def corners(kernel: Array) -> dict[str, float]:
    """Return the gain of a constant, and of the shortest waves across, down and along both."""
    ends = np.array([0, NYQUIST])
    (constant, across), (down, both) = gain(kernel, ends, ends).tolist()
    return {"constant": constant, "across": across, "down": down, "both": both}


def along(kernel: Array, axis: int, count: int) -> Array:
    """Return the gain of waves down (axis 0) or across (1) at so many frequencies from 0 to Nyquist's."""
    waves, still = np.linspace(0, NYQUIST, count), np.zeros(1)
    return gain(kernel, waves, still)[:, 0] if axis == 0 else gain(kernel, still, waves)[0]


def bars(values: Array, height: int, largest: float, marks: str = BARS) -> list[str]:
    """Return lines of text in which each value is a bar, the largest so many lines high."""
    steps = len(marks) - 1
    tops = np.rint(values / (largest or 1.0) * height * steps).astype(int)
    levels = np.arange(height)[::-1, None] * steps
    filled = np.clip(tops - levels, 0, steps)
    filled[-1] = np.maximum(filled[-1], values > 0)  # what is not 0 shows
    return ["".join(marks[k] for k in line) for line in filled]


def picture(kernel: Array, side: int) -> Drawing:
    """Draw the gain of all waves: a constant in the middle, waves across to the sides, waves down above and below."""
    waves = np.linspace(-NYQUIST, NYQUIST, side)
    drawing = Drawing(side + TEXT * 2, side + 2 * TEXT)
    size = gain(kernel, waves, waves)
    drawing.put([Raster(0, 0, colors(size)), Box(0, 0, side - 1, side - 1, None, GRID)])
    for place, text, anchor in ((0, "-1/2", "l"), (side / 2, "0", "m"), (side, "1/2", "r")):
        drawing.put([Words(place, side + TEXT, text, TEXT, BLACK, anchor)])
    for place, text in ((TEXT / 2, "-1/2"), (side / 2, "0"), (side - TEXT / 2, "1/2")):
        drawing.put([Words(side + 4, place, text, TEXT, BLACK, "l")])
    return drawing
