"""Zarr stores as targets: a chunk a tile, written by any process, under another name until all are there."""
from __future__ import annotations

import os
import shutil
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...errors import FileError
from ...files.atomic import complaints, sync_folder
from ...files.formats import TIFF
from ...files.metadata import fitted
from ..ome import description
from ..source import Source
from ..target import Target, outline
from . import unfinished
from .source import OWN, Axes, library, told
from .stores import is_store

VERSION = 3  # of Zarr


class ZarrTarget(Target):
    """A Zarr array, or an OME-Zarr picture where the source is one."""

    shared_by_processes = True

    def __init__(self, path: str, shape: tuple[int, ...], dtype: np.dtype[Any], tile: tuple[int, int], axes: Axes,
                 inner: str, force: bool) -> None:
        super().__init__(path, shape, dtype, tile)
        self.partial = f"{path}{unfinished.SUFFIX}"
        self._axes, self._inner, self._force = axes, inner, force
        self._array: Any = None
        self._lock: unfinished.Lock | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_array": None, "_lock": None}

    def missing(self) -> list[Block]:
        """Return the blocks that are still to be written."""
        done = unfinished.done(self.partial)
        return [block for block in self.blocks()
                if self._place(block) not in done or not os.path.exists(self._chunk(block))]

    def write(self, block: Block, pixels: Array) -> None:
        """Write a block as one chunk, and mark it as done once it is on the disk."""
        array = self._opened()
        pixels = pixels.reshape(*block.size, -1) if self._axes.channels is not None else pixels.reshape(block.size)
        pixels = pixels.transpose(np.argsort(self._axes.order()))
        with complaints(self.path):
            array[self._axes.window(array.ndim, block)] = pixels
            unfinished.sync(self._chunk(block))
            unfinished.mark(self.partial, self._place(block))

    def finish(self) -> None:
        """Give the store its name, in the place of what stood there if that may be replaced."""
        missing = len(self.missing())
        if missing:
            raise FileError(f"{self.path}: {missing} tiles are missing")
        with complaints(self.path):
            check(self.path, force=self._force)
            unfinished.sweep(self.partial)
            _rename(self.partial, self.path)
            self._unlock()
            shutil.rmtree(os.path.join(self.path, unfinished.FOLDER))

    def leave(self) -> None:
        """Stop: the tiles that are done stay, for who resumes; without any, nothing does."""
        self._unlock()
        if os.path.isdir(self.partial) and not unfinished.done(self.partial):
            shutil.rmtree(self.partial, ignore_errors=True)

    def lock(self) -> None:
        """Keep other runs from the unfinished store, until this one finishes or leaves it, or its process ends."""
        self._lock = unfinished.Lock(self.partial)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _opened(self) -> Any:
        if self._array is None:
            with complaints(self.path):
                self._array = library().open_array(os.path.join(self.partial, self._inner), mode="r+").with_config(
                    {"write_empty_chunks": True})
        return self._array

    def _place(self, block: Block) -> tuple[int, int]:
        return block.top // self.tile[0], block.left // self.tile[1]

    def _chunk(self, block: Block) -> str:
        """Return the file of a block's chunk."""
        array = self._opened()
        place = [0] * array.ndim
        place[self._axes.rows], place[self._axes.columns] = self._place(block)
        return os.path.join(self.partial, self._inner, array.metadata.encode_chunk_key(tuple(place)))


def create(path: str, shape: tuple[int, ...], dtype: np.dtype[Any], tile: tuple[int, int], *, like: Source,
           said: dict[str, Any], resume: bool, force: bool, strip: bool) -> ZarrTarget:
    """Begin a Zarr store beside its later name, or go on with one that was left unfinished."""
    path = path.rstrip("/")
    library()
    if resume and not force and os.path.lexists(path) and not os.path.lexists(f"{path}{unfinished.SUFFIX}"):
        raise FileError(f"{path}: exists already, and nothing is left to resume; --force replaces it")
    check(path, force=force)
    sides = shape[0], shape[1]
    tile = min(tile[0], sides[0]), min(tile[1], sides[1])
    picture = description(shape, like)
    target = ZarrTarget(path, shape, dtype, tile, picture.axes, picture.inner, force)
    frame = outline(shape, dtype, like)
    info = fitted(like.info, TIFF, frame.mode, frame.size, target.notes, strip)
    facts = {**said, "shape": list(shape), "dtype": dtype.name, "tile": list(tile)}

    def make(folder: str) -> None:
        attributes = {OWN: told(frame.alpha, frame.colors, info)}
        _make(folder, picture, dtype, tile, attributes)

    with complaints(path):
        unfinished.begin(target.partial, facts, make, resume=resume, force=force)
    target.lock()
    return target


def check(path: str, *, force: bool) -> None:
    """Refuse a name that is taken, unless a Zarr store stands there that may be replaced."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise FileError(f"{path}: there is no folder {folder}")
    if not os.path.lexists(path):
        return
    if os.path.islink(path) or not os.path.isdir(path):
        raise FileError(f"{path}: is not a folder, and is not replaced by one")
    if not is_store(path):
        raise FileError(f"{path}: is a folder without a Zarr store, which is never replaced")
    if not force:
        raise FileError(f"{path}: exists already; --force replaces it")


def _make(folder: str, picture: Any, dtype: np.dtype[Any], tile: tuple[int, int], attributes: dict[str, Any]) -> None:
    """Lay an empty array into a folder."""
    zarr = library()
    chunks = [1] * len(picture.shape)
    chunks[picture.axes.rows], chunks[picture.axes.columns] = tile
    if picture.axes.channels is not None:
        chunks[picture.axes.channels] = picture.shape[picture.axes.channels]
    if picture.inner:
        zarr.create_group(folder, zarr_format=VERSION, attributes={**attributes, **picture.attributes})
        attributes = {}
    # Of what was tried on photos of 8 and 16 bits and floats this is the smallest of the fast ones.
    zarr.create_array(
        os.path.join(folder, picture.inner), shape=picture.shape, chunks=tuple(chunks), dtype=dtype, fill_value=0,
        zarr_format=VERSION, dimension_names=picture.axes.names, attributes=attributes,
        compressors=[zarr.codecs.BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle")])


def _rename(partial: str, path: str) -> None:
    """Rename the whole store to its name. Folders cannot be exchanged: what stood there moves aside, and goes after."""
    old = ""
    if os.path.lexists(path):
        old = os.path.join(os.path.dirname(path), f".imfilter-{os.urandom(6).hex()}.old")
        os.rename(path, old)
    try:
        os.rename(partial, path)
    except BaseException:
        if old:
            os.rename(old, path)
        raise
    sync_folder(os.path.dirname(path) or ".")
    if old:
        shutil.rmtree(old, ignore_errors=True)
