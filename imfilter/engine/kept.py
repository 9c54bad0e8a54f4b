"""What the core has packed for a computation, kept for the next call."""
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.dtypes import NATIVE, Array
from ..arrays.layout import ArrayLayout
from . import _core

Packed = _core.Packed | _core.PackedWindow


def is_plain(layout: ArrayLayout, *dtypes: np.dtype[Any]) -> bool:
    """Return whether the core reads pixels of this layout, and writes results, as they are, in these dtypes."""
    return layout.channels_last and all(dtype in NATIVE for dtype in dtypes)


class KeptPack:
    """What was packed for one call, and serves the next.

    plain: whether the core reads the pixels and writes the result as they are. small: whether it may stay in memory.
    """

    __slots__ = ("_packed", "_plain", "_small")

    def __init__(self, *, plain: bool, small: bool) -> None:
        self._plain, self._small = plain, small
        self._packed: Packed | None = None

    def compute(self, pixels: Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array | None:
        """Return the result, computed on this thread by one call of the core, or None where it takes more."""
        packed = self._packed  # read once, here and below: other threads replace it
        return _core.compute(packed, pixels, shape, dtype) if self._plain and packed is not None else None

    def make_task(self, source: Array, target: Array, pack: Callable[[], Packed]) -> Any:
        """Return the work on arrays (images, rows, columns, channels); packed by `pack` unless what is kept fits."""
        packed = self._packed
        task = packed.task(source, target) if packed else None
        if task is None:
            packed = pack()
            task = packed.task(source, target)
            self._packed = packed if self._small else None
        return task
