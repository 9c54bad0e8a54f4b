"""The network to draw: from a stack, from text or from a file, with its weights and the channels that it reads."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...errors import ImfilterError, check_integer
from ...layers.branches import Branches, Path
from ...layers.layer import Layer
from ...layers.model_files import READERS, read_stack
from ...layers.named_arrays import list_named_arrays
from ...layers.stack import Stack
from ...layers.transposed import TransposedLayer

ONNX, WEIGHTS = ".onnx", (".npz", ".npy", ".safetensors")  # endings of names of files
CHANNELS = 3  # of color photos


class Source(NamedTuple):
    """A network. notes: what its file does not say. file: its weights, if they are not read yet. reads: channels."""

    stack: Stack
    notes: tuple[str, ...] = ()
    file: str | None = None
    reads: int | None = None


def find_network(network: Any, until: str | None) -> Source:
    """Return a stack, the layers of a text, or those of a file."""
    if not isinstance(network, (str, os.PathLike, Stack)):
        raise ImfilterError(f"network must be a stack, text or the name of a file, got {network!r}")
    name = "" if isinstance(network, Stack) else os.fspath(network)
    if not name.lower().endswith((ONNX, *READERS)):
        if until is not None:
            raise ImfilterError(f"until must come with an {ONNX} file, got {until!r} alone")
        stack = network if isinstance(network, Stack) else Stack.parse(name)
        return Source(stack, reads=count_inputs(stack))
    stack, notes = read_stack(name, until)
    if stack.weights is not None or not name.lower().endswith(WEIGHTS):
        return Source(stack, notes, reads=count_inputs(stack))
    kernels = (array for _, array in list_named_arrays(name) if array.ndim == 4)
    return Source(stack, notes, name, next(kernels).shape[1])


def add_weights(stack: Stack, weights: Any, prefix: str, modules: Iterable[str] | None) -> Stack:
    """Return a stack with weights by name, with batch normalization folded in, or with a list of arrays."""
    if isinstance(weights, (str, os.PathLike, Mapping)):
        if modules is not None:
            modules = _check_names(modules)
        return Stack.from_state_dict(weights, stack, prefix=prefix, modules=modules)
    return stack.with_weights(weights)


def check_choice(weights: Any, prefix: str, modules: object) -> None:
    """Raise where there are no weights by name that could be chosen from."""
    if isinstance(weights, (str, os.PathLike, Mapping)):
        return
    for name, value in (("prefix", prefix or None), ("modules", modules)):
        if value is not None:
            raise ImfilterError(f"{name} must come with weights by name to choose from, got {value!r} alone")


def _check_names(modules: object) -> list[str]:
    names = list(modules) if isinstance(modules, Iterable) and not isinstance(modules, (str, bytes)) else [modules]
    if not all(isinstance(name, str) for name in names):
        raise ImfilterError(f"modules must be a list of names, got {modules!r}")
    return [str(name) for name in names]


def choose_channels(reads: int | None, channels: object) -> int:
    """Return the channels of the image: those that the first layer reads, else the given ones, else 3."""
    given = None if channels is None else check_integer("channels", channels, 1)
    if reads is not None and given not in (None, reads):
        raise ImfilterError(f"channels must be {reads}, which the weights of the first layer read, got {given}")
    return reads or given or CHANNELS


def count_inputs(stack: Stack) -> int | None:
    """Return how many channels the weights of the first layer read; None if the stack carries none."""
    layer = _first_layer(stack.layers)
    if not stack.weights or layer is None:
        return None
    first, second = stack.weights[0][0].shape[:2]
    return int(first if isinstance(layer, TransposedLayer) else second * layer.groups)


def has_weights(path: Path) -> bool:
    """Say whether any layer has weights."""
    return _first_layer(path) is not None


def _first_layer(path: Path) -> Layer | TransposedLayer | None:
    for layer in path:
        if isinstance(layer, (Layer, TransposedLayer)):
            return layer
        if isinstance(layer, Branches):
            for part in layer.paths:
                if (found := _first_layer(part)) is not None:
                    return found
    return None
