"""The table of a network: one line for each layer, with its share of the cost as a bar."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...layers.branches import Branches
from ...layers.summary import LayerSummary, Summary
from ..canvas.scene import Panel, Rect, Text
from .units import Block, write_place

HEADS = ("", "layer", "output", "field", "jump", "parameters", "multiply-adds", "share of cost")
TEXT_COLUMNS = 3  # the others are numbers, aligned at the right
TEXT, LINE, LETTER, GAP = 13, 22.0, 7.6, 18.0
BAR = 140.0
NAME, INDENT = 1, 14.0  # the column with the layers, and how far those in branches are moved right


@dataclass(frozen=True)
class TableLine:
    """A line of the table.

    depth: how many branches the layer lies in. block: number of its block in the diagram. share: of all multiply-adds,
    from 0 to 1. bar: that by the largest share of a layer.
    """

    cells: tuple[str, ...]
    depth: int
    block: int
    share: float
    bar: float

    @property
    def percent(self) -> str:
        """The share in percent, or nothing for layers that multiply nothing."""
        return f"{100 * self.share:.1f} %" if self.share else ""


def make_table(summary: Summary, blocks: Sequence[Block]) -> list[TableLine]:
    """Return a line for each layer, in order."""
    owners = {row.place: block.number for block in blocks for row in block.rows}
    costs = [row.multiply_adds for row in summary.rows]
    total, most = sum(costs) or 1, max(costs) or 1
    return [TableLine(_cells(row), len(row.place) // 2, owners[row.place], row.multiply_adds / total,
                      row.multiply_adds / most) for row in summary.rows if row.layer is not None]


def _cells(row: LayerSummary) -> tuple[str, ...]:
    name = f"join: {row.layer.join}" if isinstance(row.layer, Branches) else str(row.layer)
    counts = (f"{count:,}" if count else "" for count in (row.parameters, row.multiply_adds))
    _, shape, field, jump, *_ = row.cells()
    return (write_place(row.place), name, shape, field, jump, *counts)


def total_cells(summary: Summary) -> tuple[str, ...]:
    """Return the cells of the last line: the sums over all layers."""
    return "", "all layers", "", "", "", f"{summary.parameters:,}", f"{sum(r.multiply_adds for r in summary.rows):,}"


def draw_table(summary: Summary, lines: Sequence[TableLine]) -> Panel:
    """Draw the table."""
    rows = [HEADS[:-1], *(line.cells for line in lines), total_cells(summary)]
    depths = [0, *(line.depth for line in lines), 0]
    widths = [LETTER * max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[NAME] += INDENT * max(depths)
    lefts = [sum(widths[:k]) + GAP * k for k in range(len(widths) + 1)]
    panel = Panel(lefts[-1] + BAR + 70, LINE * len(rows) + 4, "table of all layers")
    for k, cells in enumerate(rows):
        y = LINE * (k + 0.5)
        for column, cell in enumerate(cells):
            number = column >= TEXT_COLUMNS
            x = lefts[column] + (widths[column] if number else INDENT * depths[k] if column == NAME else 0)
            panel.add(Text(x, y, cell, TEXT, "ink" if k else "quiet", "end" if number else "start"))
    panel.add(Text(lefts[-1], LINE / 2, HEADS[-1], TEXT, "quiet", "start"))
    for k, line in enumerate(lines, 1):
        if line.share:
            panel.add(Rect(lefts[-1], LINE * k + 5, max(1.0, BAR * line.bar), LINE - 10, "window"),
                      Text(lefts[-1] + BAR + 8, LINE * (k + 0.5), line.percent, TEXT, anchor="start"))
    panel.add(Rect(0, LINE * (len(rows) - 1), lefts[-1] + BAR, 1, "rule"))
    return panel
