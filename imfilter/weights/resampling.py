"""Weights that make an image smaller by a whole number: antialiasing kernels, stretched by that number."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .elementary import cosine_and_sine_of
from .taps import check_length

Array = np.ndarray[Any, Any]


def _box(x: Array) -> Array:
    return np.ones_like(x)


def _bilinear(x: Array) -> Array:
    return 1 - abs(x)


def _bicubic(x: Array) -> Array:
    """Return Keys' kernel with a = -1/2, the Catmull-Rom spline."""
    x = abs(x)
    return np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2)


def _sinc(x: Array) -> Array:
    """Return sin(pi x) / (pi x), which is 0 at whole numbers except 0."""
    whole = x == np.rint(x)
    safe = np.where(whole, 0.5, x)
    sine = cosine_and_sine_of(math.pi * safe)[1]
    return np.where(whole, x == 0, sine / (math.pi * safe))


def _lanczos(x: Array) -> Array:
    return _sinc(x) * _sinc(x / 3)


# By name: the kernel, as a function of the distance in pixels of the result, and its radius.
KERNELS: dict[str, tuple[Callable[[Array], Array], float]] = {
    "box": (_box, 0.5),
    "bilinear": (_bilinear, 1.0),
    "bicubic": (_bicubic, 2.0),
    "lanczos": (_lanczos, 3.0),
}


def shrinking_taps(by: int, name: str) -> tuple[Array, int]:
    """Return the weights of the pixels around a block of `by` pixels that becomes one, and the tap on its first pixel.

    The weight of pixel j of the block is f((j + 1/2) / by - 1/2) for the kernel f, scaled to sum 1.
    """
    function, radius = KERNELS[name]
    check_length(2 * radius * by)
    reach = math.ceil(radius * by + by)
    twice = 2 * np.arange(-reach, reach + by) + 1 - by  # distance from the block's middle, in halves of a pixel
    twice = twice[abs(twice) < 2 * radius * by]
    taps = function(twice / (2 * by))
    taps /= taps.sum()
    return taps, int(1 - by - twice[0]) // 2
