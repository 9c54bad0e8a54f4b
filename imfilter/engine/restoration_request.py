"""How images are restored: the methods, and what is asked of them. The loops are in restoration.py."""
from __future__ import annotations

from typing import NamedTuple

from ..arrays.dtypes import Array

RICHARDSON_LUCY, WIENER = METHODS = ("richardson_lucy", "wiener")


class Deconvolution(NamedTuple):
    """How planes are deconvolved. kernel: (kh, kw), both odd, for correlation. noise: in the image's units, or None."""

    kernel: Array
    method: str
    iterations: int
    noise: float | None
