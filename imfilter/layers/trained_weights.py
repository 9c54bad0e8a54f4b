"""Load the trained weights of a stack from arrays, a model's state or a file, and check that they fit."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from ..arrays.dtypes import Array
from ..errors import DtypeError, ImfilterError
from .branches import Branches, Path, name_layer
from .layer import Layer
from .named_arrays import AnyArray, as_numbers, is_file_name, list_named_arrays
from .transposed import TransposedLayer

if TYPE_CHECKING:
    import os

    from ..arrays.image_types import Numbers

# As the caller gives them: arrays in their order, the state of a model, or the name of a file.
GivenWeights: TypeAlias = "Iterable[Numbers | None] | Mapping[str, Numbers] | str | os.PathLike[str] | None"
Weights = list[tuple[AnyArray, AnyArray | None]]  # the weights and the bias of every layer that has some
Trained = tuple[tuple[Array, Array | None], ...]  # the same, read


class Slot(NamedTuple):
    """A layer with weights, in the order of weights. name: where it is, for messages. channels: of its input."""

    name: str
    layer: Layer | TransposedLayer
    channels: int


def load_weights(weights: Any, path: Path, channels: int | None = None) -> Trained:
    """Return the weight and the bias of every layer with weights, those of branches path by path.

    They are checked before any data of a file are read. channels: of the image; None: as many as the first weights ask
    for.
    """
    pairs = _find_weights(weights, sum(1 for _ in list_weighted_layers(path)))
    _check_for_image(pairs, path, channels)
    trained = tuple((_read(weight), None if bias is None else _read(bias)) for weight, bias in pairs)
    for slot, pair in zip(_list_slots(path, 1), trained, strict=True):
        for what, array in zip(("weight", "bias"), pair, strict=True):
            if array is not None and not np.isfinite(array).all():
                raise ImfilterError(f"{slot.name}: {what} must be finite, got NaN or infinity in it")
    return trained


def choose_weights(weights: Any, own: Trained | None, path: Path, channels: int) -> Trained:
    """Return the weights that were given, or those that the stack carries, checked for a number of channels."""
    if weights is None and own is None and any(True for _ in list_weighted_layers(path)):
        raise ImfilterError("weights must be given, because this stack carries none: see Stack.with_weights")
    if weights is not None or own is None:
        return load_weights(() if weights is None else weights, path, channels)
    _check_for_image(own, path, channels)
    return own


def freeze_weights(weights: Trained) -> Trained:
    """Return copies of weights that cannot be changed."""
    frozen = tuple((weight.copy(), None if bias is None else bias.copy()) for weight, bias in weights)
    for array in (array for pair in frozen for array in pair if array is not None):
        array.flags.writeable = False
    return frozen


def equal_weights(some: Trained | None, others: Trained | None) -> bool:
    """Return whether two stacks carry the same weights, or both none."""
    if some is None or others is None:
        return some is others
    return len(some) == len(others) and all(
        np.array_equal(one, other) if one is not None and other is not None else one is other
        for pair, second in zip(some, others, strict=True) for one, other in zip(pair, second, strict=True))


def _check_for_image(pairs: Weights | Trained, path: Path, channels: int | None) -> None:
    """Raise for weights that do not fit, or for an image with other channels than they ask for."""
    wanted = _infer_channels(path, pairs)
    try:
        check_weights(pairs, path, wanted if channels is None else channels)
    except ImfilterError:
        if channels in (None, wanted) or not _fit(pairs, path, wanted):
            raise
        raise ImfilterError(f"the image must have {wanted} channels, as the weights ask for, got {channels}") from None


def _fit(pairs: Weights | Trained, path: Path, channels: int) -> bool:
    try:
        check_weights(pairs, path, channels)
    except ImfilterError:
        return False
    return True


def check_weights(pairs: Weights | Trained, path: Path, channels: int) -> None:
    """Raise for weights that do not fit, before anything is computed."""
    for slot, (weight, bias) in zip(_list_slots(path, channels), pairs, strict=True):
        name, layer, inputs = slot
        if inputs % layer.groups:
            raise ImfilterError(f"{name}: groups must divide the input channels, got {inputs} channels")
        shape, outputs = layer.weight_shape(inputs), layer.channels(inputs)
        if weight.shape != shape:
            raise ImfilterError(f"{name}: weights must have the shape {shape}, got {weight.shape}")
        if bias is not None and bias.shape != (outputs,):
            raise ImfilterError(f"{name}: bias must have the shape {(outputs,)}, got {bias.shape}")


def _list_slots(path: Path, channels: int, prefix: str = "") -> list[Slot]:
    """Return the layers with weights and what they get, for a number of channels of the image."""
    slots: list[Slot] = []
    for k, layer in enumerate(path):
        name = prefix + name_layer(k, layer)
        if isinstance(layer, (Layer, TransposedLayer)):
            slots.append(Slot(name, layer, channels))
        elif isinstance(layer, Branches):
            for number, inner in enumerate(layer.paths, 1):
                slots += _list_slots(inner, channels, f"{name}: path {number}: ")
        channels = layer.channels(channels)
    return slots


def list_weighted_layers(path: Path) -> Iterator[Layer | TransposedLayer]:
    for layer in path:
        if isinstance(layer, (Layer, TransposedLayer)):
            yield layer
        elif isinstance(layer, Branches):
            for inner in layer.paths:
                yield from list_weighted_layers(inner)


def _infer_channels(path: Path, pairs: Weights | Trained) -> int:
    """Return the number of channels of the image, from the first weights."""
    first = next(list_weighted_layers(path), None)
    if first is None:
        return 1
    shape = pairs[0][0].shape
    wanted = shape[0] if isinstance(first, TransposedLayer) else shape[1] * first.groups
    inputs, _ = _count_copies(path)
    return max(wanted // inputs, 1)


def _count_copies(path: Path) -> tuple[int, bool]:
    """Return how many times the channels of the image are the input of the first layer with weights.

    Without such a layer, how many times they are the output; the second value says whether there is one.
    """
    copies = 1
    for layer in path:
        if isinstance(layer, (Layer, TransposedLayer)):
            return copies, True
        if isinstance(layer, Branches):
            inside = [_count_copies(inner) for inner in layer.paths]
            found = next((times for times, ends in inside if ends), None)
            if found is not None:
                return copies * found, True
            copies *= layer.join_channels([times for times, _ in inside])
    return copies, False


def _find_weights(weights: Any, layers: int) -> Weights:
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


def _read(array: AnyArray) -> Array:
    return array if isinstance(array, np.ndarray) else array.read()


def _list_arrays(weights: Any) -> Sequence[tuple[str, AnyArray]]:
    """Return the arrays in order, each with its name for error messages."""
    if is_file_name(weights) or isinstance(weights, Mapping):
        return list_named_arrays(weights)
    if isinstance(weights, np.ndarray) or not isinstance(weights, Iterable):
        raise DtypeError(f"weights must be a list of arrays, one per layer, got {type(weights).__name__}")
    flat: list[Any] = []
    for one in weights:  # a pair is the weight of a layer and its bias, as in Stack.weights
        flat += [array for array in one if array is not None] if isinstance(one, tuple) else [one]
    return [(f"array {k + 1}", as_numbers(array, f"array {k + 1}")) for k, array in enumerate(flat)]
