"""The mean lines of all windows of a plane that guides itself, and the blocks that they are computed in."""
from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from . import _core
from .computation import Pair

STRIP = 256  # bytes of a row of a strip, at most: whole strips of every instruction set fit
LONGEST = 16  # strips of a block, down and across
NEAR = 2**18  # bytes of a strip of a block that stay in the second-level cache between two passes
FAR = 1.5  # how much longer passes take over a strip that does not
LINE = 64  # bytes of a cache line
TILE = 2**10  # samples that a strip's tile takes, at most


@cache
def _load_loops(variant: str) -> Any:
    return import_module("imfilter.engine._sliding_windows_" + ("baseline" if variant == "neon" else variant))


@lru_cache(maxsize=16)
def make_shares(window: int, dtype: np.dtype[Any]) -> Array:
    """Return the shares that merges of windows take, (2, 3, window): share, 1 - share and their product.

    First those of one more sample in k + 1 samples, then those of k + 1 samples in the window.
    """
    counts = np.arange(1, window + 1)
    share = np.stack([1 / counts, counts / window]).astype(dtype)
    rest = 1 - share
    return np.stack([share, rest, share * rest], 1)


class Room:
    """Memory for the largest block: its pixels (rows, columns), two transposed planes, and two of lines.

    Rows are as long as whole strips.
    """

    def __init__(self, down: int, across: int, window: Pair, dtype: np.dtype[Any]) -> None:
        rows, columns = (_round_up(length, dtype) for length in (down - window[0] + 1, across))
        self.pixels = _allocate_planes(1, down, columns, dtype)
        self._turned = _allocate_planes(2, columns, rows, dtype)
        self._lines = _allocate_planes(2, rows, across - 2 * window[1] + 2, dtype)
        self._ends = _allocate_planes(1, 1, 2 * max(window) * STRIP // dtype.itemsize + 2 * TILE, dtype)[0, 0]
        self._shares = [make_shares(size, dtype) for size in window]
        self._window = window

    def fit_lines(self, size: Pair, phase: Pair, least: float) -> Array:
        """Return the mean slope and level (2, rows, columns) for the pixels of a block but those of the margin.

        size: rows and columns of the pixels. phase: row and column of the first one in the whole image.
        """
        loops = _load_loops(_core.used_variant())
        rows, columns = (length - 2 * (window - 1) for length, window in zip(size, self._window, strict=True))
        loops.fit_lines(
            self.pixels[0], self._turned, self._lines, self._ends, *self._shares, size,
            tuple(place % window for place, window in zip(phase, self._window, strict=True)), least)
        return self._lines[:, :rows, :columns]

    @property
    def nbytes(self) -> int:
        """Its size."""
        return sum(room.nbytes for room in (self.pixels, self._turned, self._lines, self._ends))


def _allocate_planes(planes: int, rows: int, columns: int, dtype: np.dtype[Any]) -> Array:
    """Return planes of 0, because strips read beyond the ends of rows, which nothing may have been written to."""
    row = _row_length(columns, dtype)
    room = np.zeros(planes * rows * row * dtype.itemsize + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    return room[first:len(room) - LINE + first].view(dtype).reshape(planes, rows, row)


def _round_up(length: int, dtype: np.dtype[Any]) -> int:
    """Return the width of whole strips."""
    strip = STRIP // dtype.itemsize
    return -(-length // strip) * strip


def _row_length(columns: int, dtype: np.dtype[Any]) -> int:
    """Return the length of rows of whole strips: an odd number of cache lines.

    So the rows of a column do not share a few places of the cache.
    """
    return _round_up(columns, dtype) + LINE // dtype.itemsize


class BlockLimits(NamedTuple):
    """What a block has to keep within: bytes of memory, and results. channels: of the results, kept with it."""

    scratch: int
    results: int
    channels: int


@lru_cache(maxsize=64)
def choose_block(
    image: Pair, radius: Pair, step: int, stride: Pair, dtype: np.dtype[Any], limits: BlockLimits
) -> Pair | None:
    """Return the rows and columns of the results of a block: those that cost least each.

    None: all take too much memory. image: rows and columns of all results. step: pixels from one place of the grid to
    the next.
    """
    strip, best = STRIP // dtype.itemsize, None
    margin = [4 * pixels + (2 if step == 1 else 4) for pixels in radius]
    for wide in range(1, LONGEST + 1):
        columns = min(((wide * strip - margin[1]) * step) // stride[1], image[1])
        for high in range(1, LONGEST + 1):
            rows = min(((high * strip + 2 * radius[0] - margin[0]) * step) // stride[0], image[0])
            if rows < 1 or columns < 1:
                continue
            rows = max(min(rows, limits.results // columns), 1)
            down, across = ((results * s - 1) // step + 2 + edge for results, s, edge in zip(
                (rows, columns), stride, margin, strict=True))
            kept = rows * columns * limits.channels * dtype.itemsize
            if _measure(down, across, radius, dtype) + kept > limits.scratch:
                continue
            inner, outer = _round_up(down - 2 * radius[0], dtype), _round_up(across, dtype)
            shorter = _round_up(across - 4 * radius[1], dtype)
            far = FAR if 2 * STRIP * across > NEAR else 1.0
            cost = (outer * down + 2 * far * across * inner + (down - 2 * radius[0]) * shorter) / (rows * columns)
            if best is None or cost < best[0]:
                best = cost, (rows, columns)
    return best and best[1]


def _measure(down: int, across: int, radius: Pair, dtype: np.dtype[Any]) -> int:
    """Return the bytes of the room for a block of this many pixels, about."""
    rows, columns, results = down - 2 * radius[0], _round_up(across, dtype), across - 4 * radius[1]
    return dtype.itemsize * (
        down * _row_length(across, dtype) + 2 * columns * _row_length(rows, dtype)
        + 2 * _round_up(rows, dtype) * _row_length(results, dtype)) + 4 * STRIP * (max(radius) + 1) + 2**14
