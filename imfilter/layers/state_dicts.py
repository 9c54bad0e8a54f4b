"""The weights of a stack from the state of a model: convolutions, and batch normalizations folded into them."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..errors import ImfilterError, check_finite, list_choices
from .affine import Affine
from .layer import Layer
from .named_arrays import WEIGHT, AnyArray, NamedArrays, list_named_arrays, split_name
from .transposed import TransposedLayer

BIAS, MEAN, VARIANCE, COUNT = "bias", "running_mean", "running_var", "num_batches_tracked"
LEAVES = {WEIGHT, BIAS, MEAN, VARIANCE, COUNT}


class Module(NamedTuple):
    """A module of the model, and its arrays by their names in it."""

    name: str
    arrays: dict[str, AnyArray]

    def read(self, leaf: str) -> Array | None:
        """Return an array, or None if there is none of the name."""
        array = self.arrays.get(leaf)
        return array if array is None or isinstance(array, np.ndarray) else array.read()


def read_state(
    state: Any, layers: Sequence[Layer | TransposedLayer], prefix: str = "", modules: Iterable[str] | None = None,
    eps: float = 1e-5,
) -> list[tuple[Array, Array | None]]:
    """Return the weight and the bias of every layer that has weights, from a model's state or a file of it."""
    if not isinstance(prefix, str):
        raise ImfilterError(f"prefix must be text, got {prefix!r}")
    check_finite("eps", eps)
    if modules is not None:
        names = [modules] if isinstance(modules, str) or not isinstance(modules, Iterable) else list(modules)
        if not all(isinstance(name, str) for name in names):
            raise ImfilterError(f"modules must be names, such as ['conv1', 'bn1'], got {modules!r}")
        modules = [prefix + name for name in names]
    arrays = list_named_arrays(state, modules, prefix)
    found = _group(arrays, prefix)
    convolutions = sum(WEIGHT in module.arrays and module.arrays[WEIGHT].ndim == 4 for module in found)
    if convolutions != len(layers):
        raise ImfilterError(f"the state must have the weights of {len(layers)} layers, got {convolutions}: choose a "
                            "part by prefix= or modules=")
    weights: list[tuple[Array, Array | None]] = []
    for module in found:
        if MEAN in module.arrays:
            if not weights:
                raise ImfilterError(f"{module.name}: batch normalization must come after a convolution: pass modules= "
                                    "in the order in which they are applied")
            weights[-1] = _fold(module, layers[len(weights) - 1], *weights[-1], eps)
        else:
            weights.append(_read_convolution(module))
    return weights


def _group(arrays: NamedArrays, prefix: str) -> list[Module]:
    """Return the modules in order, each of which must be a convolution or a batch normalization."""
    found: dict[str, Module] = {}
    for name, array in arrays:
        owner, leaf = split_name(name.removeprefix(prefix))
        if leaf not in LEAVES:
            raise ImfilterError(f"arrays must be called like 'conv1.{WEIGHT}', with {list_choices(sorted(LEAVES))} "
                                f"last, got {name!r}")
        found.setdefault(owner, Module(prefix + owner, {})).arrays[leaf] = array
    for module in found.values():
        names = set(module.arrays)
        kernel = module.arrays.get(WEIGHT)
        is_convolution = kernel is not None and kernel.ndim == 4 and names <= {WEIGHT, BIAS}
        if not is_convolution and not {MEAN, VARIANCE} <= names:
            shape = "none" if kernel is None else f"weights of shape {kernel.shape}"
            raise ImfilterError(f"{module.name} must be a convolution or a batch normalization, got {shape}: choose a "
                                "part by prefix= or modules=")
    return list(found.values())


def _read_convolution(module: Module) -> tuple[Array, Array | None]:
    weight = module.read(WEIGHT)
    assert weight is not None
    return weight, module.read(BIAS)


def _fold(
    module: Module, layer: Layer | TransposedLayer, weight: Array, bias: Array | None, eps: float,
) -> tuple[Array, Array | None]:
    """Return the weights of a layer with batch normalization after it."""
    try:
        mean, variance, factor, offset = map(module.read, (MEAN, VARIANCE, WEIGHT, BIAS))
        affine = Affine.from_statistics(mean, variance, factor, offset, eps)
        return affine.fold(weight, bias, layer.groups, isinstance(layer, TransposedLayer))
    except ImfilterError as error:
        raise ImfilterError(f"{module.name}: {error.fact}") from None
