"""DaskSource: the chunks of a dask array, from which the pieces of blocks are read."""
from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import accumulate, product
from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.layout import ArrayLayout
from ..blocks.build import Block

Graph = dict[Any, Any]
Range = tuple[int, int]


class DaskSource:
    """A dask array that blocks are read from. name: the prefix of the keys of its pieces.

    Pieces of chunks that are in memory are no tasks but arrays. Where all chunks are adjacent parts of one array, a
    block is a view of it, so that nothing is copied.
    """

    def __init__(self, array: Any, layout: ArrayLayout, name: str) -> None:
        self.layout, self.shape, self.chunks = layout, array.shape, array.chunks
        self._key, self._name = array.name, name
        layer = array.dask.layers.get(array.name)
        self._computed: Graph = layer if layer is not None and layer.is_materialized() else {}
        self._bounds = [list(accumulate(sizes, initial=0)) for sizes in array.chunks]
        self.whole = self._join_chunks()

    def _join_chunks(self) -> Array | None:
        """Return the array that all chunks are adjacent parts of, else None."""
        first = self._computed.get((self._key, *[0] * len(self.shape)))
        if type(first) is not np.ndarray:
            return None
        dtype, strides, base, start = first.dtype, first.strides, first.base, _address(first)
        places = product(*map(range, map(len, self.chunks)))
        offsets = product(*([bound * stride for bound in bounds[:-1]]
                            for bounds, stride in zip(self._bounds, strides, strict=True)))
        for place, shape, offset in zip(places, product(*self.chunks), offsets, strict=True):
            chunk = self._computed.get((self._key, *place))
            if type(chunk) is not np.ndarray or chunk.shape != shape:
                return None
            if chunk is not first and (
                    chunk.base is None or chunk.base is not base or chunk.dtype != dtype or chunk.strides != strides
                    or _address(chunk) != start + sum(offset)):
                return None
        return np.lib.stride_tricks.as_strided(first, self.shape, strides, writeable=False)

    def keys(self) -> list[Any]:
        """Return the keys of all chunks."""
        return [(self._key, *place) for place in product(*map(range, map(len, self.chunks)))]

    def pieces(self, block: Block, others: dict[int, Range], graph: Graph) -> Any:
        """Return the pieces of a block or their keys, nested by axes; add the tasks that cut them out to the graph."""
        ranges = [others.get(axis, (0, size)) for axis, size in enumerate(self.shape)]
        rows, columns = self.layout.spatial
        ranges[rows], ranges[columns] = (block.top, block.bottom), (block.left, block.right)
        if self.whole is not None:
            return self.whole[tuple(slice(*own) for own in ranges)]
        return self._add_pieces([self._cut_axis(axis, *own) for axis, own in enumerate(ranges)], (), graph)

    def _cut_axis(self, axis: int, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Return the chunks that a range along an axis overlaps, and the range within each."""
        bounds = self._bounds[axis]
        first = int(np.searchsorted(bounds, start, "right")) - 1
        found = []
        for number in range(first, len(bounds) - 1):
            low, high = bounds[number], bounds[number + 1]
            if low >= stop:
                break
            found.append((number, max(start, low) - low, min(stop, high) - low))
        return found

    def _add_pieces(self, cuts: Sequence[Any], chosen: tuple[Any, ...], graph: Graph) -> Any:
        if len(chosen) < len(cuts):
            return [self._add_pieces(cuts, (*chosen, cut), graph) for cut in cuts[len(chosen)]]
        key = (self._key, *(number for number, _, _ in chosen))
        where = tuple(slice(start, stop) for _, start, stop in chosen)
        chunk = self._computed.get(key)
        if type(chunk) is np.ndarray:
            return chunk[where]
        if all(cut[1:] == (0, sizes[cut[0]]) for cut, sizes in zip(chosen, self.chunks, strict=True)):
            return key
        name = (self._name, *(at for cut in chosen for at in cut))
        graph[name] = (functools.partial(_cut_chunk, where), key)
        return name


def _cut_chunk(where: tuple[slice, ...], chunk: Array) -> Array:
    """Return a copy of a part of a chunk, so that only this part stays in memory or is sent."""
    return chunk[where].copy()


def join_pieces(pieces: Any) -> Array:
    """Return nested lists of arrays as one array; a single array is not copied."""
    only = pieces
    while isinstance(only, list) and len(only) == 1:
        only = only[0]
    return np.block(pieces) if isinstance(only, list) else as_array(only)


def _address(array: Array) -> int:
    """Return where the first sample of an array is in memory."""
    address: int = array.__array_interface__["data"][0]
    return address
