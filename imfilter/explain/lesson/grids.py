"""Tables of numbers as panels, and how numbers are written."""
from __future__ import annotations

from collections.abc import Sequence

from ..canvas.scene import LINE, Grid, Panel, Rect, Seen, Text

HEAD, RULED = 26, 5.0  # pixels of the line above a table, and of a cell from which on lines part them


def number(value: float, digits: int = 4) -> str:
    """Write a number: whole ones as they are, others with so many digits that matter, 0 without a sign."""
    plain = float(value) + 0.0
    if plain == int(plain) if abs(plain) < 1e6 else False:
        return str(int(plain))
    return f"{plain:.{digits}g}".replace("e-0", "e-").replace("e+0", "e")


def table(title: str, rows: int, columns: int, cell: float, fill: str, *, under: Sequence[str] = (),
          label: str = "") -> Panel:
    """Return a panel with an empty grid under a title. under: a line below it, or one for each frame."""
    width = max(columns * cell, 7.2 * max(map(len, (title, *under))))
    panel = Panel(width + 2, HEAD + rows * cell + 2 + (LINE if any(under) else 0), label or title)
    panel.put(Text(1, HEAD / 2 - 2, title, 13, "quiet", "start"))
    shade(panel, 0, 0, cell, fill, rows=rows, columns=columns)
    for k, line in enumerate(under):
        below = Text(1, HEAD + rows * cell + LINE / 2 + 3, line, 13, "quiet", "start")
        panel.put(below, (k, k) if len(under) > 1 else None)
    return panel


def shade(panel: Panel, y: int, x: int, cell: float, fill: str, seen: Seen = None, *, rows: int = 1,
          columns: int = 1) -> None:
    """Fill cells of a table from row y and column x on; cells too small for lines between them become one."""
    left, top = 1 + x * cell, HEAD + y * cell
    if cell >= RULED:
        panel.put(Grid(left, top, rows, columns, cell, fill), seen)
    else:
        panel.put(Rect(left, top, columns * cell, rows * cell, fill, "rule"), seen)


def outline(panel: Panel, y: float, x: float, rows: float, columns: float, cell: float, line: str,
            seen: Seen = None) -> None:
    """Draw a frame about cells of a table."""
    panel.put(Rect(1 + x * cell, HEAD + y * cell, columns * cell, rows * cell, "", line, 2.5), seen)


def write(panel: Panel, y: int, x: int, cell: float, text: str, seen: Seen = None, *, role: str = "ink",
          size: float = 0) -> None:
    """Write a text into the middle of a cell, as large as fits."""
    size = size or min(15, 0.42 * cell, 1.7 * (cell - 4) / max(len(text), 1))
    panel.put(Text(1 + (x + 0.5) * cell, HEAD + (y + 0.5) * cell, text, round(size, 1), role), seen)
