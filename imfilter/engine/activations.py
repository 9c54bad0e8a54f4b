"""Activations of neural networks: functions of each sample, in float32 or float64."""
from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import thread_count
from . import _activations

# In the order of the loops.
ActivationName = Literal["relu", "leaky_relu", "sigmoid", "tanh", "silu", "gelu", "gelu_tanh", "relu6", "hardswish"]
ACTIVATIONS: tuple[str, ...] = get_args(ActivationName)


def activate(
    values: Array, name: str, slope: float = 0.0, out: Array | None = None, workers: int | None = None
) -> Array:
    """Return a function of each sample of a contiguous array of floats, in `out` if there is one, or in place.

    For samples from -5 to 5, sigmoid, tanh and silu are within 3 units in the last place, gelu within 5; gelu_tanh is
    within 4 units of the sample. Farther out, results that are almost 0 have fewer right digits, and those of float32
    end at the smallest normal number. AVX2 and AVX-512 give the same bits, other processors their own.
    """
    out = np.empty_like(values) if out is None else out
    _activations.activate(
        ACTIVATIONS.index(name), values.reshape(-1), out.reshape(-1), slope, thread_count(workers))
    return out
