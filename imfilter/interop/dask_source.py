"""DaskSource: the chunks of a dask array, from which the pieces of blocks are read."""
from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
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
        if type(self._computed.get((self._key, *[0] * len(self.shape)))) is not np.ndarray:
            return None
        return _join_views(self._add_pieces([self._cut_axis(axis, 0, size) for axis, size in enumerate(self.shape)],
                                            (), {}))

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


def _join_views(pieces: Any) -> Array | None:
    """Return nested lists of arrays as a view of the array that they are adjacent parts of, else None."""
    leaves = [*_leaves(pieces)]
    bases = {id(getattr(leaf, "base", None)) for leaf in leaves}
    if len(bases) != 1 or not isinstance(leaves[0], np.ndarray) or not isinstance(leaves[0].base, np.ndarray):
        return None
    first = leaves[0]
    joined: Array = np.lib.stride_tricks.as_strided(first, _joined_shape(pieces, 0), first.strides, writeable=False)
    return joined if _is_parted(joined, pieces, 0) else None


def _leaves(pieces: Any) -> Iterator[Any]:
    if not isinstance(pieces, list):
        yield pieces
        return
    for part in pieces:
        yield from _leaves(part)


def _joined_shape(pieces: Any, axis: int) -> list[int]:
    """Return the shape of nested lists of arrays as one array. axis: along which the outermost list goes."""
    if not isinstance(pieces, list):
        return list(pieces.shape)
    shapes = [_joined_shape(part, axis + 1) for part in pieces]
    shapes[0][axis] = sum(shape[axis] for shape in shapes)
    return shapes[0]


def _is_parted(joined: Array, pieces: Any, axis: int) -> bool:
    """Return whether the memory of nested lists of arrays is that of an array in their places."""
    if not isinstance(pieces, list):
        same: bool = (pieces.dtype, pieces.strides, pieces.ctypes.data) == (
            joined.dtype, joined.strides, joined.ctypes.data)
        return same
    at = 0
    for part in pieces:
        stop = at + _joined_shape(part, axis + 1)[axis]
        if not _is_parted(joined[(slice(None),) * axis + (slice(at, stop),)], part, axis + 1):
            return False
        at = stop
    return True
