"""Filters of dask arrays, computed block by block: what `imfilter.sobel` and the others do when they get one.

Nothing is computed before it is asked for. Each chunk of a result is a task that reads its own window, a chunk and the
rims of those beside it, and has the very bits of the whole image's result. Chunks may have any sizes.
"""
from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import accumulate, pairwise, product
from typing import Any, NamedTuple

import numpy as np

from .. import convolution
from ..arrays.conversion import as_array
from ..arrays.dispatch import implements, is_lazy
from ..arrays.dtypes import Array
from ..arrays.layout import ArrayLayout, layout_of
from ..blocks import build
from ..blocks.build import Block, BlockwiseFilter, Mask
from ..engine.normalized import MaskStats, broadcast_mask, mask_array, measure_mask, merge_stats
from ..errors import ImfilterError
from ..pipeline.chain import Pipeline
from ..pipeline.filter import Filter

Graph = dict[Any, Any]
Range = tuple[int, int]

UNSEEN = MaskStats(0.0, 1.0, 1.0)  # of a mask of which no more is to be known


class Weights(NamedTuple):
    """A mask as a dask array, where its rows and columns are, and what is known of it: facts, or the key of them."""

    array: Any
    layout: ArrayLayout
    stats: MaskStats | None
    said: str


@implements("correlate")
def correlate(image: Any, kernel: Any, **options: Any) -> Any:
    """Return `imfilter.correlate` of a dask array, lazily."""
    return _of_kernel(image, kernel, False, **options)


@implements("convolve")
def convolve(image: Any, kernel: Any, **options: Any) -> Any:
    """Return `imfilter.convolve` of a dask array, lazily."""
    return _of_kernel(image, kernel, True, **options)


def _of_kernel(
    image: Any, kernel: Any, flip: bool, *, mask: Any = None, dtype: Any = None, out: Any = None, workers: Any = None,
    channel_axis: int | None = -1, **options: Any,
) -> Any:
    layout = _checked(image, channel_axis, out, workers)
    weights = _weights(mask, image, layout, options.get("mode", "reflect"))
    parts = build.split_kernel(
        image.shape, image.dtype, kernel, flip=flip, mask=_later(mask, weights), channel_axis=channel_axis,
        wanted=dtype, **options)
    return _filtered(image, layout, parts, ("kernel", as_array(kernel), flip, dtype, channel_axis, options), weights)


@implements("conv2d")
def conv2d(
    image: Any, weight: Any, bias: Any = None, *, dtype: Any = None, out: Any = None, workers: Any = None,
    channel_axis: int | None = -1, **options: Any,
) -> Any:
    """Return `imfilter.conv2d` of a dask array, lazily."""
    layout = _checked(image, channel_axis, out, workers)
    parts = build.split_bank(image.shape, image.dtype, weight, bias, channel_axis=channel_axis, wanted=dtype, **options)
    return _filtered(
        image, layout, parts, ("bank", as_array(weight), bias, dtype, channel_axis, options), mixed=True)


@implements("plan")
def plan(image: Any, *args: Any, **keywords: Any) -> Any:
    """Return `imfilter.plan` of a dask array, whose samples it does not look at."""
    return convolution.plan(np.broadcast_to(np.zeros((), image.dtype), image.shape), *args, **keywords)


@implements("filter")
def preset(
    image: Any, name: str, *, mask: Any, dtype: Any, out: Any, workers: Any, channel_axis: int | None,
    **keywords: Any,
) -> Any:
    """Return a preset's result for a dask array, lazily. keywords: its parameters, checked, and where it is placed."""
    layout = _checked(image, channel_axis, out, workers)
    weights = _weights(mask, image, layout, keywords["mode"])
    keywords["stride"] = tuple(np.broadcast_to(keywords["stride"], 2).tolist())
    chain = Pipeline(Filter(name, keywords if mask is None else {**keywords, "mask": _later(mask, weights)}))
    return _chained(image, layout, chain, dtype, channel_axis, weights)


@implements("pipeline")
def pipeline(image: Any, chain: Pipeline, *, dtype: Any, workers: Any, channel_axis: int | None) -> Any:
    """Return a chain's result for a dask array, lazily. Masks of its filters are looked at before."""
    return _chained(image, _checked(image, channel_axis, None, workers), chain, dtype, channel_axis, None)


def _chained(
    image: Any, layout: ArrayLayout, chain: Pipeline, dtype: Any, channel_axis: int | None, weights: Weights | None
) -> Any:
    parts = build.split_pipeline(chain, image.shape, image.dtype, wanted=dtype, channel_axis=channel_axis)
    said = [(one.name, sorted((key, value) for key, value in one.keywords.items() if not isinstance(value, Mask)))
            for one in chain]
    return _filtered(
        image, layout, parts, ("chain", said, dtype, channel_axis), weights, mixed=any(one.mixes for one in chain))


def _checked(image: Any, channel_axis: int | None, out: Any, workers: Any) -> ArrayLayout:
    """Return where a dask array's rows, columns and channels are; refuse what cannot be computed by tasks."""
    as_array(image._meta)  # which is of the kind that the chunks are of
    if any(np.isnan(size) for size in image.shape):
        raise ImfilterError(
            f"image must have chunks of known sizes, got the shape {image.shape}: call its compute_chunk_sizes() first")
    if out is not None:
        raise ImfilterError(f"out must be None for a dask array, whose result is lazy, got {type(out).__name__}")
    if workers not in (None, 1):
        raise ImfilterError(
            f"workers must be None or 1 for a dask array, got {workers!r}: its scheduler runs tasks side by side")
    return layout_of(image.shape, channel_axis)


def _weights(mask: Any, image: Any, layout: ArrayLayout, mode: Any) -> Weights | None:
    """Return a mask that is an array, checked, as a lazy one. What is known of a lazy mask is found by tasks."""
    from dask.array import from_array
    from dask.base import tokenize

    if mask is None or isinstance(mask, str):
        return None
    given: Any = mask if is_lazy(mask) else mask_array(mask)
    found = mask_array(np.broadcast_to(np.zeros((), given.dtype), given.shape))
    broadcast_mask(found, image.shape, layout)
    where = build.mask_layout(given.ndim, layout)
    if not is_lazy(mask):
        chunks: list[Any] = list(given.shape)
        for own, other in zip(where.spatial, layout.spatial, strict=True):
            chunks[own] = image.chunks[other]
        return Weights(from_array(given, tuple(chunks)),  # type: ignore[no-untyped-call]
                       where, measure_mask(given).validate(), tokenize(given))
    known = UNSEEN if given.dtype.kind == "b" and str(mode) != "constant" else None
    return Weights(given, where, known, given.name)


def _later(mask: Any, weights: Weights | None) -> Any:
    """Return what stands for a mask in BlockwiseFilter: one that tasks put in its place."""
    return mask if weights is None else Mask(_unread, weights.layout, UNSEEN)


def _unread(block: Block) -> Array:
    raise AssertionError("a mask is read by the tasks that it is given to")


def _filtered(
    image: Any, layout: ArrayLayout, parts: BlockwiseFilter, said: Any, weights: Weights | None = None, *, mixed: bool = False
) -> Any:
    """Return the lazy result. said: all that the filter is told; mixed: whether it mixes channels."""
    import dask.array as da
    from dask.base import tokenize
    from dask.highlevelgraph import HighLevelGraph

    name = f"imfilter-{tokenize(image.name, said, weights and weights.said)}"
    tasks = _Tasks(name, image, layout, parts, weights, apart=not mixed)
    sources = [image] if weights is None else [image, weights.array]
    graph = HighLevelGraph.from_collections(name, tasks.graph(), dependencies=sources)
    meta = np.empty((0,) * len(parts.shape), parts.dtype)
    return da.Array(graph, name, tasks.chunks, dtype=parts.dtype, meta=meta)  # type: ignore[no-untyped-call]


class _Tasks:
    """The tasks of a lazy result. apart: whether every chunk of channels has a result of its own."""

    def __init__(
        self, name: str, image: Any, layout: ArrayLayout, parts: BlockwiseFilter, weights: Weights | None, *, apart: bool
    ) -> None:
        self._name, self._parts, self._weights = name, parts, weights
        self._image, self._layout = _Source(image, layout, f"{name}-piece"), layout
        self._mask = _Source(weights.array, weights.layout, f"{name}-weights") if weights else None
        self._apart = apart and layout.channel_axis == parts.layout.channel_axis
        self.chunks = tuple(map(self._chunks, range(len(parts.shape))))

    def _chunks(self, axis: int) -> tuple[int, ...]:
        """Return the chunks of the result along an axis: those of the image, as far as it has them."""
        result = self._parts.layout
        source: tuple[tuple[int, ...], ...] = self._image.chunks
        if axis in result.spatial:
            return self._stepped(result.spatial.index(axis))
        if axis != result.channel_axis:  # which counts images
            return source[0]
        return source[axis] if self._apart else (self._parts.shape[axis],)

    def _stepped(self, k: int) -> tuple[int, ...]:
        """Return the chunks of the rows (0) or columns (1): the boundaries of the image's, stride by stride."""
        bounds = list(accumulate(self._image.chunks[self._layout.spatial[k]], initial=0))
        for step in self._parts.stages:
            axis = (step.rows, step.columns)[k]
            bounds = [min(-(-bound // axis.stride), axis.results) for bound in bounds[:-1]] + [axis.results]
        bounds = sorted({*bounds})
        return tuple(stop - start for start, stop in pairwise(bounds)) or (0,)

    def graph(self) -> Graph:
        """Return all tasks by their keys."""
        layout, graph = self._parts.layout, Graph()
        graph[f"{self._name}-parts"] = self._parts
        if self._mask and self._weights and self._weights.stats is None:
            keys = self._mask.keys()
            graph |= {f"{self._name}-facts-{number}": (measure_mask, key) for number, key in enumerate(keys)}
            graph[f"{self._name}-facts"] = (_merged, [f"{self._name}-facts-{number}" for number in range(len(keys))])
        bounds = [list(pairwise(accumulate(sizes, initial=0))) for sizes in self.chunks]
        for place in product(*map(range, map(len, bounds))):
            ranges = [own[number] for own, number in zip(bounds, place, strict=True)]
            rows, columns = (ranges[axis] for axis in layout.spatial)
            graph[self._name, *place] = self._task(Block(*rows, *columns), ranges, graph)
        return graph

    def _task(self, block: Block, ranges: list[Range], graph: Graph) -> Any:
        """Return the task of a chunk of the result, and put those of the pieces that it reads into the graph."""
        shape = tuple(stop - start for start, stop in ranges)
        if 0 in shape:
            return (functools.partial(np.empty, shape, self._parts.dtype),)
        layout, others = self._parts.layout, {}  # the ranges of the axes beside rows and columns
        for axis in range(len(ranges)):
            if axis not in layout.spatial and (axis != layout.channel_axis or self._apart):
                others[axis] = ranges[axis]
        seen = self._parts.source_blocks(block)
        pieces = [self._image.pieces(window, others, graph) for window in seen]
        known = self._weights.stats if self._weights else None
        compute = functools.partial(_computed, block, seen, known, self._mask.layout if self._mask else None)
        if self._mask is None:
            return compute, f"{self._name}-parts", pieces
        masks = [self._mask.pieces(window, self._beside(others), graph) for window in seen]
        return compute, f"{self._name}-parts", pieces, masks, *([] if known else [f"{self._name}-facts"])

    def _beside(self, others: dict[int, Range]) -> dict[int, Range]:
        """Return the ranges of a mask's axes beside rows and columns. Those of a single number serve for all."""
        assert self._mask
        more = self._layout.ndim - self._mask.layout.ndim  # axes that the mask lacks, in front
        if self._mask.layout.ndim == 2:
            return {}
        return {axis - more: own for axis, own in others.items()
                if axis >= more and self._mask.shape[axis - more] > 1}


class _Source:
    """A dask array that windows are read from. name: what keys of its pieces begin with."""

    def __init__(self, array: Any, layout: ArrayLayout, name: str) -> None:
        self.layout, self.shape, self.chunks = layout, array.shape, array.chunks
        self._key, self._name = array.name, name
        self._bounds = [list(accumulate(sizes, initial=0)) for sizes in array.chunks]

    def keys(self) -> list[Any]:
        """Return the keys of all chunks."""
        return [(self._key, *place) for place in product(*map(range, map(len, self.chunks)))]

    def pieces(self, window: Block, others: dict[int, Range], graph: Graph) -> Any:
        """Return the keys of what makes up a window, nested by axes; put the tasks that cut it out into the graph."""
        ranges = [others.get(axis, (0, size)) for axis, size in enumerate(self.shape)]
        rows, columns = self.layout.spatial
        ranges[rows], ranges[columns] = (window.top, window.bottom), (window.left, window.right)
        cuts = [self._cuts(axis, *own) for axis, own in enumerate(ranges)]
        return self._nested(cuts, (), graph)

    def _cuts(self, axis: int, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Return which chunks a range along an axis meets, and where in each."""
        bounds = self._bounds[axis]
        first = int(np.searchsorted(bounds, start, "right")) - 1
        found = []
        for number in range(first, len(bounds) - 1):
            low, high = bounds[number], bounds[number + 1]
            if low >= stop:
                break
            found.append((number, max(start, low) - low, min(stop, high) - low))
        return found

    def _nested(self, cuts: Sequence[Any], chosen: tuple[Any, ...], graph: Graph) -> Any:
        if len(chosen) < len(cuts):
            return [self._nested(cuts, (*chosen, cut), graph) for cut in cuts[len(chosen)]]
        key = (self._key, *(number for number, _, _ in chosen))
        if all(cut[1:] == (0, sizes[cut[0]]) for cut, sizes in zip(chosen, self.chunks, strict=True)):
            return key
        name = (self._name, *(at for cut in chosen for at in cut))
        graph[name] = (functools.partial(_cut, tuple(slice(start, stop) for _, start, stop in chosen)), key)
        return name


def _cut(where: tuple[slice, ...], chunk: Array) -> Array:
    """Return a part of a chunk as an array of its own, so that no more than it stays in memory or is sent."""
    return chunk[where].copy()


def _merged(found: list[MaskStats]) -> MaskStats:
    return merge_stats(found).validate()


def _computed(
    block: Block, seen: list[Block], known: MaskStats | None, layout: ArrayLayout | None, parts: BlockwiseFilter, pieces: list[Any],
    masks: list[Any] | None = None, found: MaskStats | None = None,
) -> Array:
    """Return a chunk of the result, from the pieces of its windows, and of those of a mask."""
    if masks is not None:
        assert layout
        weights = dict(zip(seen, map(_joined, masks), strict=True))
        parts = parts.with_mask(Mask(weights.__getitem__, layout, known or found or UNSEEN))
    pixels = dict(zip(seen, map(_joined, pieces), strict=True))
    return parts.compute(block, pixels.__getitem__)


def _joined(pieces: Any) -> Array:
    """Return nested lists of arrays as one array, without a copy where there is one alone."""
    only = pieces
    while isinstance(only, list) and len(only) == 1:
        only = only[0]
    return np.block(pieces) if isinstance(only, list) else as_array(only)
