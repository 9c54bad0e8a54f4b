"""The parts of a network as a diagram shows them: blocks with their activations, and forks with their paths."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...layers.activation import Activation
from ...layers.branches import Branches, Path
from ...layers.pool import Pool
from ...layers.summary import LayerSummary, Summary
from ...layers.transposed import TransposedLayer
from ...layers.windows import Shape

Place = tuple[int, ...]


@dataclass
class Block:
    """A layer with the activations that follow it. rows: their figures, the layer's own first. A fork has paths.

    number: position in the order of all blocks. place: number of the layer; in a path also those of the fork and path.
    """

    number: int
    place: Place
    rows: list[LayerSummary]
    paths: list[list[Block]] = field(default_factory=list)

    @property
    def shape(self) -> Shape:
        """Shape (H, W, C) of the output."""
        return self.rows[0].shape

    @property
    def name(self) -> str:
        """The text of the layer, or how a fork is joined."""
        layer = self.rows[0].layer
        return layer.join if isinstance(layer, Branches) else str(layer)

    @property
    def fill(self) -> str:
        """The role of the color that tells kinds of layers apart."""
        match self.rows[0].layer:
            case Pool():
                return "field"
            case TransposedLayer():
                return "made"
            case Activation():
                return "outside"
        return "image"

    @property
    def activations(self) -> list[str]:
        """The texts of the activations that follow."""
        return [str(row.layer) for row in self.rows[1:]]


def group_blocks(path: Path, summary: Summary) -> list[Block]:
    """Return the blocks of all layers in a path."""
    return _Grouping({row.place: row for row in summary.rows}).group(path, ())


@dataclass
class _Grouping:
    """Numbers blocks in order."""

    rows: dict[Place, LayerSummary]
    count: int = 0

    def group(self, path: Path, place: Place) -> list[Block]:
        blocks: list[Block] = []
        for k, layer in enumerate(path, 1):
            row = self.rows[*place, k]
            if isinstance(layer, Activation) and blocks:
                blocks[-1].rows.append(row)
                continue
            paths = ([self.group(part, (*place, k, number)) for number, part in enumerate(layer.paths, 1)]
                     if isinstance(layer, Branches) else [])
            blocks.append(Block(self.count, (*place, k), [row], paths))
            self.count += 1
        return blocks


def list_blocks(blocks: Sequence[Block]) -> list[Block]:
    """Return all blocks in the order of their numbers: those of a fork's paths, then the fork, where these join."""
    found: list[Block] = []
    for block in blocks:
        for path in block.paths:
            found += list_blocks(path)
        found.append(block)
    return found


def write_place(place: Place) -> str:
    """Write the number of a layer: 3, or 3.2.1 for the first layer of the second path of branches."""
    return ".".join(map(str, place))
