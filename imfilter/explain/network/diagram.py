"""Draw a network as a diagram: blocks, arrows between them, paths side by side, and where these are joined."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...layers.windows import Shape
from ..canvas.scene import Line, Panel, Polygon, Rect, Text
from ..lesson.grids import format_size
from .layout import (
    ADD_SIDE,
    FOOT,
    GAP,
    HEAD,
    IDENTITY,
    LANES,
    LINE,
    TEXT,
    TURN,
    Layout,
    fit_layout,
    join_width,
    label_lines,
    label_width,
)
from .units import Block, write_place

ROW = 1088.0  # width of a row of blocks
ARROW = 8.0


def draw_diagram(image: Shape, blocks: Sequence[Block], *, marks: bool = False) -> list[Panel]:
    """Draw a panel for each row of blocks. marks: add a frame around each block, visible in its own step."""
    layout = fit_layout(image, blocks)
    first = layout.leaf_width(image, _label_image(image)) + GAP
    rows = layout.wrap(blocks, first, ROW)
    return [_draw_row(layout, row, image if k == 0 else None, k == len(rows) - 1, marks,
                      f"diagram, part {k + 1} of {len(rows)}") for k, row in enumerate(rows)]


def _label_image(image: Shape) -> list[str]:
    return ["image", format_size(image)]


def _draw_row(layout: Layout, row: Sequence[Block], image: Shape | None, last: bool, marks: bool, label: str) -> Panel:
    lane = layout.measure_lane(row)
    half = own = layout.half_height(row)
    start = GAP
    if image is not None:
        half = max(half, layout.block_size(image)[1] / 2)
        start += layout.leaf_width(image, _label_image(image))
    up, down = max(lane.up, half + HEAD), max(lane.down + half - own, half + FOOT + 2 * LINE)
    panel = Panel(start + lane.width + GAP, up + down + 4, label)
    pen = _Pen(panel, layout, marks)
    tail = 0.0
    if image is not None:
        tail = pen.draw_leaf(0, up, half, image, _label_image(image), "empty", "")
    tail = pen.draw_lane(row, start, up, tail, half)
    if not last:
        pen.connect((tail, up), (panel.width - 2, up), arrow=True)
    return panel


@dataclass
class _Pen:
    """Draws the parts of a diagram on a panel. y is always the height of the arrows."""

    panel: Panel
    layout: Layout
    marks: bool

    def connect(self, *points: tuple[float, float], arrow: bool = False) -> None:
        """Draw a line from point to point. arrow: with a head at its end, which points to the right."""
        (x, y), *_ = points
        path = tuple((right - x, down - y) for right, down in points)
        self.panel.add(Line(x, y, path, "quiet"))
        if arrow:
            self.panel.add(Polygon(*points[-1], ((0, 0), (-ARROW, -ARROW / 2), (-ARROW, ARROW / 2)), "quiet"))

    def draw_lane(self, blocks: Sequence[Block], x: float, y: float, tail: float, half: float) -> float:
        """Draw blocks from x on, with arrows between them, the first from tail. Return where the last one ends."""
        for block in blocks:
            width = self.layout.measure_block(block, half).width
            if block.paths:
                tail = self._draw_fork(block, x, y, tail)
            else:
                self.connect((tail, y), (x + (width - self.layout.block_size(block.shape)[0]) / 2, y), arrow=True)
                self.draw_leaf(x, y, half, block.shape, label_lines(block), block.fill, write_place(block.place))
                tail = x + (width + self.layout.block_size(block.shape)[0]) / 2
                self._mark(block, x, y - half - HEAD, width, 2 * half + HEAD + FOOT + LINE * len(label_lines(block)))
            x += width + GAP
        return tail

    def draw_leaf(self, x: float, y: float, half: float, shape: Shape, lines: list[str], fill: str,
                  number: str) -> float:
        """Draw a block with its number and its label. Return where it ends."""
        wide, tall = self.layout.block_size(shape)
        middle = x + self.layout.leaf_width(shape, lines) / 2
        self.panel.add(Rect(middle - wide / 2, y - tall / 2, wide, tall, fill, "frame"))
        if number:
            self.panel.add(Text(middle, y - tall / 2 - HEAD / 2, number, TEXT - 1, "quiet"))
        self._write(lines, middle, y + half + FOOT)
        return middle + wide / 2

    def _write(self, lines: list[str], x: float, y: float) -> None:
        for k, line in enumerate(lines):
            color = "ink" if k < len(lines) - 1 else "quiet"
            self.panel.add(Text(x, y + LINE * (k + 0.5), line, TEXT, color))

    def _draw_fork(self, block: Block, x: float, y: float, tail: float) -> float:
        """Draw the paths of a fork one above the other, and the box that joins them. Return where it ends."""
        lanes = [self.layout.measure_lane(path) for path in block.paths]
        top = y - (sum(lane.up + lane.down for lane in lanes) + LANES * (len(lanes) - 1)) / 2
        end = x + TURN + max(lane.width for lane in lanes)
        self.connect((tail, y), (x, y))
        for path, lane in zip(block.paths, lanes, strict=True):
            center = top + lane.up
            self.connect((x, y), (x, center), (x + TURN, center))
            tail = x + TURN
            if path:
                tail = self.draw_lane(path, x + TURN + GAP / 2, center, tail, self.layout.half_height(path))
            else:
                self.panel.add(Text(x + TURN + IDENTITY / 2, center - TEXT * 0.8, "identity", TEXT, "quiet"))
            self.connect((tail, center), (end, center), (end, y))
            top += lane.up + lane.down + LANES
        return self._draw_join(block, end, y)

    def _draw_join(self, block: Block, x: float, y: float) -> float:
        """Draw the box that joins paths, which end at x. Return where it ends."""
        lines, wide = label_lines(block), join_width(block)
        left, width = x + TURN, max(wide, label_width(lines))
        middle = left + width / 2
        self.connect((x, y), (middle - wide / 2, y), arrow=True)
        self.panel.add(Rect(middle - wide / 2, y - ADD_SIDE / 2, wide, ADD_SIDE, "paper", "frame", 1.5))
        adds = block.name == "add"
        self.panel.add(Text(middle, y, "+" if adds else block.name, 18 if adds else TEXT),
                       Text(middle, y - ADD_SIDE / 2 - HEAD / 2, write_place(block.place), TEXT - 1, "quiet"))
        self._write(lines, middle, y + ADD_SIDE / 2 + FOOT)
        self._mark(block, left, y - ADD_SIDE / 2 - HEAD, width, ADD_SIDE + HEAD + FOOT + LINE * len(lines))
        return middle + wide / 2

    def _mark(self, block: Block, x: float, y: float, width: float, height: float) -> None:
        if self.marks:
            self.panel.add(Rect(x - 3, y, width + 6, height + 3, "", "window", 2.5), span=(block.number, block.number))
