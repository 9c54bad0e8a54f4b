"""Draw tables of numbers on panels."""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.lines import measure_number
from ..canvas.scene import LINE, Grid, Panel, Rect, Span, Text

HEAD, MIN_RULED = 26, 5.0  # height of the line above a table; the smallest cell that gets lines around it
DARK, BRIGHT = (0, 0, 0), (255, 255, 255)


def format_number(value: float, digits: int = 4) -> str:
    """Write an integer as it is, and any other number with this many significant digits."""
    plain = float(value) + 0.0  # no negative zero
    if abs(plain) < 1e6 and plain == int(plain):
        return str(int(plain))
    return f"{plain:.{digits}g}".replace("e-0", "e-").replace("e+0", "e")


def format_size(size: Sequence[int]) -> str:
    """Write a size, such as 3 x 5."""
    return " x ".join(map(str, size))


def format_pair(value: tuple[int, int]) -> str:
    """Write a pair as one number if both are equal, else as a size."""
    return str(value[0]) if value[0] == value[1] else format_size(value)


def name_axes(*pairs: Iterable[Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the name of each axis and its part of all pairs; of axes that are alike, both names and the parts once."""
    rows, columns = zip(*pairs, strict=True)
    return [("rows and columns", rows)] if rows == columns else [("rows", rows), ("columns", columns)]


def write_options(*options: tuple[str, tuple[int, int], int]) -> str:
    """Write options whose values are not the default, such as ', stride 2, padding 1': name, value, default of each."""
    return "".join(f", {name} {format_pair(value)}" for name, value, default in options if value != (default, default))


def draw_grid(title: str, rows: int, columns: int, cell: float, fill: str, *, notes: Sequence[str] = (),
              label: str = "") -> Panel:
    """Return a panel with an empty grid under a title. notes: a line below it, or one for each frame."""
    width = max(columns * cell, 7.2 * max(map(len, (title, *notes))))
    panel = Panel(width + 2, HEAD + rows * cell + 2 + (LINE if any(notes) else 0), label or title)
    panel.add(Text(1, HEAD / 2 - 2, title, 13, "quiet", "start"))
    fill_cells(panel, 0, 0, cell, fill, rows=rows, columns=columns)
    for k, note in enumerate(notes):
        text = Text(1, HEAD + rows * cell + LINE / 2 + 3, note, 13, "quiet", "start")
        panel.add(text, span=(k, k) if len(notes) > 1 else None)
    return panel


def fill_cells(panel: Panel, y: int, x: int, cell: float, fill: str, span: Span = None, *, rows: int = 1,
               columns: int = 1) -> None:
    """Fill cells of a grid, starting at row y and column x; very small cells merge into one rectangle."""
    left, top = 1 + x * cell, HEAD + y * cell
    if cell >= MIN_RULED:
        panel.add(Grid(left, top, rows, columns, cell, fill), span=span)
    else:
        panel.add(Rect(left, top, columns * cell, rows * cell, fill, "rule"), span=span)


def outline_cells(panel: Panel, y: float, x: float, rows: float, columns: float, cell: float, line: str,
                  span: Span = None) -> None:
    """Draw a frame around cells of a grid."""
    panel.add(Rect(1 + x * cell, HEAD + y * cell, columns * cell, rows * cell, "", line, 2.5), span=span)


def add_frame(panel: Panel, x: float, y: float, width: float, height: float) -> None:
    """Add a bright frame between two dark ones, which is visible on every color."""
    for thick, line in ((5.0, DARK), (2.0, BRIGHT)):
        panel.add(Rect(x, y, width, height, "", line, thick))


def write_cell(panel: Panel, y: int, x: int, cell: float, text: str, span: Span = None, *, color: str = "ink",
               size: float = 0, at: float = 0.5) -> None:
    """Write text into a cell, by default as large as fits. at: where its middle is, as a share of the cell's height."""
    size = size or min(15, 0.42 * cell, 1.7 * (cell - 4) / max(len(text), 1))
    panel.add(Text(1 + (x + 0.5) * cell, HEAD + (y + at) * cell, text, round(size, 1), color), span=span)


def write_table(panel: Panel, texts: Array, cell: float, span: Span = None, *, size: float = 15) -> None:
    """Write a table of numbers, whose decimal points align where all have equally many decimals.

    texts: (rows, columns), of str. size: of the letters, which become smaller where the longest number needs it.
    """
    size = fit_numbers(texts.ravel(), cell, size)
    right = (cell + size * max(map(measure_number, texts.ravel()))) / 2  # the longest is in the middle of its cell
    for (y, x), text in np.ndenumerate(texts):
        panel.add(Text(1 + x * cell + right, HEAD + (y + 0.5) * cell, text, size, "ink", "end"), span=span)


def fit_numbers(texts: Iterable[str], cell: float, size: float) -> float:
    """Return the height of letters, at most `size`, in which each of these numbers fits into a cell."""
    return round(min(size, (cell - 4) / max(map(measure_number, texts))), 1)


def cell_for(texts: Iterable[str], size: float, least: float) -> float:
    """Return the side of a cell that each of these numbers fits into, at least `least`."""
    return max(least, float(math.ceil(size * max(map(measure_number, texts)) + 6)))
