"""The base class of large images on disk: known from their header, and read window by window."""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..blocks.build import Block
from .zarr.stores import DESCRIPTIONS


@dataclass
class Source:
    """An image in a file. Any thread can read it, and any process it is sent to.

    path: the file or folder. shape: (H, W) or (H, W, C). dtype: of the pixels read. alpha: whether the last channel is
    alpha. colors: number of color channels, as in `HighDepthImage`. info: metadata. tile: height and width of what is
    decoded at once. notes: what is converted or not kept. stamp: size and time of the file, to notice that another file
    has taken its place.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    alpha: bool
    colors: int
    tile: tuple[int, int]
    info: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stamp: tuple[int, int] = (0, 0)

    def read(self, block: Block) -> Array:
        """Return the pixels of a block: (h, w) or (h, w, C)."""
        raise NotImplementedError


def read_stamp(path: str) -> tuple[int, int]:
    """Return the size and the time of a file, or those of the file that describes a Zarr folder."""
    known = next((name for name in (os.path.join(path, name) for name in DESCRIPTIONS) if os.path.exists(name)), path)
    status = os.stat(known)
    return status.st_size, status.st_mtime_ns
