"""Interpolate float64 results from samples of a coarse grid, as the core does those in float32."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import _blending
from .computation import Pair
from .multirate import NEIGHBORS, CoarseAxis

Array = np.ndarray[Any, Any]


class DoubleInterpolation:
    """The interpolation of an image from a coarse grid, as a task. coarse, target: (rows, columns, channels).

    phases: how far the first result lies behind the sample NEIGHBORS / 2 - 1 of the grid, down and across.
    """

    def __init__(self, coarse: Array, target: Array, down: CoarseAxis, across: CoarseAxis, phases: Pair) -> None:
        self._coarse, self._target, self._phases = coarse, target, phases
        self._down, self._across = down.phases, across.phases
        cells = (phases[1] + target.shape[1] - 1) // across.step + 1
        self._ring = NEIGHBORS + 1, cells * across.step * target.shape[2]
        self.rows, self.align, self._stopped = len(target), down.step, False

    def stop(self) -> None:
        """Leave out the strips that are not begun."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute rows first to last - 1."""
        if not self._stopped:
            _blending.interpolate(
                self._coarse, self._target, self._down, self._across, self._phases, np.zeros(self._ring), first, last)
