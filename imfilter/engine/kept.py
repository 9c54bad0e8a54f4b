"""What the core has packed for a computation, kept for the next call."""
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.dtypes import NATIVE, Array
from ..arrays.layout import ArrayLayout
from ..runtime._pool import count_threads
from ..runtime.threads import thread_count
from . import _core

Packed = _core.Packed | _core.PackedWindow
ArrayKind = tuple[tuple[int, ...], np.dtype[Any]]  # shape and dtype


def is_plain(layout: ArrayLayout, *dtypes: np.dtype[Any]) -> bool:
    """Return whether the core reads pixels of this layout, and writes results, as they are, in these dtypes."""
    return layout.channels_last and all(dtype in NATIVE for dtype in dtypes)


class KeptPack:
    """What was packed for one call, and serves the next.

    image, result: their shapes and dtypes. plain: whether the core reads the pixels and writes the result as they are.
    small: whether it may stay in memory. seconds: about how long it takes on one thread. ready: what computes the next
    result by one call of the core, or None where it takes more.
    """

    __slots__ = ("_image", "_packed", "_plain", "_result", "_seconds", "_small", "ready")

    def __init__(self, image: ArrayKind, result: ArrayKind, seconds: float, *, plain: bool, small: bool) -> None:
        self._image, self._result, self._seconds, self._plain, self._small = image, result, seconds, plain, small
        self._packed: Packed | None = None
        self.ready: _core.ReadyCall | None = None

    def make_task(self, source: Array, target: Array, pack: Callable[[], Packed]) -> Any:
        """Return the work on arrays (images, rows, columns, channels); packed by `pack` unless what is kept fits."""
        packed = self._packed  # read once: other threads replace it
        task = packed.task(source, target) if packed else None
        if task is None:
            packed = pack()
            task = packed.task(source, target)
            if self._small:
                self._packed = packed
                if self._plain:
                    self.ready = _core.ReadyCall(packed, *self._image, *self._result, self._seconds)
        return task


class PreparedLoops:
    """A computation whose loops stay packed from call to call. seconds: about how long it takes on one thread."""

    seconds: float
    _kept: KeptPack

    @property
    def ready(self) -> _core.ReadyCall | None:
        """What repeats the computation by one call of the core, where that is all it takes."""
        return self._kept.ready

    def _count_threads(self, workers: int | None) -> int:
        return count_threads(thread_count(workers), self.seconds)

    def _repeat(self, pixels: Array, out: Array | None, workers: int | None) -> Array | None:
        """Return the result, in `out` if there is one, by one call of the core; None where that is not all it takes."""
        ready, threads = self._kept.ready, thread_count(workers)  # also refuses a wrong number
        return ready.repeat(pixels, out, threads) if ready else None
