"""Motion blur weights: the trace of a point that moves along a line while the shutter is open."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .taps import Array, check_area, check_length, cosine_and_sine


def motion_kernel(length: float, angle: float) -> Array:
    """Return the share of a line through the center that lies within each pixel, a square of side 1."""
    across, up = cosine_and_sine(angle)
    check_length(length)
    half = length / 2
    sides = [math.ceil(half * abs(part) - 0.5) for part in (up, across)]
    check_area(*(2 * side + 1 for side in sides))
    # The line crosses from pixel to pixel at these distances from its middle.
    cuts: list[Any] = [np.array([-half, half])]
    for part, side in zip((up, across), sides, strict=True):
        if part:
            cuts.append((np.arange(-side, side) + 0.5) / part)
    places = np.clip(np.sort(np.concatenate(cuts)), -half, half)
    middles, shares = (places[1:] + places[:-1]) / 2, np.diff(places) / length
    # Where the line crosses a corner, rounding leaves a sliver in a neighboring pixel.
    long = shares > 1e-9
    middles, shares = middles[long], shares[long]
    y, x = np.rint(-middles * up).astype(int), np.rint(middles * across).astype(int)
    tall, wide = int(np.abs(y).max()), int(np.abs(x).max())
    kernel = np.zeros((2 * tall + 1, 2 * wide + 1))
    np.add.at(kernel, (y + tall, x + wide), shares)
    # Both halves of the line become equal to the last bit, so that the kernel is symmetric.
    symmetric: Array = (kernel + kernel[::-1, ::-1]) / 2
    return symmetric
