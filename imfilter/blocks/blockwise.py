"""Blocks of a filtered image, each computed from windows of its source, with the very bits of the whole image.

A chain is gone through from its end: each step says which windows of its source a block of its result sees, and these
are blocks of the result of the step before. So borders, strides and images that wrap around hold for every step.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..arrays.alpha import merge_alpha, split_alpha
from ..arrays.dtypes import Array, round_to_dtype
from ..arrays.layout import ArrayLayout, layout_of
from ..engine import region
from ..engine.normalized import MaskStats, MaskTile
from ..filters.linear_light import check_srgb
from .intervals import Axis, Interval

Read = Callable[["Block"], Array]
Pixels = tuple[Array, Array | None]  # colors and, where there is one, their alpha
PLANE = ArrayLayout(2, None)


class Block(NamedTuple):
    """A rectangle of an image, from its first row and column to those behind its last."""

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

    def of(self, image: Array, layout: ArrayLayout) -> Array:
        """Return what of an image lies in here."""
        index: list[slice] = [slice(None)] * image.ndim
        for axis, where in zip(layout.spatial, (self.rows, self.columns), strict=True):
            index[axis] = where
        return image[tuple(index)]


class Mask(NamedTuple):
    """A mask that is read window by window, where its rows and columns are, and what is known of the whole."""

    read: Read
    layout: ArrayLayout
    stats: MaskStats


@dataclass(frozen=True)
class FilterStage:
    """One filter of a whole image.

    rows, columns: how results lie along both axes. layout, result: of its source and of its result. compute: the
    filter of colors and alpha, which takes workers and, where the axes are padded, padding.
    """

    rows: Axis
    columns: Axis
    layout: ArrayLayout
    result: ArrayLayout
    compute: Callable[..., Pixels]
    mask: Mask | None = None

    def spans(self, block: Block) -> tuple[Interval, Interval]:
        """Return the rows and columns of the source that a block of the result is computed from."""
        return self.rows.span(block.top, block.bottom), self.columns.span(block.left, block.right)

    def windows(self, block: Block) -> list[list[Block]]:
        """Return what stands in these rows and columns, one beside the other: several where the image wraps around."""
        down, across = self.spans(block)
        return [[Block(*rows, *columns) for columns in across.pieces(self.columns.size)]
                for rows in down.pieces(self.rows.size)]

    def run(self, block: Block, colors: Array, alpha: Array | None, workers: int | None) -> Pixels:
        """Return a block of the result, from the pixels of its windows put together."""
        down, across = self.spans(block)
        options: dict[str, Any] = {"workers": workers}
        if self.rows.padded:
            options["padding"] = (down.before, down.after), (across.before, across.after)
        if self.mask:
            read = [[self.mask.read(window) for window in row] for row in self.windows(block)]
            options["mask"] = MaskTile(_assembled(read, self.mask.layout), self.mask.stats)
        window = region.OutputRegion((down.first, across.first), (self.rows.results, self.columns.results), set())
        with region.computing_region(window):
            colors, alpha = self.compute(colors, alpha, **options)
        own = Block(block.top - down.first, block.bottom - down.first,
                    block.left - across.first, block.right - across.first)
        return own.of(colors, self.result), None if alpha is None else own.of(alpha, PLANE)


@dataclass(frozen=True)
class BlockwiseFilter:
    """What a filter makes of a whole image, one block at a time.

    shape, dtype: of the whole result. source: the dtype of the image. alpha: whether the last channel of both is alpha.
    linear: whether samples must be those of light. Other processes may have it: it can be pickled.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    source: np.dtype[Any]
    steps: tuple[FilterStage, ...]
    alpha: bool = False
    linear: bool = False

    @property
    def layout(self) -> ArrayLayout:
        """Where the rows, columns and channels of the result are."""
        return layout_of(self.shape, -1) if self.alpha else self.steps[-1].result

    def sees(self, block: Block) -> list[Block]:
        """Return the windows of the source, all within it, that a block of the result is computed from."""
        blocks = [block] if min(block.size) > 0 and 0 not in self.shape else []
        for step in reversed(self.steps):
            seen = (window for one in blocks for row in step.windows(one) for window in row)
            blocks = list(dict.fromkeys(seen))
        return blocks

    def compute(self, block: Block, read: Read, workers: int | None = 1) -> Array:
        """Return a block of the result. read: gives the pixels of a window of the source, one that `sees` tells of."""
        if not self.sees(block):
            return np.empty(self.layout.shape(self.shape, *block.size), self.dtype)
        colors, alpha = self._computed(len(self.steps), block, read, workers)
        return colors if alpha is None else merge_alpha(colors, round_to_dtype(alpha, self.source))

    def masked(self, mask: Mask) -> BlockwiseFilter:
        """Return these with another mask for the first step."""
        first, *others = self.steps
        return replace(self, steps=(replace(first, mask=mask), *others))

    def _computed(self, count: int, block: Block, read: Read, workers: int | None) -> Pixels:
        """Return a block of what the first `count` steps give."""
        if not count:
            pixels = read(block)
            if self.linear:
                check_srgb(pixels)
            return split_alpha(pixels) if self.alpha else (pixels, None)
        step = self.steps[count - 1]
        pieces = [[self._computed(count - 1, window, read, workers) for window in row] for row in step.windows(block)]
        colors = _assembled([[piece[0] for piece in row] for row in pieces], step.layout)
        planes = [[piece[1] for piece in row if piece[1] is not None] for row in pieces]
        return step.run(block, colors, _assembled(planes, PLANE) if planes[0] else None, workers)


def _assembled(pieces: Sequence[Sequence[Array]], layout: ArrayLayout) -> Array:
    """Return arrays that lie beside and below each other as one."""
    down, across = layout.spatial
    rows = [np.concatenate(row, axis=across) if len(row) > 1 else row[0] for row in pieces]
    return np.concatenate(rows, axis=down) if len(rows) > 1 else rows[0]
