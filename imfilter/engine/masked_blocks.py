"""The selected sample of each window among those that count, block by block.

A block's samples and weights are gathered with what its windows reach beyond it, outside the image too, and become
unsigned integers in their order, the keys; those that do not count become the highest key, so they change no rank.
Extremes are merged from those of smaller windows. Other ranks differ from window to window, with the number of samples
that count: small windows are sorted by a network, others are looked for bit by bit, and so are weighted ones.
"""
from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, round_to_dtype
from . import _masked
from .borders import Border, source_indices
from .computation import Pair
from .footprint import chords_of
from .normalized import Weights
from .rank import Selection

BLOCK = 2**16  # results of a block, about
LEAST_RESULTS = 2**10  # of a block, however long they take
NARROWEST = 64  # columns of a block
BYTES = 2**18  # of a block's keys, which stay in the second-level cache
WORK = 2**27  # instructions of a block, about, so that it takes some hundredths of a second
LARGEST_SORTED = 255  # samples of a window that is sorted
LARGEST_WHOLE = 2**23  # samples of a window whose integer weights, up to 255, are added up in 32 bits
TILE = 256  # bytes of a row of samples that are sorted together, as in pyx/masked.h
NARROW = np.dtype(np.bool_), np.dtype(np.float16)  # whose samples cannot be compared with the limits of integers
RULES = {"b": 0, "u": 0, "i": 1, "f": 2}  # how samples become keys, as in pyx/masked.h


class Placing(NamedTuple):
    """Where windows lie. fill: the sample outside the image, as an array of one."""

    border: Border
    stride: Pair
    fill: Array


class Rooms(NamedTuple):
    """Buffers of a thread, as bytes: a block's samples, which become keys; whether they count (1 or 0); their weights;
    which are NaN, or do not count; room to compute extremes; results; how many samples or whether any count in each
    window; ranks; rows that are sorted."""

    keys: Array
    counts: Array
    weights: Array
    flags: Array
    spare: Array
    into: Array
    number: Array
    ranks: Array
    tile: Array


class Task:
    """Work on a stack of images, ready to be run block by block on any number of threads.

    source, target: arrays (images, rows, columns, channels), like the mask of `weights`. equal: whether all samples
    that count do so equally.
    """

    align = 1

    def __init__(
        self, source: Array, target: Array, weights: Weights, equal: bool, selection: Selection, placing: Placing
    ) -> None:
        self._source, self._target, self._weights, self._placing = source, target, weights, placing
        self._selection, self._window = selection, selection.window
        self._dtype = source.dtype.newbyteorder("=")
        self._weighted = not equal and not selection.is_extreme
        self._whole = weights.mask is not None and weights.mask.dtype.kind in "iu" and (
            self._window.samples < LARGEST_WHOLE)
        self._keys = self._choose_keys()
        self._chords = chords_of(self._window)
        self._sorted = np.ascontiguousarray(self._chords[np.argsort(self._chords[:, 2], kind="stable")])
        self._height = 1  # rows of which extremes are taken before those of chords
        if self._window.chords is None:
            self._sorted, self._height = self._sorted[:1], self._window.size[0]
        self._pairs, cost = self._choose_exchanges()
        channels = source.shape[3]
        most = int(min(BLOCK, max(WORK * 64 / (cost * self._keys.itemsize), LEAST_RESULTS))) // max(channels, 1)
        self._size = _choose_block(
            (target.shape[1], target.shape[2]), self._window.size, placing.stride, channels * self._keys.itemsize, most)
        self._counts = -(-target.shape[1] // self._size[0]), -(-target.shape[2] // self._size[1])
        self.rows = len(target) * self._counts[0] * self._counts[1]
        self._stopped = False

    def _choose_keys(self) -> np.dtype[Any]:
        """Return the dtype of keys: that of samples, or as wide as their weights."""
        if not self._weighted:
            return np.dtype(f"u{self._dtype.itemsize}")
        return np.dtype("u4" if self._whole and self._dtype.itemsize <= 4 else "u8")

    def _choose_exchanges(self) -> tuple[Array, float]:
        """Return the exchanges that sort a window, if that is faster, and about how many vectors a result takes."""
        samples, selection = self._window.samples, self._selection
        none, cost = np.empty((0, 2), np.int32), samples * 8 * self._dtype.itemsize * 4.0
        if selection.is_extreme:
            return none, 4.0 * len(self._sorted)
        if not self._weighted and samples <= LARGEST_SORTED:
            pairs = list_exchanges(samples, selection.rank)
            if 6 * len(pairs) < cost:
                return pairs, 6.0 * len(pairs) + samples
        return none, cost

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        rooms = self._allocate_rooms()
        for number in range(first, last):
            if self._stopped:
                return
            number, column = divmod(number, self._counts[1])
            n, row = divmod(number, self._counts[0])
            self._compute(n, row * self._size[0], column * self._size[1], rooms)

    def _allocate_rooms(self) -> Rooms:
        """Return buffers for the largest block. The system provides no memory for those that are not touched."""
        down, across = ((count - 1) * step + taps for count, step, taps in zip(
            self._size, self._placing.stride, self._window.size, strict=True))
        keys, wide = down * across * self._source.shape[3] + 2 * _masked.PAD, self._keys.itemsize
        tile = TILE * self._window.samples if len(self._pairs) else 1
        weights, spare = wide * keys if self._weighted else 1, wide * keys if self._selection.is_extreme else keys
        sizes = wide * keys, keys, weights, keys, spare, wide * keys, 4 * keys, 4 * keys, tile
        return Rooms(*(np.zeros(size, np.uint8) for size in sizes))

    def _compute(self, n: int, top: int, left: int, rooms: Rooms) -> None:
        """Compute a block of results."""
        target = self._target[n, top:top + self._size[0], left:left + self._size[1]]
        (down, across), (height, width) = self._placing.stride, self._window.size
        read = (target.shape[0] - 1) * down + height, (target.shape[1] - 1) * across + width
        channels = target.shape[2]
        pitch = read[1] * channels
        lanes = channels, pitch, target.shape[0], pitch - (width - 1) * channels, down, read[0]
        extremes = _masked.Windows(self._sorted, *lanes)
        self._gather(n, (top, left), read, rooms)
        shape, own = (target.shape[0], read[1], channels), np.s_[:, :read[1] - width + 1:across]
        broken = _shape(rooms.flags, np.bool_, shape)[:0]
        if self._order(rooms, read[0] * pitch):
            broken = self._find_any(extremes, rooms, shape)[own]
        if self._selection.is_extreme:
            empty = self._take_extremes(extremes, rooms, shape)[own]
        else:
            empty = self._select(_masked.Windows(self._chords, *lanes), rooms, shape)[own]
        _store(self._read_results(rooms, shape)[own], empty, broken, target)

    def _gather(self, n: int, first: Pair, read: Pair, rooms: Rooms) -> None:
        """Fill in the samples of a block and whether they count, or how much, outside the image too."""
        placing, (mask, fill_weight, _) = self._placing, self._weights
        (rows, above), (columns, beside) = (
            source_indices(placing.border, self._source.shape[axis + 1],
                           first[axis] * placing.stride[axis] - self._window.before[axis], 1, read[axis])
            for axis in (0, 1))
        index = (rows, columns) if isinstance(rows, slice) or isinstance(columns, slice) else np.ix_(rows, columns)
        shape = (*read, self._source.shape[3])
        samples, counts = _shape(rooms.keys, self._dtype, shape), _shape(rooms.counts, np.bool_, shape)
        samples[...] = self._source[n][index]
        kind = np.dtype(np.uint32 if self._keys.itemsize == 4 else np.float64)
        weights = _shape(rooms.weights, kind, shape) if self._weighted else None
        if mask is None:
            _count_numbers(samples, counts)
        else:
            planes = mask[n if len(mask) > 1 else 0][index]
            _spread(planes > 0, counts)
            if weights is not None:
                _spread(planes, weights)
        for outside in (above, beside if beside is None else np.s_[:, beside]):
            if outside is not None:
                samples[outside], counts[outside] = placing.fill, fill_weight > 0
                if weights is not None:
                    weights[outside] = fill_weight

    def _order(self, rooms: Rooms, count: int) -> bool:
        """Turn samples into keys; return whether samples that count are NaN. Behind the block is 0."""
        size, wide = self._dtype.itemsize, self._keys.itemsize
        found = _masked.order(rooms.keys, rooms.counts, rooms.flags, RULES[self._dtype.kind],
                              self._selection.percent == 100, size, count)
        if wide > size:
            keys = _shape(rooms.keys, np.dtype(f"u{size}"), (count,)).astype(self._keys)
            rooms.keys[:keys.nbytes] = keys.view(np.uint8)
        for buffer, each in ((rooms.keys, wide), (rooms.counts, 1), (rooms.weights, wide if self._weighted else 0)):
            buffer[count * each:(count + _masked.PAD) * each] = 0
        return found

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
            bits = 8 * self._dtype.itemsize
            windows.weigh(keys, rooms.weights, percent, bits, rooms.into, rooms.number, size)
            return np.equal(_shape(rooms.number, np.uint8, shape), 0)
        number, ranks = rooms.number.view(np.uint32), rooms.ranks.view(np.uint32)
        windows.select(keys, rooms.counts, percent, self._pairs, rooms.tile, rooms.into, number, ranks, size)
        return np.equal(_shape(rooms.number, np.uint32, shape), 0)

    def _find_any(self, windows: _masked.Windows, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        """Return which windows have a flag of 0."""
        windows.take_least(rooms.flags, self._height, rooms.spare, rooms.number, 1)
        return np.equal(_shape(rooms.number, np.uint8, shape), 0)

    def _read_results(self, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        """Return the samples of the results' keys (rows, columns, channels), with those between two rows."""
        size, count = self._dtype.itemsize, math.prod(shape)
        if self._keys.itemsize > size:
            keys = _shape(rooms.into, self._keys, (count,)).astype(f"u{size}")
            rooms.into[:keys.nbytes] = keys.view(np.uint8)
        _masked.restore(rooms.into, RULES[self._dtype.kind], self._selection.percent == 100, size, count)
        return _shape(rooms.into, self._dtype, shape)


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


def _choose_block(results: Pair, window: Pair, stride: Pair, each: int, most: int) -> Pair:
    """Return the rows and columns of results that read the fewest pixels, of `each` bytes, for each result."""
    best: tuple[float, Pair] | None = None
    for columns in (*(NARROWEST * 2**k for k in range(6) if NARROWEST * 2**k < results[1]), results[1]):
        across = (columns - 1) * stride[1] + window[1]
        rows = min((BYTES // (each * across) - window[0]) // stride[0] + 1, results[0], most // columns)
        if rows < 1:
            continue
        cost = across * ((rows - 1) * stride[0] + window[0]) / (rows * columns)
        if best is None or cost < best[0]:
            best = cost, (rows, columns)
    return best[1] if best else (min(results[0], 16), min(results[1], NARROWEST))  # as the window takes more than that


def _shape(buffer: Array, dtype: Any, shape: tuple[int, ...]) -> Array:
    """Return the beginning of a buffer as an array."""
    kind = np.dtype(dtype)
    array: Array = buffer[:math.prod(shape) * kind.itemsize].view(kind).reshape(shape)
    return array


def _count_numbers(samples: Array, counts: Array) -> None:
    """Let samples count that are not NaN."""
    if samples.dtype.kind == "f":
        np.isnan(samples, out=counts)
        np.logical_not(counts, out=counts)
    else:
        counts[...] = True


def _spread(planes: Array, into: Array) -> None:
    """Copy one plane (rows, columns, 1) for all channels, or one for each."""
    if planes.shape[2] == into.shape[2]:
        into[...] = planes
        return
    for c in range(into.shape[2]):  # NumPy broadcasts along short axes slowly
        into[..., c] = planes[..., 0]


def _store(results: Array, empty: Array, broken: Array, target: Array) -> None:
    """Write results; those of windows without a sample that counts become NaN or 0, those of windows with NaN, NaN."""
    if results.dtype.kind == "f":
        results[empty] = np.nan
        if broken.size:
            results[broken] = np.nan
    if results.dtype in NARROW:
        results = results.astype(PROXY_DTYPE[results.dtype])
    target[...] = round_to_dtype(results, target.dtype.newbyteorder("="))
    if results.dtype.kind != "f" and empty.any():
        target[empty] = np.nan if target.dtype.kind == "f" else 0
