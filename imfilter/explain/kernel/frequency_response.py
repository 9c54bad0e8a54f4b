"""The frequency response of a kernel: as numbers, as bars of text and as a drawing."""
from __future__ import annotations

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.scene import Panel, Pixels, Rect, Text
from .table import LINES, color_weights

BARS, ASCII_BARS = " ▁▂▃▄▅▆▇█", " .:#"
NYQUIST = 0.5  # cycles per pixel: the highest frequency that pixels can hold
TEXT = 12


def compute_gain(kernel: Array, down: Array, across: Array) -> Array:
    """Return |H|, the factor by which each frequency is amplified.

    kernel: (kh, kw). down, across: frequencies in cycles per pixel, (m,) and (n,). Returns (m, n).
    H(v, u) = sum of kernel[y, x] exp(-2 pi i (v y + u x)).
    """
    rows, columns = (np.exp(-2j * np.pi * np.outer(frequencies, np.arange(size)))
                     for frequencies, size in zip((down, across), kernel.shape, strict=True))
    gain: Array = np.abs(rows @ kernel @ columns.T)
    gain[gain < 1e-12 * np.abs(kernel).sum()] = 0  # nothing but rounding
    return gain


def extreme_gains(kernel: Array) -> dict[str, float]:
    """Return the gain of a constant, and of the highest frequency across, down and both ways."""
    ends = np.array([0, NYQUIST])
    (constant, across), (down, both) = compute_gain(kernel, ends, ends).tolist()
    return {"constant": constant, "across": across, "down": down, "both": both}


def axis_gain(kernel: Array, axis: int, count: int) -> Array:
    """Return the gain at count frequencies from 0 to Nyquist's, down (axis 0) or across (axis 1)."""
    frequencies, zero = np.linspace(0, NYQUIST, count), np.zeros(1)
    return compute_gain(kernel, frequencies, zero)[:, 0] if axis == 0 else compute_gain(kernel, zero, frequencies)[0]


def format_bars(values: Array, height: int, largest: float, marks: str = BARS) -> list[str]:
    """Return values as bars of text; the largest is height lines tall."""
    steps = len(marks) - 1
    tops = np.rint(values / (largest or 1.0) * height * steps).astype(int)
    bottoms = np.arange(height)[::-1, None] * steps
    filled = np.clip(tops - bottoms, 0, steps)
    filled[-1] = np.maximum(filled[-1], values > 0)  # keep the smallest values visible
    return ["".join(marks[k] for k in line) for line in filled]


def draw_response(kernel: Array, side: int) -> Panel:
    """Draw the gain of all frequencies: 0 in the middle, across to the sides, down above and below."""
    frequencies = np.linspace(-NYQUIST, NYQUIST, side)
    panel = Panel(side + 2 * TEXT, side + 2 * TEXT, "frequency response")
    panel.add(Pixels(0, 0, color_weights(compute_gain(kernel, frequencies, frequencies))),
              Rect(0.5, 0.5, side - 1, side - 1, "", LINES))
    for at, text, anchor in ((0, "-1/2", "start"), (side / 2, "0", "middle"), (side, "1/2", "end")):
        panel.add(Text(at, side + TEXT, text, TEXT, "quiet", anchor))
    for at, text in ((TEXT / 2, "-1/2"), (side / 2, "0"), (side - TEXT / 2, "1/2")):
        panel.add(Text(side + 4, at, text, TEXT, "quiet", "start"))
    return panel
