"""A block's samples as keys: gathered with what windows reach beyond it, ordered, and turned into samples again.

Keys are unsigned integers in the order of the samples, and those of samples that do not count are the highest. They may
be places among the sorted samples of the block, which take 2 bytes, so that large windows of floats take a quarter of
the time or less.
"""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import PROXY_DTYPE, Array, round_to_dtype
from . import _masked
from .borders import Border, source_indices
from .computation import Pair
from .normalized import Weights

NARROW = np.dtype(np.bool_), np.dtype(np.float16)  # whose samples cannot be compared with the limits of integers
LARGEST_PLACED = 2**16  # samples of a block whose keys are places
RULES = {"b": 0, "u": 0, "i": 1, "f": 2}  # how samples become keys, as in pyx/masked.h


class Placing(NamedTuple):
    """Where windows lie. before: rows and columns before the pixel. fill: the sample outside the image, in an array."""

    border: Border
    stride: Pair
    before: Pair
    fill: Array


class Rooms(NamedTuple):
    """Buffers of a thread, as bytes: a block's samples, which become keys; whether they count (1 or 0); their weights;
    which are NaN, or do not count; room to compute extremes; results; how many samples or whether any count in each
    window; ranks; rows that are sorted; the sorted keys of a block where keys are places."""

    keys: Array
    counts: Array
    weights: Array
    flags: Array
    spare: Array
    into: Array
    number: Array
    ranks: Array
    tile: Array
    ordered: Array


class BlockSamples:
    """The samples of blocks of a stack of images, as keys.

    source: (images, rows, columns, channels), like the mask of `weights`. keys: the dtype of keys, which are as wide as
    weights where those are needed (weighted). placed: whether they are places. turned: whether their order is reversed.
    """

    def __init__(
        self, source: Array, weights: Weights, placing: Placing, keys: np.dtype[Any], *, weighted: bool, placed: bool,
        turned: bool,
    ) -> None:
        self._source, self._weights, self._placing, self._turned = source, weights, placing, turned
        self._keys, self._weighted, self._placed = keys, weighted, placed
        self.dtype = source.dtype.newbyteorder("=")

    def gather(self, n: int, first: Pair, read: Pair, rooms: Rooms) -> None:
        """Fill in the samples of a block and whether they count, or how much, outside the image too.

        first: row and column of its first result; read: rows and columns that its windows reach.
        """
        placing, (mask, fill_weight, _) = self._placing, self._weights
        (rows, above), (columns, beside) = (
            source_indices(placing.border, size, at * step - before, 1, count) for size, at, step, before, count in zip(
                self._source.shape[1:3], first, placing.stride, placing.before, read, strict=True))
        index = (rows, columns) if isinstance(rows, slice) or isinstance(columns, slice) else np.ix_(rows, columns)
        shape = (*read, self._source.shape[3])
        samples, counts = shape_buffer(rooms.keys, self.dtype, shape), shape_buffer(rooms.counts, np.bool_, shape)
        samples[...] = self._source[n][index]
        weights = self._shape_weights(rooms, shape) if self._weighted else None
        if mask is None:
            _count_numbers(samples, counts)
        else:
            planes = mask[n if len(mask) > 1 else 0][index]
            _spread(planes if planes.dtype.kind == "b" else planes > 0, counts)
            if weights is not None:
                _spread(planes, weights)
        for outside in (above, beside if beside is None else np.s_[:, beside]):
            if outside is not None:
                samples[outside], counts[outside] = placing.fill, fill_weight > 0
                if weights is not None:
                    weights[outside] = fill_weight

    def _shape_weights(self, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        return shape_buffer(rooms.weights, np.uint32 if self._keys.itemsize == 4 else np.float64, shape)

    def order(self, rooms: Rooms, count: int) -> bool:
        """Turn samples into keys; return whether samples that count are NaN. Behind the block is 0."""
        size, wide = self.dtype.itemsize, self._keys.itemsize
        found = _masked.order(
            rooms.keys, rooms.counts, rooms.flags, RULES[self.dtype.kind], self._turned, size, count)
        if wide > size or self._placed:
            keys = shape_buffer(rooms.keys, f"u{size}", (count,))
            keys = (_find_places(keys, rooms) if self._placed else keys).astype(self._keys)
            rooms.keys[:keys.nbytes] = keys.view(np.uint8)
        for buffer, each in ((rooms.keys, wide), (rooms.counts, 1), (rooms.weights, wide if self._weighted else 0)):
            buffer[count * each:(count + _masked.PAD) * each] = 0
        return found

    def read_results(self, rooms: Rooms, shape: tuple[int, ...]) -> Array:
        """Return the samples of the results' keys (rows, columns, channels), with those between two rows."""
        size, count = self.dtype.itemsize, math.prod(shape)
        keys = shape_buffer(rooms.into, self._keys, (count,))
        if self._placed:
            keys = shape_buffer(rooms.ordered, f"u{size}", (LARGEST_PLACED,))[keys]
        buffer = keys.astype(f"u{size}", copy=False).view(np.uint8)
        _masked.restore(buffer, RULES[self.dtype.kind], self._turned, size, count)
        return shape_buffer(buffer, self.dtype, shape)


def shape_buffer(buffer: Array, dtype: Any, shape: tuple[int, ...]) -> Array:
    """Return the beginning of a buffer as an array."""
    kind = np.dtype(dtype)
    array: Array = buffer[:math.prod(shape) * kind.itemsize].view(kind).reshape(shape)
    return array


def _find_places(keys: Array, rooms: Rooms) -> Array:
    """Return the place of each key among the sorted ones; those of samples that do not count are the last of all."""
    order = np.argsort(keys)
    places = np.empty(len(keys), np.uint16)
    places[order] = np.arange(len(keys))
    places[rooms.counts[:len(keys)] == 0] = LARGEST_PLACED - 1
    shape_buffer(rooms.ordered, keys.dtype, (len(keys),))[:] = keys[order]
    return places


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


def store_results(results: Array, empty: Array, broken: Array | None, target: Array) -> None:
    """Write results; those of windows without a sample that counts become NaN or 0, those of windows with NaN, NaN."""
    if results.dtype.kind == "f":
        results[empty] = np.nan
        if broken is not None:
            results[broken] = np.nan
    if results.dtype in NARROW:
        results = results.astype(PROXY_DTYPE[results.dtype])
    target[...] = round_to_dtype(results, target.dtype.newbyteorder("="))
    if results.dtype.kind != "f" and empty.any():
        target[empty] = np.nan if target.dtype.kind == "f" else 0
