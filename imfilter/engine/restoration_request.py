"""How images are restored: the methods, and what is asked of them. The loops are in restoration.py."""
from __future__ import annotations

from typing import Literal, NamedTuple

from ..arrays.dtypes import Array

RestorationMethod = Literal["richardson_lucy", "wiener"]
RICHARDSON_LUCY: Literal["richardson_lucy"] = "richardson_lucy"
WIENER: Literal["wiener"] = "wiener"
METHODS: tuple[RestorationMethod, ...] = (RICHARDSON_LUCY, WIENER)


class Deconvolution(NamedTuple):
    """How planes are deconvolved. kernel: (kh, kw), both odd, for correlation. noise: in the image's units, or None."""

    kernel: Array
    method: str
    iterations: int
    noise: float | None
