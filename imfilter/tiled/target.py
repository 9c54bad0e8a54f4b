"""Large results on disk as targets: written tile by tile, and under their name only once they are whole."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..blocks.build import Block
from ..errors import FileError, check_pair
from ..files.photo import suffix_of
from .source import Source

SUFFIXES = (".zarr", ".tif", ".tiff")


@dataclass
class Target:
    """A result that is written tile by tile.

    path: the name that it will have. shape: (H, W) or (H, W, C). tile: the height and width of what is written at
    once. notes: what the format does not keep. shared_by_processes: whether it may be sent to other processes, each of
    which writes tiles of its own.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    tile: tuple[int, int]
    notes: list[str] = field(default_factory=list)
    shared_by_processes = False

    def blocks(self) -> list[Block]:
        """Return the blocks of the tiles, row after row."""
        (height, width), (rows, columns) = self.shape[:2], self.tile
        return [Block(top, min(top + rows, height), left, min(left + columns, width))
                for top in range(0, height, rows) for left in range(0, width, columns)]

    def missing(self) -> list[Block]:
        """Return the blocks that are still to be written."""
        raise NotImplementedError

    def write(self, block: Block, pixels: Array) -> None:
        """Write the pixels of one of the blocks; several threads may at once."""
        raise NotImplementedError

    def finish(self) -> None:
        """Give the result, of which no block is missing, its name."""
        raise NotImplementedError

    def leave(self) -> None:
        """Stop before the result is whole: what can be finished later stays, marked as unfinished."""
        raise NotImplementedError


def create(path: str, shape: tuple[int, ...], dtype: Any, tile: tuple[int, int] | int, *, like: Source,
           said: dict[str, Any], resume: bool = False, force: bool = False, strip: bool = False) -> Target:
    """Begin a large result, or go on with one.

    Parameters
    ----------
    path : str
        Ends with .zarr, .tif or .tiff.
    shape : (H, W) or (H, W, C)
    dtype : dtype
    tile : pair of int
        Height and width of what is written at once. The target's own `tile` may be larger.
    like : Source
        What the result is made of: its metadata are kept.
    said : dict
        How the result comes about, of what JSON holds: one that was begun with other words is not gone on with.
    resume : bool
        Go on with what an earlier run has left, if there is something.
    force : bool
        Replace what stands there, once the result is whole; and begin anew unless it is resumed.
    strip : bool
        Leave out metadata, but for what colors mean.

    Returns
    -------
    Target

    Raises
    ------
    FileError
        One sentence: what stands there already, what the file system refuses, what the format does not hold.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from imfilter.tiled.source import open_source
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (300, 200), 7).save(os.path.join(folder, "in.tif"))
    ...     source = open_source(os.path.join(folder, "in.tif"))
    ...     path = os.path.join(folder, "out.tif")
    ...     target = create(path, source.shape, source.dtype, 128, like=source, said={"recipe": "none"})
    ...     for block in target.missing():
    ...         target.write(block, source.read(block))
    ...     early = os.path.exists(path)
    ...     target.finish()
    ...     early, open_source(path).shape, len(target.blocks())
    (False, (200, 300), 6)
    """
    check_suffix(path)
    rows, columns = check_pair("tile", tile, 1)
    dtype = np.dtype(dtype)
    if suffix_of(path.rstrip("/")) == ".zarr":
        from .zarr import target as zarr_target

        return zarr_target.create(path, shape, dtype, (rows, columns), like=like, said=said, resume=resume, force=force,
                                  strip=strip)
    if resume:
        raise FileError(f"{path}: only Zarr results are resumed: of a TIFF file that was interrupted nothing is kept")
    from .tiff import target as tiff_target

    return tiff_target.TiffTarget(path, shape, dtype, (rows, columns), like=like, force=force, strip=strip)


def check_suffix(path: str) -> None:
    """Refuse the name of a result that cannot be written tile by tile."""
    suffix = suffix_of(path.rstrip("/"))
    if suffix not in SUFFIXES:
        raise FileError(f"{path}: cannot write {suffix or 'a file without a suffix'} in tiles: it must be "
                        f"{', '.join(SUFFIXES)}")


def outline(shape: tuple[int, ...], dtype: np.dtype[Any], like: Source) -> HighDepthImage:
    """Return a picture of the result's shape without its memory: what formats ask about it, it can tell."""
    bands = shape[2] if len(shape) == 3 else 1
    pixels = np.broadcast_to(np.zeros((), dtype), (*shape[:2], bands))
    count = like.shape[2] if len(like.shape) == 3 else 1
    alpha = like.alpha and bands > 1
    return HighDepthImage(pixels, alpha, like.colors if bands == count else 0)
