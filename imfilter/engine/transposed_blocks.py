"""Parts of a transposed convolution, computed block by block in the cache and copied to where their results belong."""
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import SHARES
from .bank import PreparedBank
from .phases import Phase, Piece

BLOCK = 2**18  # bytes of results that stay in the second-level cache until they are copied, about
PIECE_SECONDS = 3e-4  # of a block at least: threads need the interpreter's lock between its parts
LEAST_ROWS = 8  # of a block, which reads rows of the image again that the one above has read


class Part(NamedTuple):
    """A convolution that gives every stride-th row of the result, and of these the columns of a piece.

    bank: None where all that is read lies outside of the image. source: what is read of images (images, rows, columns).
    """

    bank: PreparedBank | None
    source: tuple[slice, ...]
    down: Phase
    across: Piece


class PartsTask:
    """Parts of a transposed convolution, ready to be computed block by block on any number of threads.

    step: rows of the result from one of a part to the next.
    """

    align = 1

    def __init__(
        self, parts: list[tuple[PreparedBank, Part]], source: Array, target: Array, step: int, threads: int
    ) -> None:
        self._target, self._step, self._stopped = target, step, False
        widest = max(math.prod(bank.shape[2:]) for bank, _ in parts)
        tallest = max(part.down.results for _, part in parts)
        pieces = min(max(int(sum(bank.seconds for bank, _ in parts) / PIECE_SECONDS), threads), threads * SHARES)
        share = -(-tallest * len(target) // pieces)
        self._height = min(max(min(BLOCK // (widest * target.itemsize), share), LEAST_ROWS), tallest)
        self._down = -(-tallest // self._height)
        self._room = self._height * widest
        self.rows = len(target) * self._down
        self._parts = []
        for bank, part in parts:
            block = np.empty((1, min(self._height, part.down.results), *bank.shape[2:]), target.dtype)
            self._parts.append((bank._make_task(source[part.source], block), part, bank.shape[2:]))

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        room = np.empty(self._room, self._target.dtype)
        pixel = np.dtype((np.void, self._target.shape[3] * room.itemsize))  # copied as a whole
        target = self._target.view(pixel)[..., 0]
        for number in range(first, last):
            n, down = divmod(number, self._down)
            top = down * self._height
            for task, part, shape in self._parts:
                rows = min(self._height, part.down.results - top)
                if self._stopped or rows <= 0:
                    continue
                block = room[:rows * math.prod(shape)]
                task.part(n, top, 0, block.reshape(1, rows, *shape)).run(0, rows, caller)
                results = target[n, part.down.first + top * self._step::self._step]
                results[:rows, part.across.place] = block.view(pixel).reshape(rows, -1)[:, part.across.crop]
