"""The cards of stacks, of their tables, and of receptive fields."""
from __future__ import annotations

from ...errors import ImfilterError
from ...layers.fields import Rectangle
from ...layers.stack import Stack
from ...layers.summary import Summary
from ..canvas.lines import FIXED_SPACE
from ..canvas.scene import Panel
from ..lesson.grids import draw_grid, fill_cells, format_size, outline_cells
from ..network.diagram import draw_diagram
from ..network.model import SIZE
from ..network.page import share_bar
from ..network.source import CHANNELS, count_inputs
from ..network.table import HEADS, NAME, TEXT_COLUMNS, TableLine, make_table, total_cells
from ..network.units import group_blocks, list_blocks
from .card import drawing, facts_table, grid_table, make_card, write_cell

MOST_BLOCKS, MOST_LINES = 40, 60  # of a diagram, and of a table
SIDE, MAX_CELL = 200.0, 20.0  # of the drawing of a field, and of a pixel


def summary_card(summary: Summary) -> str:
    """Return a summary as a diagram and a table."""
    return _network_card(f"Summary of {_count(summary)} on an image of {format_size(summary.shape)}", "", summary, [])


def stack_card(stack: Stack) -> str:
    """Return a stack as a diagram and a table, for an image of the size that networks usually read."""
    carried = " with weights" if stack.weights is not None else ""
    shape = SIZE, SIZE, count_inputs(stack) or CHANNELS
    try:
        summary = stack.summary(shape)
    except ImfilterError as error:
        note = f"Its layers do not fit an image of {format_size(shape)}: {error.fact}."
        return make_card(f"Stack{carried}", str(stack), [], [note])
    note = f"For an image of {format_size(shape)}; stack.summary(shape) has the figures for another."
    return _network_card(f"Stack{carried}", str(stack), summary, [note])


def _network_card(kind: str, text: str, summary: Summary, notes: list[str]) -> str:
    path = tuple(row.layer for row in summary.rows if len(row.place) == 1 and row.layer is not None)
    blocks = group_blocks(path, summary)
    every = list_blocks(blocks)
    lines = make_table(summary, every)
    panels = draw_diagram(summary.shape, blocks) if len(every) <= MOST_BLOCKS else []
    hidden = len(lines) - MOST_LINES
    notes += [f"The table leaves out the last {hidden} layers."] if hidden > 0 else []
    return make_card(kind, text, [*map(drawing, panels), _table(summary, lines[:MOST_LINES])],
                     [*notes, *(f"Note: {note}." for note in summary.notes)])


def _count(summary: Summary) -> str:
    count = sum(row.layer is not None for row in summary.rows)
    return "1 layer" if count == 1 else f"{count} layers"


def _table(summary: Summary, lines: list[TableLine]) -> str:
    rows = [[*_write_cells(line.cells, line.depth), share_bar(line)] for line in lines]
    return grid_table(HEADS, [*rows, [*_write_cells(total_cells(summary)), ""]], range(TEXT_COLUMNS, len(HEADS) - 1))


def _write_cells(cells: tuple[str, ...], depth: int = 0) -> list[str]:
    return [FIXED_SPACE * 4 * depth + write_cell(cell).replace(" ", FIXED_SPACE) if k == NAME else write_cell(cell)
            for k, cell in enumerate(cells)]


def rectangle_card(field: Rectangle) -> str:
    """Return a receptive field as a drawing of its pixels at the upper left of the image, and its numbers."""
    rows, columns = field.size
    if not rows or not columns:
        return make_card("Receptive field", "", [], ["It has no pixels: the output pixel depends on none."])
    facts = [("rows", _write_side(field.top, field.bottom)), ("columns", _write_side(field.left, field.right)),
             ("size", f"{format_size(field.size)} pixels")]
    note = "Gray: beyond the upper and left border of the image." if min(field.top, field.left) < 0 else ""
    return make_card("Receptive field", "", [drawing(_draw_field(field)), facts_table(facts)], [note] if note else [])


def _write_side(start: int, end: int) -> str:
    return f"{start} to {end - 1}" if end - start > 1 else str(start)


def _draw_field(field: Rectangle) -> Panel:
    """Draw the pixels of a field and some around them."""
    rows, columns = field.size
    margin = max(1, max(rows, columns) // 8)
    top, left = field.top - margin, field.left - margin
    high, wide = rows + 2 * margin, columns + 2 * margin
    cell = min(MAX_CELL, SIDE / max(high, wide))
    y, x = min(max(0, -top), high), min(max(0, -left), wide)  # where the image begins
    panel = draw_grid(f"from row {top}, column {left}", high, wide, cell, "outside")
    if y < high and x < wide:
        fill_cells(panel, y, x, cell, "image", rows=high - y, columns=wide - x)
    fill_cells(panel, margin, margin, cell, "field", rows=rows, columns=columns)
    outline_cells(panel, margin, margin, rows, columns, cell, "window")
    return panel
