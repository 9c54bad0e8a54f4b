"""Run the layers of a stack on an image."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..convolution import conv2d
from ..errors import ImfilterError
from .branches import AnyLayer, Path
from .layer import Layer
from .trained_weights import Trained


@dataclass(frozen=True)
class Runner:
    """How the layers of a stack are run. relu: set negative values to 0 after every convolution."""

    axis: int
    dtype: np.dtype[Any]
    relu: bool
    workers: int | None

    def run(self, path: Path, image: Array, weights: Trained) -> list[Array]:
        """Return the feature maps of every layer of a path."""
        waiting = iter(weights)
        maps: list[Array] = []
        for layer in path:
            maps.append(self._run_layer(layer, maps[-1] if maps else image, waiting))
        return maps

    def _run_layer(self, layer: AnyLayer, source: Array, weights: Iterator[tuple[Array, Array | None]]) -> Array:
        if not isinstance(layer, Layer):
            raise ImfilterError(f"only convolutions can be run, got {layer}")
        weight, bias = next(weights)
        result: Array = conv2d(
            source, weight, bias, stride=layer.stride, padding=layer.padding, dilation=layer.dilation,
            groups=layer.groups, channel_axis=self.axis, dtype=self.dtype, workers=self.workers)
        return np.maximum(result, 0, out=result) if self.relu else result


def choose_maps_dtype(image: np.dtype[Any], weights: Trained) -> np.dtype[Any]:
    """Return the dtype of feature maps: float32, or float64 where the image or a weight needs it."""
    exact = all(array is None or array.dtype.itemsize <= 4 or array.dtype.kind != "f"
                for pair in weights for array in pair)
    kind = image.newbyteorder("=")
    double = not exact or kind in (np.float64, np.int32) or kind.itemsize > 4
    return np.dtype(np.float64 if double else np.float32)
