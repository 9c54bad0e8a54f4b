"""The table of a stack: sizes, receptive fields, weights and cost of each layer."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ..runtime.representation import represent_as_html
from .branches import AnyLayer, Branches
from .fields import Rational
from .windows import Pair, Shape


class LayerSummary(NamedTuple):
    """The figures of a layer in a stack. Pairs are (vertical, horizontal).

    layer: None for a path of branches without layers. shape: output (H, W, C). field: receptive field of an output
    pixel; after transposed convolutions, whose outputs have several sizes of fields, the largest. jump: distance in
    input pixels between the fields of neighboring outputs, the product of the strides, which transposed convolutions
    divide by theirs. center: center of the first output pixel's field; halves lie between two pixels. reach: how far
    that field extends above and to the left of the image. parameters: weights to learn, without biases. zeros, tied:
    weights fixed at 0, and weights that repeat another. multiply_adds: of the weights that are not 0, those of
    transposed convolutions once for every input pixel; pools, activations and joins have none. place: the number of the
    layer; in branches followed by that of the path, and that of the layer in it.
    """

    layer: AnyLayer | None
    shape: Shape
    field: Pair
    jump: tuple[Rational, Rational]
    center: tuple[Rational, Rational]
    reach: Pair
    parameters: int
    zeros: int
    tied: int
    multiply_adds: int
    place: tuple[int, ...]

    def cells(self) -> tuple[str, ...]:
        """Return the figures as the cells of a table row."""
        pairs = (self.field, self.jump, self.center, self.reach)
        counts = (self.parameters, self.zeros, self.tied, self.multiply_adds)
        return (self._label(), _format_shape(self.shape), *map(_format_pair, pairs),
                *(f"{count:,}" for count in counts))

    def _label(self) -> str:
        """Return the text of the layer, indented in branches, with the number of its path."""
        name = self.layer.join if isinstance(self.layer, Branches) else str(self.layer or "identity")
        return name if len(self.place) == 1 else f"{'  ' * (len(self.place) // 2)}{self.place[-2]}: {name}"


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

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        head = ("layer", "output", "field", "jump", "center", "reach", "parameters", "zero", "tied", "multiply-adds")
        image = ("image", _format_shape(self.shape), "1", "1", "0", "0", "", "", "", "")
        lines = [head, image, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(cell.ljust(width) if k < 2 else cell.rjust(width)
                           for k, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
                 for line in lines]
        return "\n".join([*table, *(f"note: {note}" for note in self.notes)])

    _repr_html_ = represent_as_html


def _format_shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _format_pair(value: tuple[Rational, Rational]) -> str:
    both = [str(side) if isinstance(side, int) else _format_fraction(side) for side in value]
    return both[0] if both[0] == both[1] else " x ".join(both)


def _format_fraction(value: Fraction) -> str:
    """Return halves and quarters as decimals, and what has no short decimals as a fraction."""
    return f"{float(value):g}" if value.denominator in (2, 4) else str(value)
