"""The task graph of a lazy result: each chunk reads the pieces of its source blocks, and filters them."""
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise, product
from typing import Any, NamedTuple

import numpy as np
from dask.highlevelgraph import Layer, MaterializedLayer

from ..arrays.dtypes import Array
from ..arrays.layout import ArrayLayout
from ..blocks.build import Block, BlockwiseFilter, Mask
from ..engine.normalized import MaskStats, measure_mask, merge_stats
from .dask_source import DaskSource, Graph, Range, join_pieces

UNKNOWN_STATS = MaskStats(0.0, 1.0, 1.0)  # where no more needs to be known of a mask


class LazyMask(NamedTuple):
    """A mask as a dask array, its layout, its statistics if they are known, and a name for the key of the result."""

    array: Any
    layout: ArrayLayout
    stats: MaskStats | None
    token: str


class ResultTasks:
    """The tasks of a lazy result. apart: whether the filter can compute each chunk of channels by itself."""

    def __init__(
        self, name: str, image: Any, layout: ArrayLayout, blockwise: BlockwiseFilter, weights: LazyMask | None, *,
        apart: bool,
    ) -> None:
        self._name, self._blockwise, self._weights = name, blockwise, weights
        self._image, self._layout = DaskSource(image, layout, f"{name}-piece"), layout
        self._mask = DaskSource(weights.array, weights.layout, f"{name}-weights") if weights else None
        self._apart = apart and layout.channel_axis == blockwise.layout.channel_axis
        self.chunks = tuple(map(self._split_axis, range(len(blockwise.shape))))

    @property
    def filter_whole(self) -> Callable[[int | None], Array] | None:
        """What computes the whole result on a number of threads, if the image is one array in memory without a mask."""
        if self._image.whole is None or self._mask is not None:
            return None
        layout = self._blockwise.layout
        height, width = layout.size(self._blockwise.shape)
        read = functools.partial(Block.take_from, image=self._image.whole, layout=self._layout)
        return functools.partial(self._blockwise.compute, Block(0, height, 0, width), read)

    def _split_axis(self, axis: int) -> tuple[int, ...]:
        """Return the chunk sizes of the result along an axis: those of the image where it has this axis."""
        result = self._blockwise.layout
        source: tuple[tuple[int, ...], ...] = self._image.chunks
        if axis in result.spatial:
            return self._split_rows_or_columns(result.spatial.index(axis))
        if axis != result.channel_axis:  # it counts images
            return source[0]
        return source[axis] if self._apart else (self._blockwise.shape[axis],)

    def _split_rows_or_columns(self, k: int) -> tuple[int, ...]:
        """Return the chunk sizes of the rows (0) or columns (1): the image's boundaries, divided by each stride."""
        bounds = list(accumulate(self._image.chunks[self._layout.spatial[k]], initial=0))
        for stage in self._blockwise.stages:
            axis = (stage.rows, stage.columns)[k]
            bounds = [min(-(-bound // axis.stride), axis.results) for bound in bounds[:-1]] + [axis.results]
        bounds = sorted({*bounds})
        return tuple(stop - start for start, stop in pairwise(bounds)) or (0,)

    def keys(self) -> Iterator[Any]:
        """Yield the keys of the chunks of the result."""
        return ((self._name, *place) for place in product(*map(range, map(len, self.chunks))))

    def graph(self) -> Graph:
        """Return all tasks by their keys."""
        layout, graph = self._blockwise.layout, Graph()
        graph[f"{self._name}-filter"] = self._blockwise
        if self._mask and self._weights and self._weights.stats is None:
            keys = self._mask.keys()
            names = [f"{self._name}-statistics-{number}" for number in range(len(keys))]
            graph |= {name: (measure_mask, key) for name, key in zip(names, keys, strict=True)}
            graph[f"{self._name}-statistics"] = (_merge, names)
        bounds = [list(pairwise(accumulate(sizes, initial=0))) for sizes in self.chunks]
        for key in self.keys():
            ranges = [own[number] for own, number in zip(bounds, key[1:], strict=True)]
            rows, columns = (ranges[axis] for axis in layout.spatial)
            graph[key] = self._task(Block(*rows, *columns), ranges, graph)
        return graph

    def _task(self, block: Block, ranges: list[Range], graph: Graph) -> Any:
        """Return the task of a chunk of the result, and add the tasks of the pieces that it reads to the graph."""
        shape = tuple(stop - start for start, stop in ranges)
        if 0 in shape:
            return (functools.partial(_make_empty, shape, self._blockwise.dtype),)
        layout, others = self._blockwise.layout, {}  # the ranges of the other axes
        for axis in range(len(ranges)):
            if axis not in layout.spatial and (axis != layout.channel_axis or self._apart):
                others[axis] = ranges[axis]
        sources = self._blockwise.source_blocks(block)
        pieces = [self._image.pieces(source, others, graph) for source in sources]
        known = self._weights.stats if self._weights else None
        compute = functools.partial(_compute_chunk, block, sources, known, self._mask.layout if self._mask else None)
        if self._mask is None:
            return compute, f"{self._name}-filter", pieces
        masks = [self._mask.pieces(source, self._mask_ranges(others), graph) for source in sources]
        return compute, f"{self._name}-filter", pieces, masks, *([] if known else [f"{self._name}-statistics"])

    def _mask_ranges(self, others: dict[int, Range]) -> dict[int, Range]:
        """Return the ranges of a mask's axes other than rows and columns. Axes of size 1 are broadcast."""
        assert self._mask
        more = self._layout.ndim - self._mask.layout.ndim  # leading axes that the mask lacks
        if self._mask.layout.ndim == 2:
            return {}
        return {axis - more: own for axis, own in others.items()
                if axis >= more and self._mask.shape[axis - more] > 1}


class LazyLayer(Layer):
    """The tasks of a lazy result as a layer of dask's graph. They are made when they are first asked for."""

    def __init__(self, tasks: ResultTasks) -> None:
        super().__init__()
        self._tasks = tasks

    @functools.cached_property
    def _graph(self) -> Graph:
        return self._tasks.graph()

    def is_materialized(self) -> bool:
        return "_graph" in self.__dict__

    def get_output_keys(self) -> set[Any]:
        return set(self)  # tasks refer to some that are no chunks of the result

    def __getitem__(self, key: Any) -> Any:
        return self._graph[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._graph)

    def __len__(self) -> int:
        return len(self._graph)

    def __reduce__(self) -> Any:
        return MaterializedLayer, (dict(self), self.annotations)


def _make_empty(shape: tuple[int, ...], dtype: np.dtype[Any], out: Array | None = None) -> Array:
    return np.empty(shape, dtype) if out is None else out


def _merge(found: list[MaskStats]) -> MaskStats:
    return merge_stats(found).validate()


def _compute_chunk(
    block: Block, sources: list[Block], known: MaskStats | None, layout: ArrayLayout | None,
    blockwise: BlockwiseFilter, pieces: list[Any], masks: list[Any] | None = None, found: MaskStats | None = None,
    out: Array | None = None,
) -> Array:
    """Return a chunk of the result, in `out` if there is one, from the pieces of its source blocks and of its mask."""
    if masks is not None:
        assert layout
        weights = dict(zip(sources, map(join_pieces, masks), strict=True))
        blockwise = blockwise.with_mask(Mask(weights.__getitem__, layout, known or found or UNKNOWN_STATS))
    pixels = dict(zip(sources, map(join_pieces, pieces), strict=True))
    return blockwise.compute(block, pixels.__getitem__, out=out)
