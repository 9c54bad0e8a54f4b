"""Implementations for dask arrays of the public functions, such as `imfilter.sobel`: lazy, block by block.

Each chunk of a result is a task that reads its source blocks: a chunk and the margins of its neighbors. The result is
bit-identical to filtering the whole image. Chunks may have any sizes.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dispatch import implements, is_lazy
from ..arrays.doubtful_axes import warn_about_axes
from ..arrays.dtypes import Array
from ..arrays.layout import ArrayLayout, layout_of
from ..blocks import build
from ..blocks.build import Block, BlockwiseFilter, Mask
from ..engine.normalized import broadcast_mask, mask_array, measure_mask
from ..engine.request import BankOptions, BankRequest, ChannelwiseOptions
from ..errors import ImfilterError
from ..pipeline.chain import Pipeline
from ..pipeline.filter import Filter
from .dask_graph import UNKNOWN_STATS, LazyLayer, LazyMask, ResultTasks


@implements("kernel")
def filter_with_kernel(
    image: Any, kernel: Any, options: ChannelwiseOptions, *, flip: bool, channel_axis: int | None, mask: Any, out: Any,
    workers: Any,
) -> Any:
    """Implement `imfilter.correlate` and `imfilter.convolve` for a dask array."""
    warn_about_axes(image, channel_axis)
    layout = _check_array(image, channel_axis, out, workers)
    lazy_mask = _open_mask(mask, image, layout, options.mode)
    blockwise = build.split_kernel(
        image.shape, image.dtype, kernel, options, flip=flip, mask=_placeholder(mask, lazy_mask),
        channel_axis=channel_axis)
    request = "kernel", as_array(kernel), flip, channel_axis, options._asdict()
    return _lazy_result(image, layout, blockwise, request, lazy_mask)


@implements("bank")
def filter_bank(
    image: Any, weight: Any, bias: Any, options: BankOptions, *, channel_axis: int | None, out: Any, workers: Any
) -> Any:
    """Implement `imfilter.conv2d` for a dask array."""
    layout = _check_array(image, channel_axis, out, workers)
    blockwise = build.split_bank(BankRequest(image.shape, image.dtype, layout, weight, bias, options))
    request = "bank", as_array(weight), bias, channel_axis, options._asdict()
    return _lazy_result(image, layout, blockwise, request, mixed=True)


@implements("filter")
def apply_filter(
    image: Any, name: str, *, mask: Any, dtype: Any, out: Any, workers: Any, channel_axis: int | None,
    **keywords: Any,
) -> Any:
    """Implement the filters for a dask array. keywords: the checked parameters, mode, cval, stride and exact."""
    layout = _check_array(image, channel_axis, out, workers)
    lazy_mask = _open_mask(mask, image, layout, keywords["mode"])
    keywords["stride"] = tuple(np.broadcast_to(keywords["stride"], 2).tolist())
    pipeline = Pipeline(Filter(name, keywords if mask is None else {**keywords, "mask": _placeholder(mask, lazy_mask)}))
    return _make_lazy(image, layout, pipeline, dtype, channel_axis, lazy_mask)


@implements("pipeline")
def apply_pipeline(image: Any, pipeline: Pipeline, *, dtype: Any, workers: Any, channel_axis: int | None) -> Any:
    """Implement pipelines for a dask array. Masks of their filters are arrays."""
    layout = _check_array(image, channel_axis, None, workers)
    if any(getattr(one.keywords.get("mask"), "ndim", 2) > 2 for one in pipeline):  # its images and channels are not cut
        image = image.rechunk({axis: -1 for axis in range(image.ndim) if axis not in layout.spatial})
    return _make_lazy(image, layout, pipeline, dtype, channel_axis, None)


def _make_lazy(
    image: Any, layout: ArrayLayout, pipeline: Pipeline, dtype: Any, channel_axis: int | None,
    lazy_mask: LazyMask | None,
) -> Any:
    blockwise = build.split_pipeline(pipeline, image.shape, image.dtype, wanted=dtype, channel_axis=channel_axis)
    stages = [(one.name, sorted((key, value) for key, value in one.keywords.items() if not isinstance(value, Mask)))
              for one in pipeline]
    request = "chain", stages, dtype, channel_axis
    return _lazy_result(
        image, layout, blockwise, request, lazy_mask, mixed=any(one.joins_channels for one in pipeline))


def _check_array(image: Any, channel_axis: int | None, out: Any, workers: Any) -> ArrayLayout:
    """Return the layout of a dask array; reject what tasks cannot compute."""
    as_array(image._meta)  # rejects chunks that cannot be converted to NumPy arrays
    if any(np.isnan(size) for size in image.shape):
        raise ImfilterError(
            f"image must have chunks of known sizes, got the shape {image.shape}: call its compute_chunk_sizes() first")
    if out is not None:
        raise ImfilterError(f"out must be None for a dask array, because its result is lazy, got {type(out).__name__}")
    if workers not in (None, 1):
        raise ImfilterError(
            f"workers must be None or 1 for a dask array, got {workers!r}: its scheduler runs tasks in parallel")
    return layout_of(image.shape, channel_axis)


def _open_mask(mask: Any, image: Any, layout: ArrayLayout, mode: Any) -> LazyMask | None:
    """Return a checked mask as a lazy one, None for no mask or 'nan'. Tasks measure a mask that is lazy already."""
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
        return LazyMask(from_array(given, tuple(chunks)),  # type: ignore[no-untyped-call]
                       where, measure_mask(given).validate(), tokenize(given))
    known = UNKNOWN_STATS if given.dtype.kind == "b" and str(mode) != "constant" else None
    return LazyMask(given, where, known, given.name)


def _placeholder(mask: Any, lazy_mask: LazyMask | None) -> Any:
    """Return the placeholder of a mask in a BlockwiseFilter, which tasks replace."""
    return mask if lazy_mask is None else Mask(_reject_reading, lazy_mask.layout, UNKNOWN_STATS)


def _reject_reading(block: Block) -> Array:
    raise AssertionError("the placeholder of a mask was not replaced")


def _lazy_result(
    image: Any, layout: ArrayLayout, blockwise: BlockwiseFilter, request: Any, lazy_mask: LazyMask | None = None, *,
    mixed: bool = False,
) -> Any:
    """Return the lazy result. request: everything that determines it; mixed: whether results depend on all channels."""
    from dask.base import tokenize
    from dask.highlevelgraph import HighLevelGraph

    from .dask_result import LazyResult

    name = f"imfilter-{tokenize(image.name, request, lazy_mask and lazy_mask.token)}"
    tasks = ResultTasks(name, image, layout, blockwise, lazy_mask, apart=not mixed)
    sources = [image] if lazy_mask is None else [image, lazy_mask.array]
    graph = HighLevelGraph.from_collections(name, LazyLayer(tasks), dependencies=sources)
    meta = np.empty((0,) * len(blockwise.shape), blockwise.dtype)
    result = LazyResult(graph, name, tasks.chunks, dtype=blockwise.dtype, meta=meta)  # type: ignore[no-untyped-call]
    result.filter_whole = tasks.filter_whole
    return result
