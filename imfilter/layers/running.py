"""Run the layers of a stack on an image."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..convolution import conv2d
from ..engine.activations import activate
from ..engine.request import BankOptions
from ..sampling.pooling import avg_pool2d, max_pool2d
from ..sampling.transposed import conv_transpose2d
from .activation import RELU, Activation
from .branches import CONCAT, AnyLayer, Branches, Path
from .depthwise_strides import compute_every_column, keep_every_other_column, takes_every_column
from .kept_banks import KeptBanks
from .layer import Layer
from .pool import MAX, Pool
from .trained_weights import Trained
from .transposed import TransposedLayer

RECTIFY = Activation(RELU)
Waiting = Iterator[tuple[Array, Array | None]]  # the weights of the layers that have not been run


@dataclass(frozen=True)
class Runner:
    """How layers are run on images (H, W, C) or (N, H, W, C) of any dtype; maps are of `dtype` and contiguous.

    relu: set negative values to 0 after every convolution. kept: convolutions that are ready; None: of weights that
    are used once.
    """

    dtype: np.dtype[Any]
    relu: bool
    workers: int | None
    kept: KeptBanks | None = None

    def run(self, path: Path, image: Array, weights: Trained) -> list[Array]:
        """Return the feature maps of every layer of a path."""
        waiting, image = iter(weights), self._open(path, image)
        maps: list[Array] = []
        for layer in path:
            maps.append(self._run_layer(layer, maps[-1] if maps else image, waiting))
        return maps

    def run_to_last(self, path: Path, image: Array, weights: Trained) -> Array:
        """Return the feature maps of the last layer of a path; activations before it are computed in place."""
        return self._run_path(path, self._open(path, image), iter(weights))

    def _open(self, path: Path, image: Array) -> Array:
        """Return the image as the first layer takes it."""
        if isinstance(path[0], (Layer, TransposedLayer)):
            return image
        return np.ascontiguousarray(image, self.dtype)

    def _run_layer(
        self, layer: AnyLayer, source: Array, waiting: Waiting, in_place: bool = False, relu: bool = False
    ) -> Array:
        """Return the map of a layer: a new array, or the source if an activation may be computed in place.

        relu: set negative values to 0 after a convolution.
        """
        if isinstance(layer, Activation):
            return activate(source, layer.name, layer.slope or 0.0, source if in_place else None, self.workers)
        if isinstance(layer, Pool):
            return self._pool(layer, source)
        if isinstance(layer, Branches):
            return self._join(layer, source, waiting)
        return self._convolve(layer, source, *next(waiting), relu or self.relu)

    def _convolve(
        self, layer: Layer | TransposedLayer, source: Array, weight: Array, bias: Array | None, relu: bool
    ) -> Array:
        options: dict[str, Any] = {
            "stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups,
            "dtype": self.dtype}
        result: Array
        is_halved = isinstance(layer, Layer) and takes_every_column(layer, weight)
        if isinstance(layer, Layer) and is_halved:
            options |= compute_every_column(layer, source.shape[-3:-1])
        if isinstance(layer, TransposedLayer):
            result = conv_transpose2d(
                source, weight, bias, output_padding=layer.output_padding, workers=self.workers, **options)
        elif self.kept is None:
            result = conv2d(source, weight, bias, workers=self.workers, **options)
        else:
            result = self.kept.convolve(source, weight, bias, BankOptions(**options), self.workers, relu)
            relu = False
        result = keep_every_other_column(result) if is_halved else result
        return activate(result, RELU, 0.0, result, self.workers) if relu else result

    def _pool(self, layer: Pool, source: Array) -> Array:
        options: dict[str, Any] = {
            "stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation,
            "ceil_mode": layer.ceil_mode, "workers": self.workers}
        if layer.kind == MAX:
            result: Array = max_pool2d(source, layer.kernel, **options)
        else:
            result = avg_pool2d(source, layer.kernel, count_include_pad=layer.count_include_pad, **options)
        return result

    def _join(self, layer: Branches, source: Array, waiting: Waiting) -> Array:
        """Return the joined map of branches, a new array."""
        ends = [self._run_path(path, source, waiting) for path in layer.paths]
        if layer.join == CONCAT:
            return np.concatenate(ends, axis=-1)
        total = ends[0]
        for end in ends[1:]:
            own = next((one for one in (total, end) if one is not source), None)
            with np.errstate(over="ignore", invalid="ignore"):  # of infinities, as in convolutions
                total = np.add(total, end, out=own)
        return total.copy() if total is source else total

    def _run_path(self, path: Path, source: Array, waiting: Waiting) -> Array:
        """Return the last map of a path of branches: the source itself for a path without layers."""
        last = source
        for layer, relu in _join_relus(path):
            last = self._run_layer(layer, last, waiting, in_place=last is not source, relu=relu)
        return last


def _join_relus(path: Path) -> Iterator[tuple[AnyLayer, bool]]:
    """Yield layers, and whether the relu after a convolution belongs to it: it is computed while results are cached."""
    before = None
    for layer, after in zip(path, (*path, None)[1:], strict=True):
        if not (layer == RECTIFY and isinstance(before, (Layer, TransposedLayer))):
            yield layer, after == RECTIFY and isinstance(layer, (Layer, TransposedLayer))
        before = layer


def choose_maps_dtype(image: np.dtype[Any], weights: Trained) -> np.dtype[Any]:
    """Return the dtype of feature maps: float32, or float64 where the image or a weight needs it."""
    exact = all(array is None or array.dtype.itemsize <= 4 or array.dtype.kind != "f"
                for pair in weights for array in pair)
    kind = image.newbyteorder("=")
    double = not exact or kind in (np.float64, np.int32) or kind.itemsize > 4
    return np.dtype(np.float64 if double else np.float32)
