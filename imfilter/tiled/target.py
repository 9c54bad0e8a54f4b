"""The base class of large results on disk: written tile by tile, and visible under their name only once complete."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..blocks.build import Block
from .source import Source


@dataclass(frozen=True)
class TargetOptions:
    """How to begin a result.

    provenance: what it is made from, as JSON values; an unfinished result of another provenance is not resumed. resume:
    continue an unfinished result if there is one. force: replace an existing result once the new one is complete, and
    discard an unfinished one unless it is resumed. strip: keep no metadata except what defines the colors.
    stride, offset: of the filter (down, across): the resolution is divided by the stride, and the first result lies
    this far from the middle of the first pixel.
    """

    provenance: dict[str, Any] = field(default_factory=dict)
    resume: bool = False
    force: bool = False
    strip: bool = False
    stride: tuple[int, int] = (1, 1)
    offset: tuple[float, float] = (0.0, 0.0)

    def metadata(self, like: Source) -> dict[str, Any]:
        """Return the metadata of the source with the stride and the offset, as `fit_metadata` takes them."""
        return {**like.info, "stride": self.stride, "offset": self.offset}


@dataclass
class Target:
    """A result that is written tile by tile.

    path: its final name. shape: (H, W) or (H, W, C). tile: height and width of what is written at once. notes: what the
    format does not keep. shared_by_processes: whether other processes can write tiles of it, and a later run can resume
    it.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    tile: tuple[int, int]
    notes: list[str] = field(default_factory=list)
    shared_by_processes = False

    def blocks(self) -> list[Block]:
        """Return the blocks of the tiles, row by row."""
        (height, width), (rows, columns) = self.shape[:2], self.tile
        return [Block(top, min(top + rows, height), left, min(left + columns, width))
                for top in range(0, height, rows) for left in range(0, width, columns)]

    def missing(self) -> list[Block]:
        """Return the blocks that are still to be written."""
        raise NotImplementedError

    def write(self, block: Block, pixels: Array) -> None:
        """Write the pixels of a block. Several threads may write at once."""
        raise NotImplementedError

    def finish(self) -> None:
        """Give the complete result its name."""
        raise NotImplementedError

    def abandon(self) -> None:
        """Stop early: keep what can be resumed under another name, and delete the rest."""
        raise NotImplementedError


def outline(shape: tuple[int, ...], dtype: np.dtype[Any], like: Source) -> HighDepthImage:
    """Return an image of the result's shape that takes no memory, to ask a format what it can hold."""
    bands = shape[2] if len(shape) == 3 else 1
    pixels = np.broadcast_to(np.zeros((), dtype), (*shape[:2], bands))
    count = like.shape[2] if len(like.shape) == 3 else 1
    alpha = like.alpha and bands > 1
    info = {"white is zero": True} if like.info.get("white is zero") else {}
    return HighDepthImage(pixels, alpha, like.colors if bands == count else 0, info)
