"""Sizes of the parts of a diagram: blocks as large as their maps, lanes of blocks, and forks of lanes."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from ...layers.windows import Shape
from ..lesson.grids import format_size
from .units import Block, list_blocks

TALLEST, WIDEST, THINNEST = 128.0, 52.0, 3.0  # heights and widths of blocks
TEXT, LINE, LETTER = 12, 15.0, 7.0  # height of labels, of their lines, and average width of a letter
GAP, HEAD, FOOT = 24.0, 16.0, 6.0  # between blocks; for the number above a block; between a block and its label
TURN, LANES = 16.0, 14.0  # from a fork or a join to its lanes; between lanes
ADD_SIDE, CONCAT_WIDTH = 26.0, 52.0
IDENTITY = 64.0  # width of a path without layers


@dataclass(frozen=True)
class Extent:
    """The width of a part, and how far it extends above and below the line that its arrows are on."""

    width: float
    up: float
    down: float


@dataclass(frozen=True)
class Layout:
    """The scale of a diagram. side: the longest side of a map. channels: the most that a map has."""

    side: int
    channels: int

    def block_size(self, shape: Shape) -> tuple[float, float]:
        """Return the width and height of a block."""
        return (max(THINNEST, WIDEST * sqrt(shape[2] / self.channels)),
                max(THINNEST, TALLEST * sqrt(max(shape[:2]) / self.side)))

    def leaf_width(self, shape: Shape, lines: Sequence[str]) -> float:
        """Return the width that a block and its label need."""
        return max(self.block_size(shape)[0], label_width(lines))

    def half_height(self, blocks: Sequence[Block]) -> float:
        """Return half the height of the tallest block in a lane, apart from forks: where labels begin."""
        return max((self.block_size(block.shape)[1] / 2 for block in blocks if not block.paths), default=0.0)

    def measure_block(self, block: Block, half: float) -> Extent:
        """Return the extent of a block in a lane whose tallest block has this half height."""
        lines = label_lines(block)
        if not block.paths:
            return Extent(self.leaf_width(block.shape, lines), half + HEAD, half + FOOT + LINE * len(lines))
        lanes = [self.measure_lane(path) for path in block.paths]
        tall = sum(lane.up + lane.down for lane in lanes) + LANES * (len(lanes) - 1)
        width = 3 * TURN + max(lane.width for lane in lanes) + max(join_width(block), label_width(lines))
        return Extent(width, max(tall / 2, ADD_SIDE / 2 + HEAD),
                      max(tall / 2, ADD_SIDE / 2 + FOOT + LINE * len(lines)))

    def measure_lane(self, blocks: Sequence[Block]) -> Extent:
        """Return the extent of blocks side by side."""
        if not blocks:
            return Extent(IDENTITY, HEAD, LANES / 2)
        half = self.half_height(blocks)
        parts = [self.measure_block(block, half) for block in blocks]
        return Extent(sum(part.width + GAP for part in parts), max(part.up for part in parts),
                      max(part.down for part in parts))

    def wrap(self, blocks: Sequence[Block], first: float, width: float) -> list[list[Block]]:
        """Split blocks into rows of at most this width, unless one block is wider, and of about the same number.

        first: the width of what comes before the first block.
        """
        rows = self._fill_rows(blocks, first, width)
        while len(closer := self._fill_rows(blocks, first, width - GAP)) == len(rows) and width > GAP:
            rows, width = closer, width - GAP
        return rows

    def _fill_rows(self, blocks: Sequence[Block], first: float, width: float) -> list[list[Block]]:
        rows: list[list[Block]] = [[]]
        used = first
        for block in blocks:
            wide = self.measure_block(block, 0).width + GAP
            if rows[-1] and used + wide > width:
                rows.append([])
                used = 0.0
            rows[-1].append(block)
            used += wide
        return rows


def fit_layout(image: Shape, blocks: Sequence[Block]) -> Layout:
    """Return the scale at which the largest map of a network has the largest block."""
    shapes = [image, *(block.shape for block in list_blocks(blocks))]
    return Layout(max(max(shape[:2]) for shape in shapes), max(shape[2] for shape in shapes))


def join_width(block: Block) -> float:
    """Return the width of the box in which paths are joined."""
    return ADD_SIDE if block.name == "add" else CONCAT_WIDTH


def label_lines(block: Block) -> list[str]:
    """Return the lines below a block: the layer, its activations and the shape of its output."""
    layer = [] if block.paths else [block.name]
    return [*layer, *block.activations, format_size(block.shape)]


def label_width(lines: Sequence[str]) -> float:
    """Return about the width of a label."""
    return LETTER * max(map(len, lines))
