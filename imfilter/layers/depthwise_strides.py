"""Depthwise layers with a stride of 2: every column is computed and every other one kept, which takes less time.

The loops for strides part the pixels of rows before they add products. Here the rows stay as they are; the bits are
the same. The scratch memory is half of the layer's input.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from .layer import Layer
from .windows import find_margins

LEAST_CHANNELS = 16  # fewer fill no vectors


def takes_every_column(layer: Layer, weight: Array) -> bool:
    """Return whether a layer is computed in this way."""
    return layer.stride[1] == 2 and weight.shape[1] == 1 and layer.groups == len(weight) >= LEAST_CHANNELS


def compute_every_column(layer: Layer, size: tuple[int, int]) -> dict[str, Any]:
    """Return stride and padding with which every column is computed, for an input of this height and width."""
    windows = zip(layer.kernel, layer.stride, layer.dilation, strict=True)
    margins = tuple(find_margins(layer.padding, axis, window, size[axis]) for axis, window in enumerate(windows))
    return {"stride": (layer.stride[0], 1), "padding": margins}


def keep_every_other_column(maps: Array) -> Array:
    """Return every other column of maps (..., H, W, C) in new memory."""
    return np.ascontiguousarray(maps[..., ::2, :])
