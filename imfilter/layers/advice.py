"""What else would explain a change better: other arguments of `learn`, tried on a part of the images."""
from __future__ import annotations

from typing import Any

from ..errors import ImfilterError
from .fitting import Fit, fit_pairs
from .image_pairs import ImagePairs
from .pattern import Pattern

SIDE = 256  # pixels of the parts that are tried
MOST_PAIRS = 4
WORTHWHILE = 0.7  # share of the residual below which an alternative is advice
LARGER = 4  # pixels


def advise(pairs: ImagePairs, fit: Fit, workers: int | None) -> tuple[tuple[dict[str, Any], float], ...]:
    """Return the arguments that leave a smaller residual than a fit, each with the share of the residual it leaves."""
    cross, bias, size = fit.pattern.labels.ndim == 4, fit.bias, (fit.pattern.shape[-2], fit.pattern.shape[-1])
    base = _measure(pairs, size, bias, cross, workers)
    larger = (size[0] + LARGER, size[1] + LARGER)
    tries: list[tuple[dict[str, Any], float]] = [({"size": larger}, _measure(pairs, larger, bias, cross, workers))]
    if not bias:
        tries.append(({"bias": True}, _measure(pairs, size, True, cross, workers)))
    if not cross and pairs.channels[1] > 1:
        tries.append(({"cross_channel": True}, _measure(pairs, size, bias, True, workers)))
    shares = [(arguments, residual / base) for arguments, residual in tries if base]
    return tuple(sorted((one for one in shares if one[1] < WORTHWHILE), key=lambda one: one[1]))


def _measure(pairs: ImagePairs, size: tuple[int, int], bias: bool, cross_channel: bool, workers: int | None) -> float:
    """Return the residual that free weights leave in the middle of the images."""
    parts = pairs.crop(SIDE, MOST_PAIRS, cross_channel)
    shape = (*parts.channels[::-1], *size) if cross_channel else size
    try:
        return fit_pairs(parts, Pattern.full(shape), bias, workers).solution.residual
    except ImfilterError:  # too few samples for so many weights
        return float("inf")
