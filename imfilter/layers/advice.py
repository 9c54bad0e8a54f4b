"""What else would explain a change better: other arguments of `learn`, tried on a part of the images."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ImfilterError
from .fitting import fit_pairs
from .image_pairs import ImagePairs
from .pattern import Pattern

SIDE = 256  # pixels of the parts that are tried
MOST_PAIRS = 4
WORTHWHILE = 0.7  # share of the residual below which an alternative is advice
LARGER = 4  # pixels

Advice = tuple[dict[str, Any], float]


def advise(pairs: ImagePairs, pattern: Pattern, bias: bool, workers: int | None) -> tuple[Advice, ...]:
    """Return the arguments that leave a smaller residual than a pattern, each with the share that it leaves."""
    parts = pairs.crop(SIDE, MOST_PAIRS)
    bank, (down, across), ends = pattern.shape[:-2], pattern.shape[-2:], pairs.channels[::-1]
    base = _measure(parts, pattern, bias, workers)
    free: dict[str, Any] = {} if pattern == Pattern.full(pattern.shape) else {"pattern": None}
    larger = down + LARGER, across + LARGER
    tries = [({"size": larger, **free}, Pattern.full((*bank, *larger)), bias, base)]
    if free:
        tries.append((free, Pattern.full(pattern.shape), bias, base))
    if not bias:
        tries.append(({"bias": True}, pattern, True, base))
    if not bank and ends[0] > 1:
        # Banks weigh the samples otherwise, so they are compared with a bank of the same kernels.
        alike = _measure(parts, _repeat_for_channels(pattern, ends[0]), bias, workers)
        tries.append(({"cross_channel": True, **free}, Pattern.full((*ends, down, across)), bias, alike))
    shares = [(arguments, _measure(parts, other, biased, workers) / residual)
              for arguments, other, biased, residual in tries if 0 < residual < np.inf]
    return tuple(sorted((one for one in shares if one[1] < WORTHWHILE), key=lambda one: one[1]))


def _repeat_for_channels(pattern: Pattern, channels: int) -> Pattern:
    """Return the bank that applies one kernel to every channel."""
    return Pattern(np.eye(channels)[:, :, None, None] * pattern.labels)


def _measure(parts: ImagePairs, pattern: Pattern, bias: bool, workers: int | None) -> float:
    """Return the residual that a pattern leaves."""
    try:
        return fit_pairs(parts, pattern, bias, workers).solution.residual
    except ImfilterError:  # too few samples for so many weights
        return float("inf")
