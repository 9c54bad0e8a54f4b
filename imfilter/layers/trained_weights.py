"""Load the trained weights of a stack from arrays, a model's state or a file, and check that they fit."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..errors import DtypeError, ImfilterError
from .layer import Layer
from .stored_arrays import StoredArray, list_stored_arrays

AnyArray = Array | StoredArray
Weights = list[tuple[AnyArray, AnyArray | None]]  # the weights and the bias of every layer


def find_weights(weights: Any, layers: int) -> Weights:
    """Return the weight and the bias of every layer. Those in a file have not been read."""
    pairs: Weights = []
    for name, array in _list_arrays(weights):
        if array.ndim == 4:
            pairs.append((array, None))
        elif array.ndim == 1 and pairs and pairs[-1][1] is None:
            pairs[-1] = pairs[-1][0], array
        else:
            raise ImfilterError(
                f"weights must be (C_out, C_in, kh, kw) arrays, each optionally followed by a bias (C_out,), got "
                f"{name} of shape {array.shape}")
    if len(pairs) != layers:
        raise ImfilterError(f"weights must be those of {layers} layers, got {len(pairs)}")
    return pairs


def check_weights(pairs: Weights, layers: Sequence[Layer], channels: int) -> None:
    """Raise for weights that do not fit, before anything is computed."""
    for k, (layer, (weight, bias)) in enumerate(zip(layers, pairs, strict=True)):
        if channels % layer.groups:
            raise ImfilterError(
                f"layer {k + 1}, {layer}: groups must divide the input channels, got {channels} channels")
        out = weight.shape[0] if layer.out_channels is None else layer.out_channels
        shape = (out, channels // layer.groups, *layer.kernel)
        if weight.shape != shape:
            raise ImfilterError(f"layer {k + 1}, {layer}: weights must have the shape {shape}, got {weight.shape}")
        if bias is not None and bias.shape != (out,):
            raise ImfilterError(f"layer {k + 1}, {layer}: bias must have the shape {(out,)}, got {bias.shape}")
        channels = out


def read_weights(pairs: Weights) -> list[tuple[Array, Array | None]]:
    """Return the weights with those read that are in a file."""
    return [(_read(weight), None if bias is None else _read(bias)) for weight, bias in pairs]


def _read(array: AnyArray) -> Array:
    return array.read() if isinstance(array, StoredArray) else array


def _list_arrays(weights: Any) -> Sequence[tuple[str, AnyArray]]:
    """Return the arrays in order, each with its name for error messages."""
    if isinstance(weights, str) or hasattr(weights, "__fspath__"):
        return [(array.name, array) for array in list_stored_arrays(weights)]
    if isinstance(weights, Mapping):
        return [(str(name), as_array(array, str(name))) for name, array in weights.items()]
    if isinstance(weights, np.ndarray) or not isinstance(weights, Iterable):
        raise DtypeError(f"weights must be a list of arrays, one per layer, got {type(weights).__name__}")
    return [(f"array {k + 1}", as_array(array, f"array {k + 1}")) for k, array in enumerate(weights)]

