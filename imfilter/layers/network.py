"""A network as layers and their weights, in the order in which a stack takes them."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..arrays.dtypes import Array
from ..errors import ImfilterError, shorten
from .branches import AnyLayer, Branches
from .network_folding import simplify_operations
from .network_graph import Fork, Operation, Path, arrange_operations


class Network(NamedTuple):
    """Layers, and the weight and bias of each layer that has them, those of paths in order."""

    layers: list[AnyLayer]
    weights: list[tuple[Array, Array | None]]


def build_network(operations: Sequence[Operation], source: str, target: str) -> Network:
    """Return the layers between two tensors. The operations must be sorted."""
    _check_inputs(operations, source)
    simple, target = simplify_operations(operations, target)
    network = Network([], [])
    network.layers.extend(_build_path(arrange_operations(simple, source, target), network.weights))
    return network


def _check_inputs(operations: Sequence[Operation], source: str) -> None:
    """Raise for an operation of something else than the image and what is computed from it."""
    made = {source}
    for operation in operations:
        stored = next((name for name in operation.inputs if name not in made), None)
        if stored is not None:
            raise ImfilterError(f"{operation.name}: its inputs must be computed from the image, got "
                                f"{shorten(stored)!r}, which is stored: choose a part by until=")
        made.add(operation.output)


def _build_path(path: Path, weights: list[tuple[Array, Array | None]]) -> list[AnyLayer]:
    """Return the layers of a path, and append their weights."""
    layers: list[AnyLayer] = []
    for step in path:
        if isinstance(step, Fork):
            layers.append(Branches([_build_path(part, weights) for part in step.paths], step.join))
            continue
        if step.weight is not None:
            weights.append((step.weight, step.bias))
        layers.append(step.kind)
    return layers
