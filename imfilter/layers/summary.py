"""The table of a stack: sizes, receptive fields, weights and cost of each layer."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .layer import Layer
from .windows import Pair, Shape


class LayerSummary(NamedTuple):
    """The figures of a layer in a stack. Pairs are (vertical, horizontal).

    shape: output (H, W, C). field: receptive field of an output pixel. jump: distance in input pixels between the
    fields of neighboring outputs, the product of the strides. center: center of the first output pixel's field; halves
    lie between two pixels. reach: how far that field extends above and to the left of the image. parameters: weights
    to learn, without biases. zeros, tied: weights fixed at 0, and weights that repeat another. multiply_adds: of the
    weights that are not 0.
    """

    layer: Layer
    shape: Shape
    field: Pair
    jump: Pair
    center: tuple[float, float]
    reach: Pair
    parameters: int
    zeros: int
    tied: int
    multiply_adds: int

    def cells(self) -> tuple[str, ...]:
        """Return the figures as the cells of a table row."""
        pairs = (self.field, self.jump, self.center, self.reach)
        counts = (self.parameters, self.zeros, self.tied, self.multiply_adds)
        return (str(self.layer), _format_shape(self.shape), *map(_format_pair, pairs),
                *(f"{count:,}" for count in counts))


@dataclass(frozen=True)
class Summary:
    """The layers of a stack on an image of one size. Prints as a table, with notes below it."""

    shape: Shape
    rows: tuple[LayerSummary, ...]
    notes: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """Number of weights to learn in all layers."""
        return sum(row.parameters for row in self.rows)

    def __str__(self) -> str:
        head = ("layer", "output", "field", "jump", "center", "reach", "parameters", "zero", "tied", "multiply-adds")
        image = ("image", _format_shape(self.shape), "1", "1", "0", "0", "", "", "", "")
        lines = [head, image, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(cell.ljust(width) if k < 2 else cell.rjust(width)
                           for k, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
                 for line in lines]
        return "\n".join([*table, *(f"note: {note}" for note in self.notes)])


def _format_shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _format_pair(value: tuple[float, float]) -> str:
    both = [f"{side:g}" for side in value]
    return both[0] if both[0] == both[1] else " x ".join(both)
