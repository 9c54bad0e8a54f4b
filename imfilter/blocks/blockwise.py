"""Compute blocks of a filtered image from blocks of its source, bit-identical to filtering the whole image.

A pipeline is followed from its end: each stage determines the source blocks of a block of its result, and these are
blocks of the result of the stage before. So borders, strides and wrapping around are correct for every stage.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..arrays.alpha import merge_alpha, split_alpha
from ..arrays.dtypes import Array, round_to_dtype
from ..arrays.layout import ArrayLayout, layout_of
from ..arrays.nodata import Value, clear_missing
from ..engine import region
from ..engine.normalized import MaskStats, MaskTile
from ..filters.linear_light import check_srgb
from .intervals import Axis, Interval

Read = Callable[["Block"], Array]
Pixels = tuple[Array, Array | None]  # colors and, where there is one, their alpha
PLANE = ArrayLayout(2, None)


class Block(NamedTuple):
    """A rectangle of an image: rows top to bottom - 1, columns left to right - 1."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def take_from(self, image: Array, layout: ArrayLayout) -> Array:
        """Return the view of this block of an image."""
        index: list[slice] = [slice(None)] * image.ndim
        for axis, where in zip(layout.spatial, (self.rows, self.columns), strict=True):
            index[axis] = where
        return image[tuple(index)]


class Mask(NamedTuple):
    """A mask that is read block by block, its layout, and the statistics of the whole mask."""

    read: Read
    layout: ArrayLayout
    stats: MaskStats


@dataclass(frozen=True)
class FilterStage:
    """One filter of a whole image.

    rows, columns: how results depend on pixels along both axes. layout, result: the layouts of its source and of its
    result. compute: filters colors and alpha; it takes workers and, if the axes are padded, out, and finds the padding
    in the region.
    """

    rows: Axis
    columns: Axis
    layout: ArrayLayout
    result: ArrayLayout
    compute: Callable[..., Pixels]
    mask: Mask | None = None

    @property
    def whole(self) -> region.WholeImage:
        """The image that the stage filters, and its padding if that can be set."""
        rows, columns = self.rows, self.columns
        margins = ((rows.before, rows.after), (columns.before, columns.after)) if rows.padded else None
        return region.WholeImage((rows.size, columns.size), (rows.results, columns.results), margins)

    def source_intervals(self, block: Block) -> tuple[Interval, Interval]:
        """Return the rows and columns of the source that a block of the result is computed from."""
        return (self.rows.source_interval(block.top, block.bottom),
                self.columns.source_interval(block.left, block.right))

    def source_grid(self, block: Block) -> list[list[Block]]:
        """Return the blocks of the source in these rows and columns: several where the image wraps around."""
        down, across = self.source_intervals(block)
        return [[Block(*rows, *columns) for columns in across.split(self.columns.size)]
                for rows in down.split(self.rows.size)]

    def run(
        self, block: Block, colors: Array, alpha: Array | None, workers: int | None, out: Array | None = None
    ) -> Pixels:
        """Return a block of the result, from the pixels of its assembled source blocks; in `out` where possible."""
        down, across = self.source_intervals(block)
        options: dict[str, Any] = {"workers": workers}
        padding = ((down.before, down.after), (across.before, across.after)) if self.rows.padded else None
        exact = self.rows.gives_only(down, block.top, block.bottom) and self.columns.gives_only(
            across, block.left, block.right)
        if out is not None and exact and alpha is None:
            options["out"] = out
        if self.mask:
            read = [[self.mask.read(source) for source in row] for row in self.source_grid(block)]
            options["mask"] = MaskTile(_assemble(read, self.mask.layout), self.mask.stats)
        computed = region.OutputRegion((down.first, across.first), self.whole, set(), set(), padding)
        with region.computing_region(computed):
            colors, alpha = self.compute(colors, alpha, **options)
        own = Block(block.top - down.first, block.bottom - down.first,
                    block.left - across.first, block.right - across.first)
        return own.take_from(colors, self.result), None if alpha is None else own.take_from(alpha, PLANE)


@dataclass(frozen=True)
class BlockwiseFilter:
    """A filter of a whole image, computed one block at a time.

    shape, dtype: of the whole result. source: the dtype of the image. alpha: whether the last channel of both is alpha.
    linear: whether samples must be sRGB, because a filter decodes them. nodata: of samples that do not count. It can
    be pickled for other processes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    source: np.dtype[Any]
    stages: tuple[FilterStage, ...]
    alpha: bool = False
    linear: bool = False
    nodata: Value | None = None

    @property
    def layout(self) -> ArrayLayout:
        """The layout of the result."""
        return layout_of(self.shape, -1) if self.alpha else self.stages[-1].result

    def source_blocks(self, block: Block) -> list[Block]:
        """Return the blocks of the source, all within it, that a block of the result is computed from."""
        blocks = [] if self._is_empty(block) else [block]
        for stage in reversed(self.stages):
            sources = (source for one in blocks for row in stage.source_grid(one) for source in row)
            blocks = list(dict.fromkeys(sources))
        return blocks

    def compute(self, block: Block, read: Read, workers: int | None = 1, out: Array | None = None) -> Array:
        """Return a block of the result, in `out` if there is one. read: returns the pixels of a source block."""
        if self._is_empty(block):
            return np.empty(self.layout.shape(self.shape, *block.size), self.dtype)
        colors, alpha = self._run_stages(len(self.stages), block, read, workers, out)
        result = colors if alpha is None else merge_alpha(colors, round_to_dtype(alpha, self.source))
        if out is not None and not np.may_share_memory(result, out):
            out[...] = result
        return result if out is None else out

    def _is_empty(self, block: Block) -> bool:
        return min(block.size) <= 0 or 0 in self.shape

    def with_mask(self, mask: Mask) -> BlockwiseFilter:
        """Return this filter with another mask for the first stage."""
        first, *others = self.stages
        return replace(self, stages=(replace(first, mask=mask), *others))

    def _run_stages(
        self, count: int, block: Block, read: Read, workers: int | None, out: Array | None = None
    ) -> Pixels:
        """Return a block of the result of the first `count` stages."""
        if not count:
            pixels = read(block)
            if self.linear:
                check_srgb(pixels if self.nodata is None else clear_missing(pixels, self.nodata))
            return split_alpha(pixels) if self.alpha else (pixels, None)
        stage = self.stages[count - 1]
        pieces = [[self._run_stages(count - 1, source, read, workers) for source in row]
                  for row in stage.source_grid(block)]
        colors = _assemble([[piece[0] for piece in row] for row in pieces], stage.layout)
        planes = [[piece[1] for piece in row if piece[1] is not None] for row in pieces]
        return stage.run(block, colors, _assemble(planes, PLANE) if planes[0] else None, workers, out)


def _assemble(pieces: Sequence[Sequence[Array]], layout: ArrayLayout) -> Array:
    """Return adjacent arrays, row by row, as one array."""
    down, across = layout.spatial
    rows = [np.concatenate(row, axis=across) if len(row) > 1 else row[0] for row in pieces]
    return np.concatenate(rows, axis=down) if len(rows) > 1 else rows[0]
