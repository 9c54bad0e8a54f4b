"""Which photos are filtered in tiles: those that are too large for memory, and Zarr stores."""
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..errors import FileError
from ..runtime.extras import INSTALL

if TYPE_CHECKING:
    from ..tiled.source import Source
    from .photo import Job

Told = Callable[[str, int, int], None]  # the result, how many of its tiles are done, and of how many

LIBRARIES = ("dask", "tifffile", "zarr")  # of the extra that INSTALL names
TIFF, ZARR = (".tif", ".tiff"), ".zarr"


@dataclass(frozen=True)
class Tiling:
    """How photos are filtered in tiles.

    always: also a photo that would fit in memory, if its format allows it. scheduler: the address of dask's, whose
    workers filter tiles and photos; None: they are filtered here. tile: height and width of a tile. resume: unfinished
    results are gone on with.
    """

    always: bool = False
    scheduler: str | None = None
    tile: tuple[int, int] | None = None
    resume: bool = False


def lacking(*, cluster: bool = False) -> list[str]:
    """Return the libraries that tiles need, or a cluster does as well, and that are not installed."""
    return [name for name in (*LIBRARIES, *["distributed"] * cluster) if find_spec(name) is None]


def format_suffix(path: str) -> str:
    """Return the suffix that says a format: that of Zarr for every folder."""
    if path == "-":
        return ""
    suffix = os.path.splitext(path.removesuffix(".zip"))[1].lower()
    return ZARR if suffix == ZARR or os.path.isdir(path) else os.path.splitext(path)[1].lower()


def opened(job: Job, path: str, target: str, notes: list[str]) -> Source | None:
    """Return a photo that is to be filtered in tiles to the target, or None for one that is to be read whole."""
    suffixes = {path: format_suffix(path), target: format_suffix(target)}
    zarr = next((name for name, suffix in suffixes.items() if suffix == ZARR), None)
    if zarr is None:
        return _large(job, path, notes) if set(suffixes.values()) <= {*TIFF} else None
    if job.tiling is None:
        raise FileError(f"{zarr} is a Zarr store, which is had in tiles: --engine memory cannot")
    if not set(suffixes.values()) <= {*TIFF, ZARR}:
        raise FileError(f"cannot become {target}: Zarr stores are made of TIFF and Zarr, and become TIFF or Zarr")
    if missing := lacking():
        raise FileError(f"{zarr}: Zarr needs {', '.join(missing)}: {INSTALL}")
    return _source(path)


def _large(job: Job, path: str, notes: list[str]) -> Source | None:
    """Return a TIFF file that is to be filtered in tiles, if it can be."""
    if job.tiling is None:
        return None
    if not job.tiling.always:
        from ..tiled.memory import too_large

        if not too_large(path, job.max_pixels):
            return None
        if lacking():
            notes.append(f"is too large for the memory: {INSTALL} has it filtered in tiles")
            return None
    try:
        return _source(path)
    except FileError:
        if job.tiling.always:
            raise
        return None


def _source(path: str) -> Source:
    from ..tiled.source import open_source

    absolute = os.path.abspath(path)  # others that open it may be at work in another folder
    try:
        return open_source(absolute)
    except FileError as error:
        raise FileError(str(error).removeprefix(f"{absolute}: ")) from None
