"""Branches: several paths of layers from one input, whose outputs are added or concatenated."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import ImfilterError, list_choices
from ..runtime.keywords import checks_keywords
from .activation import Activation
from .layer import Layer
from .option_text import assign_fields
from .pool import Pool
from .transposed import TransposedLayer
from .windows import Shape, check_shape

Join = Literal["add", "concat"]
ADD: Join = "add"
CONCAT: Join = "concat"
JOINS: tuple[str, ...] = get_args(Join)
DEEPEST = 32  # branches within branches


@dataclass(frozen=True)
class Branches:
    """Several paths of layers from one input, whose outputs are added or concatenated.

    Parameters
    ----------
    paths : iterable of iterables of layers
        At least one path. A path without layers is the identity.
    join : {'add', 'concat'}, default 'add'
        Add the outputs, as in a residual block, or concatenate their channels, as in an inception block.

    Raises
    ------
    ImfilterError
        When a path does not consist of layers.

    Examples
    --------
    >>> from imfilter import Stack
    >>> block, = Stack.parse("add(3x64 p1, relu, 3x64 p1 | )")
    >>> block.output_shape((56, 56, 64))
    (56, 56, 64)
    >>> block, = Stack.parse("concat(1x16 | 3x32 p1)")
    >>> block.output_shape((28, 28, 64))
    (28, 28, 48)
    """

    paths: tuple[Path, ...]
    join: str = ADD

    @checks_keywords
    def __init__(self, paths: Iterable[Iterable[AnyLayer]], join: Join = ADD) -> None:
        if not isinstance(join, str) or join not in JOINS:
            raise ImfilterError(f"join must be {list_choices(JOINS)}, got {join!r}")
        if isinstance(paths, (str, bytes)) or not isinstance(paths, Iterable):
            raise ImfilterError(f"paths must be several sequences of layers, got {paths!r}")
        checked = tuple(check_layers("a path", path) for path in paths)
        if not checked:
            raise ImfilterError("branches must have at least one path, got none")
        assign_fields(self, {"paths": checked, "join": join})
        if self.depth > DEEPEST:
            raise ImfilterError(f"branches must be nested at most {DEEPEST} deep, got {self.depth}")

    @property
    def depth(self) -> int:
        """How many branches are nested, this one included."""
        return 1 + max((layer.depth for path in self.paths for layer in path if isinstance(layer, Branches)), default=0)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        ends = []
        for number, path in enumerate(self.paths, 1):
            with naming(f"path {number}"):
                ends.append(trace_shapes(path, shape)[-1])
        return self.join_shapes(ends)

    def join_shapes(self, shapes: list[Shape]) -> Shape:
        """Return the shape of the joined output for those of the paths."""
        alike = len(set(shapes)) == 1 if self.join == ADD else len({shape[:2] for shape in shapes}) == 1
        if not alike:
            came = " and ".join(dict.fromkeys(" x ".join(map(str, shape)) for shape in shapes))
            what = "shape" if self.join == ADD else "height and width"
            raise ImfilterError(f"the outputs of all paths must have one {what}, got {came}")
        return *shapes[0][:2], self.join_channels([shape[2] for shape in shapes])

    def join_channels(self, channels: list[int]) -> int:
        """Return the number of channels of the joined output for those of the paths."""
        return sum(channels) if self.join == CONCAT else channels[0]

    def channels(self, channels: int) -> int:
        """Return the number of output channels for a number of input channels."""
        ends = []
        for path in self.paths:
            ends.append(channels)
            for layer in path:
                ends[-1] = layer.channels(ends[-1])
        return self.join_channels(ends)

    def __str__(self) -> str:
        return f"{self.join}({' | '.join(', '.join(map(str, path)) for path in self.paths)})"


AnyLayer = Layer | TransposedLayer | Pool | Activation | Branches
Path = tuple[AnyLayer, ...]


def check_layers(what: str, layers: object) -> Path:
    """Return layers as a tuple, checked."""
    if isinstance(layers, str):
        raise ImfilterError(f"{what} must consist of layers, got {layers!r}: use Stack.parse for text")
    if not isinstance(layers, Iterable):
        raise ImfilterError(f"{what} must consist of layers, got {layers!r}")
    path = tuple(layers)
    for layer in path:
        if not isinstance(layer, AnyLayer):
            hint = ": use Stack.parse for text" if isinstance(layer, str) else ""
            raise ImfilterError(f"{what} must consist of layers, got {layer!r}{hint}")
    return path


def trace_shapes(path: Path, shape: Shape) -> list[Shape]:
    """Return the shape (H, W, C) of the input, and those of the outputs of all layers."""
    shapes = [check_shape(shape)]
    for k, layer in enumerate(path):
        with naming(name_layer(k, layer)):
            shapes.append(layer.output_shape(shapes[-1]))
    return shapes


@contextmanager
def naming(part: str) -> Iterator[None]:
    """Put the part of a stack that an error is about before its message."""
    try:
        yield
    except ImfilterError as error:
        raise ImfilterError(f"{part}: {error.fact}") from None


def name_layer(k: int, layer: AnyLayer) -> str:
    """Return the number and the text of a layer for a message; of branches only how they are joined."""
    return f"layer {k + 1}, {layer.join if isinstance(layer, Branches) else layer}"
