"""Transfer curves: from samples to values proportional to light, and back, both from 0 to 1."""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .dtypes import Array

Curve = Callable[[Array], Array]


class TransferCurve(NamedTuple):
    """A curve of samples from 0 to 1. decode: to light; encode: its inverse. Both take values of at least 0."""

    name: str
    decode: Curve
    encode: Curve


def _decode_srgb(samples: Array) -> Array:
    high = ((samples + 0.055) / 1.055) ** 2.4
    light: Array = np.where(samples <= 0.04045, samples / 12.92, high)
    return light


def _encode_srgb(light: Array) -> Array:
    high = 1.055 * light ** (1 / 2.4) - 0.055
    samples: Array = np.where(light <= 0.0031308, 12.92 * light, high)
    return samples


SRGB = TransferCurve("sRGB", _decode_srgb, _encode_srgb)  # IEC 61966-2-1 (1999)
