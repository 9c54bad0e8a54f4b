"""What the core has packed for a computation, kept for the next call."""
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.dtypes import NATIVE, Array
from ..arrays.layout import ArrayLayout
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
    small: whether it may stay in memory. ready: what computes the next result by one call of the core, or None where it
    takes more.
    """

    __slots__ = ("_image", "_packed", "_plain", "_result", "_small", "ready")

    def __init__(self, image: ArrayKind, result: ArrayKind, *, plain: bool, small: bool) -> None:
        self._image, self._result, self._plain, self._small = image, result, plain, small
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
                self.ready = _core.ReadyCall(packed, *self._image, *self._result) if self._plain else None
        return task


class PreparedLoops:
    """A computation whose loops stay packed from call to call. worth_threads: whether waking another thread pays."""

    worth_threads: bool
    _kept: KeptPack

    @property
    def ready(self) -> _core.ReadyCall | None:
        """What repeats the computation on one thread by one call of the core, where that is all it takes."""
        return None if self.worth_threads else self._kept.ready

    def _count_threads(self, workers: int | None) -> int:
        threads = thread_count(workers)  # also refuses a wrong number where one thread is enough
        return threads if self.worth_threads else 1

    def _repeat(self, pixels: Array, out: Array | None, threads: int) -> Array | None:
        """Return the result, in `out` if there is one, by one call of the core; None where that is not all it takes."""
        ready = self._kept.ready if threads == 1 else None
        return ready.repeat(pixels, out) if ready else None
