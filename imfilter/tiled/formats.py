"""Open a large image and create a large result, in the format of the file: TIFF or Zarr."""
from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..errors import FileError, check_pair
from ..files.header import TIFF_STARTS
from ..files.photo import suffix_of
from .source import Source
from .target import Target, TargetOptions
from .tiff.source import TiffSource
from .tiff.target import TiffTarget
from .zarr.source import open_zarr
from .zarr.stores import ZARR
from .zarr.target import create_store

SUFFIXES = (ZARR, ".tif", ".tiff")


def open_source(path: str) -> Source:
    """Open a large image: TIFF of any layout, or Zarr and OME-Zarr, versions 2 and 3.

    Parameters
    ----------
    path : str
        A file, or the folder of a Zarr array or group.

    Returns
    -------
    Source
        No pixels are read yet.

    Raises
    ------
    FileError
        One sentence that names the file and says why it cannot be read in tiles.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from imfilter.blocks.build import Block
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
        return open_zarr(path)
    if start not in TIFF_STARTS:
        raise FileError(f"{path}: cannot be read in tiles, as only TIFF and Zarr can: use --engine memory")
    return TiffSource(path)


def create_target(
    path: str, shape: tuple[int, ...], dtype: Any, tile: tuple[int, int] | int, *, like: Source,
    options: TargetOptions | None = None,
) -> Target:
    """Begin a large result, or resume an unfinished one.

    Parameters
    ----------
    path : str
        Must end in .zarr, .tif or .tiff.
    shape : (H, W) or (H, W, C)
    dtype : dtype
    tile : pair of int
        Height and width of what is written at once. The target's own `tile` may be larger.
    like : Source
        The source of the result, whose metadata is kept.
    options : TargetOptions, optional

    Returns
    -------
    Target

    Raises
    ------
    FileError
        One sentence: the name is taken, the file system objects, or the format cannot hold the result.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (300, 200), 7).save(os.path.join(folder, "in.tif"))
    ...     source = open_source(os.path.join(folder, "in.tif"))
    ...     path = os.path.join(folder, "out.tif")
    ...     target = create_target(path, source.shape, source.dtype, 128, like=source)
    ...     for block in target.missing():
    ...         target.write(block, source.read(block))
    ...     early = os.path.exists(path)
    ...     target.finish()
    ...     early, open_source(path).shape, len(target.blocks())
    (False, (200, 300), 6)
    """
    options = options or TargetOptions()
    _check_suffix(path)
    size = check_pair("tile", tile, 1)
    dtype = np.dtype(dtype)
    if suffix_of(path.rstrip("/")) == ZARR:
        return create_store(path, shape, dtype, size, like=like, options=options)
    if options.resume:
        raise FileError(f"{path}: only Zarr results can be resumed: an interrupted TIFF file is not kept")
    return TiffTarget(path, shape, dtype, size, like=like, options=options)


def _check_suffix(path: str) -> None:
    """Reject the name of a result that cannot be written tile by tile."""
    suffix = suffix_of(path.rstrip("/"))
    if suffix not in SUFFIXES:
        raise FileError(f"{path}: cannot write {suffix or 'a file without a suffix'} in tiles: it must be "
                        f"{', '.join(SUFFIXES)}")
