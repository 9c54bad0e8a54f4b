"""Weights that make an image smaller: antialiasing kernels, stretched by how many pixels become one."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

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


class Resampling(NamedTuple):
    """The weights of an axis, for every result. taps: the first pixel of each, and the one behind the last (n, 2).

    weights: (n, most taps), from the left; what lies behind the last tap is 0.
    """

    taps: Array
    weights: Array


def resampling_weights(size: int, results: int, stride: int, name: str) -> Resampling:
    """Return the weights of every stride-th result of an axis of `size` pixels that is shrunk to `results`.

    The middle of result i is that of its share of the axis, (i + 1/2) size / results - 1/2, and the weight of pixel j
    is f(d) for its distance d from there, in results, scaled to sum 1; of a box, the part of the pixel that lies in the
    share. Taps may lie outside of the image.
    """
    function, radius = KERNELS[name]
    box = name == "box"
    # Distances are fractions with the divisor 2 size, of whole numbers: equal ones give equal weights.
    limit = size + results if box else int(2 * radius * size)
    check_length(limit / results)
    part = math.gcd(size, results)
    middle = (2 * np.arange(results // part) + 1) * size - results
    first = (middle - limit) // (2 * results) + 1
    taps = first[:, None] + np.arange(-(-limit // results) + 1)
    twice = 2 * results * taps - middle[:, None]
    inside = abs(twice) < limit
    given = np.minimum(limit - abs(twice), 2 * results) if box else function(twice / (2 * size))
    weights = np.where(inside, given, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    whole, phase = np.divmod(np.arange(0, results, stride), len(middle))
    start = first[phase] + whole * (size // part)
    return Resampling(np.stack([start, start + inside.sum(axis=1)[phase]], axis=1).astype(np.intp), weights[phase])


def fit_into(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns of an image that is shrunk to fit into a box; its own if it does.

    The side that decides becomes that of the box, the other is rounded to the nearest number, halves up, of at least 1.
    """
    (height, width), (down, across) = size, box
    if (height <= down and width <= across) or 0 in size:
        return size
    if height * across >= width * down:
        return down, max((2 * width * down + height) // (2 * height), 1)
    return max((2 * height * across + width) // (2 * width), 1), across
