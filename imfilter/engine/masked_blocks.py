"""The selected sample of each window among those that count, block by block.

A block's samples become keys (masked_samples.py); those that do not count are the highest, so they change no rank.
Extremes are merged from those of smaller windows. Other ranks differ from window to window, with the number of samples
that count: small windows are sorted by a network, others are looked for bit by bit, and so are weighted ones.
"""
from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..arrays.dtypes import Array
from . import _masked
from .block_task import BlockTask
from .computation import Pair
from .footprint import chords_of
from .masked_samples import LARGEST_PLACED, BlockSamples, Placing, Rooms, shape_buffer, store_results
from .normalized import Weights
from .rank import Selection

BLOCK = 2**16  # results of a block, about
LEAST_RESULTS = 2**7  # of a block, however long they take
BYTES = 2**18  # of a block's keys, which stay in the second-level cache
WORK = 2**27  # instructions of a block, about, so that it takes some hundredths of a second
SORTING = 100  # instructions per sample, about, that sorting a block takes
LARGEST_SORTED = 255  # samples of a window that is sorted
LARGEST_WHOLE = 2**23  # samples of a window whose integer weights, up to 255, are added up in 32 bits
TILE = 256  # bytes of a row of samples that are sorted together, as in pyx/masked.h


class Task(BlockTask):
    """Ranks of the pixels of a stack of images that count. equal: whether all samples that count do so equally."""

    def __init__(
        self, source: Array, target: Array, weights: Weights, equal: bool, selection: Selection, placing: Placing
    ) -> None:
        super().__init__(source, target)
        self._selection, self._window = selection, selection.window
        self._stride, self._channels = placing.stride, source.shape[3]
        self._weighted = not equal and not selection.is_extreme
        self._chords = chords_of(self._window)
        self._sorted = np.ascontiguousarray(self._chords[np.argsort(self._chords[:, 2], kind="stable")])
        self._height = 1  # rows of which extremes are taken before those of chords
        if self._window.chords is None:
            self._sorted, self._height = self._sorted[:1], self._window.size[0]
        placed = self._choose_keys(8 * source.dtype.itemsize, weights)
        self._samples = BlockSamples(
            source, weights, placing, self._keys, weighted=self._weighted, placed=placed,
            turned=selection.percent == 100)
        self._cut(self._size)

    def _choose_keys(self, bits: int, weights: Weights) -> bool:
        """Choose the keys of samples of so many bits, their selection and the block; return whether keys are places."""
        whole = weights.mask is not None and weights.mask.dtype.kind in "iu" and self._window.samples < LARGEST_WHOLE
        costs = {}
        for kept in (bits, 16) if bits > 16 and not self._selection.is_extreme else (bits,):
            wide = kept // 8 if not self._weighted else 4 if whole and kept <= 32 else 8  # as wide as weights
            costs[kept] = self._choose_exchanges(kept)[1] * wide / 64 + (SORTING if kept < bits else 0), wide
        for self._bits in sorted(costs, key=lambda kept: costs[kept]):
            cost, wide = costs[self._bits]
            self._keys, self._pairs = np.dtype(f"u{wide}"), self._choose_exchanges(self._bits)[0]
            self._size = self._choose_block(cost, max(wide, bits // 8))
            down, across = self._count_read()
            if self._bits == bits or down * across * self._channels <= LARGEST_PLACED:
                break
        return self._bits < bits

    def _choose_exchanges(self, bits: int) -> tuple[Array, float]:
        """Return the exchanges that sort a window, if that is faster, and about how many vectors a result takes."""
        samples, selection = self._window.samples, self._selection
        none, cost = np.empty((0, 2), np.int32), samples * bits * 4.0
        if selection.is_extreme:
            return none, 4.0 * len(self._sorted)
        if not self._weighted and samples <= LARGEST_SORTED:
            pairs = list_exchanges(samples, selection.rank)
            if 6 * len(pairs) < cost:
                return pairs, 6.0 * len(pairs) + samples
        return none, cost

    def _choose_block(self, cost: float, each: int) -> Pair:
        """Return the rows and columns of results of a block, which read the fewest samples for each result.

        cost: instructions for a result; each: bytes of a sample.
        """
        (height, width), (down, across) = self._window.size, self._stride
        rows, columns = self._target.shape[1:3]
        each, best = max(self._channels * each, 1), (np.inf, (1, 1))
        most = int(min(BLOCK, max(WORK / cost, LEAST_RESULTS))) // max(self._channels, 1)
        for count in (*(2**k for k in range(12) if 2**k < columns), columns):
            read = (count - 1) * across + width
            many = min((BYTES // (each * read) - height) // down + 1, rows, most // count)
            if many > 0:
                best = min(best, (read * ((many - 1) * down + height) / (many * count), (many, count)))
        if np.isfinite(best[0]):
            return best[1]
        return min(rows, 16, height // down + 1), min(columns, 64, width // across + 1)  # the window is larger

    def _count_read(self) -> Pair:
        """Return how many rows and columns the largest block reads."""
        down, across = ((count - 1) * step + taps for count, step, taps in zip(
            self._size, self._stride, self._window.size, strict=True))
        return down, across

    def _allocate_rooms(self) -> Rooms:
        """Return buffers for the largest block. The system provides no memory for those that are not touched."""
        down, across = self._count_read()
        wide, beyond, size = self._keys.itemsize, 2 * _masked.PAD, self._samples.dtype.itemsize
        keys, results = (rows * across * self._channels + beyond for rows in (down, self._size[0]))
        tile = TILE * self._window.samples if len(self._pairs) else 1
        weights, spare = wide * keys if self._weighted else 1, wide * keys if self._selection.is_extreme else keys
        sizes = (max(wide, size) * keys, keys, weights, keys, spare, wide * results, 4 * results, 4 * results, tile,
                 size * LARGEST_PLACED)
        return Rooms(*(np.zeros(size, np.uint8) for size in sizes))

    def _compute(self, n: int, top: int, left: int, rooms: Rooms) -> None:
        """Compute a block of results."""
        target = self._target[n, top:top + self._size[0], left:left + self._size[1]]
        (down, across), (height, width), rows = self._stride, self._window.size, target.shape[0]
        read = (rows - 1) * down + height, (target.shape[1] - 1) * across + width
        pitch, lanes = read[1] * self._channels, (read[1] - width + 1) * self._channels
        lie = self._channels, pitch, rows, lanes, down, read[0]
        extremes = _masked.Windows(self._sorted, *lie)
        shape, own = (rows, read[1], self._channels), np.s_[:, :read[1] - width + 1:across]
        self._samples.gather(n, (top, left), read, rooms)
        broken = None
        if self._samples.order(rooms, read[0] * pitch):
            broken = self._find_any(extremes, rooms, shape)[own]
        if self._selection.is_extreme:
            empty = self._take_extremes(extremes, rooms, shape)[own]
        else:
            empty = self._select(_masked.Windows(self._chords, *lie), rooms, shape)[own]
        store_results(self._samples.read_results(rooms, shape)[own], empty, broken, target)

    def _take_extremes(self, windows: _masked.Windows, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        """Take the extreme of each window; return which windows have no sample that counts."""
        windows.take_least(rooms.keys, self._height, rooms.spare, rooms.into, self._keys.itemsize)
        np.subtract(rooms.counts, 1, out=rooms.flags)  # 0, or 255 for those that do not count
        empty: Array = ~self._find_any(windows, rooms, shape)
        return empty

    def _select(self, windows: _masked.Windows, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        """Take the selected sample of each window; return which windows have none that counts."""
        keys, size, percent = rooms.keys, self._keys.itemsize, self._selection.percent
        if self._weighted:
            windows.weigh(keys, rooms.weights, percent, self._bits, rooms.into, rooms.number, size)
            return np.equal(shape_buffer(rooms.number, np.uint8, shape), 0)
        number, ranks = rooms.number.view(np.uint32), rooms.ranks.view(np.uint32)
        windows.select(keys, rooms.counts, percent, self._pairs, rooms.tile, rooms.into, number, ranks, size)
        return np.equal(shape_buffer(rooms.number, np.uint32, shape), 0)

    def _find_any(self, windows: _masked.Windows, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        """Return which windows have a flag of 0."""
        windows.take_least(rooms.flags, self._height, rooms.spare, rooms.number, 1)
        return np.equal(shape_buffer(rooms.number, np.uint8, shape), 0)


@lru_cache(maxsize=16)
def list_exchanges(samples: int, rank: int) -> Array:
    """Return the exchanges (n, 2) that sort so many samples up to a rank: Batcher's odd-even merge sort."""
    pairs, size = [], 1
    while size < samples:
        step = size
        while step:
            pairs += [(low + k, low + k + step)
                      for low in range(step % size, samples - step, 2 * step)
                      for k in range(min(step, samples - low - step))
                      if (low + k) // (2 * size) == (low + k + step) // (2 * size)]
            step //= 2
        size *= 2
    needed, kept = set(range(rank + 1)), []
    for first, second in reversed(pairs):
        if first in needed or second in needed:
            needed |= {first, second}
            kept.append((first, second))
    exchanges: Array = np.array(kept[::-1], np.int32).reshape(-1, 2)
    return exchanges
