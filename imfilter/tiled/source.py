"""Large images on disk as sources: what they are, known from their header, and their pixels window by window."""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..blocks.build import Block
from ..errors import FileError
from .zarr.stores import DESCRIPTIONS


@dataclass
class Source:
    """An image in a file, read window by window by any thread, and by any process that it is sent to.

    path: the file or folder. shape: (H, W) or (H, W, C). dtype: of what is read. alpha: whether the last channel is
    alpha. colors: how many channels are colors, as `HighDepthImage` has them. info: what is said beside the pixels.
    tile: the height and width of what is decoded at once. notes: what is read as something else, or is not kept.
    stamp: the size and the time of the file, by which another file under its name is known.
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


def open_source(path: str) -> Source:
    """Open a large image: TIFF of any layout, or Zarr and OME-Zarr, versions 2 and 3.

    Parameters
    ----------
    path : str
        A file, or the folder of a Zarr array or group.

    Returns
    -------
    Source
        Nothing of its pixels is read yet.

    Raises
    ------
    FileError
        One sentence that names the file and says why it cannot be read in tiles.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "gray.tif")
    ...     Image.linear_gradient("L").save(path)
    ...     source = open_source(path)
    ...     source.shape, source.dtype, source.read(Block(100, 103, 7, 9)).tolist()
    ((256, 256), dtype('uint8'), [[100, 100], [101, 101], [102, 102]])
    """
    if path == "-":
        raise FileError("-: standard input cannot be read in tiles: name a file, or use --engine memory")
    try:
        folder = os.path.isdir(path)
        with open(path if not folder else os.devnull, "rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None
    if folder or start == b"PK\3\4":
        from .zarr import source as zarr_source

        return zarr_source.opened(path)
    from ..files.header import TIFF_STARTS

    if start not in TIFF_STARTS:
        raise FileError(f"{path}: is read whole, not in tiles, which is for TIFF and Zarr: use --engine memory")
    from .tiff import source as tiff_source

    return tiff_source.opened(path)


def stamp(path: str) -> tuple[int, int]:
    """Return the size and the time of a file, or of a Zarr folder's own description."""
    known = next((name for name in (os.path.join(path, name) for name in DESCRIPTIONS) if os.path.exists(name)), path)
    found = os.stat(known)
    return found.st_size, found.st_mtime_ns
