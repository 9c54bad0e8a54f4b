"""Work on a stack of images that is computed block by block, on any number of threads."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from .computation import Pair


class BlockTask:
    """A task for `runtime.threads`, whose rows are blocks of the result. Subclasses compute a block.

    source, target: arrays (images, rows, columns, channels), the target with rows without gaps.
    """

    align = 1

    def __init__(self, source: Array, target: Array) -> None:
        self._source, self._target, self._stopped = source, target, False

    def _cut(self, size: Pair) -> None:
        """Cut the result into blocks of so many rows and columns."""
        self._size = size
        self._counts = [-(-length // side) for length, side in zip(self._target.shape[1:3], size, strict=True)]
        self.rows = len(self._target) * self._counts[0] * self._counts[1]

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        rooms = self._allocate_rooms()
        with np.errstate(all="ignore"):
            for number in range(first, last):
                if self._stopped:
                    return
                number, column = divmod(number, self._counts[1])
                n, row = divmod(number, self._counts[0])
                self._compute(n, row * self._size[0], column * self._size[1], rooms)

    def _allocate_rooms(self) -> Any:
        """Return arrays for the largest block, of which each thread has its own."""
        return None

    def _compute(self, n: int, top: int, left: int, rooms: Any) -> None:
        """Compute the block of results of image n whose first one is at (top, left)."""
        raise NotImplementedError
