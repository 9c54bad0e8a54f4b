"""Choose how to open a photo: whole, in memory, or as a source of tiles (large TIFF files, and Zarr stores)."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import FileError
from ..runtime.extras import describe_missing, missing_libraries
from ..tiled.zarr.stores import ZARR
from .job import BatchJob

if TYPE_CHECKING:
    from ..tiled.source import Source

TIFF = (".tif", ".tiff")


def format_suffix(path: str) -> str:
    """Return the suffix that identifies a file's format; every folder counts as Zarr."""
    if path == "-":
        return ""
    suffix = os.path.splitext(path.removesuffix(".zip"))[1].lower()
    return ZARR if suffix == ZARR or os.path.isdir(path) else os.path.splitext(path)[1].lower()


def choose_source(job: BatchJob, path: str, target: str, notes: list[str]) -> Source | None:
    """Open a photo as a source of tiles, or return None if it should be read whole.

    notes: receives advice when a library for tiles is missing.
    """
    suffixes = {path: format_suffix(path), target: format_suffix(target)}
    zarr = next((name for name, suffix in suffixes.items() if suffix == ZARR), None)
    if zarr is None:
        return _choose_tiff(job, path, notes) if set(suffixes.values()) <= {*TIFF} else None
    if job.tiling is None:
        raise FileError(f"{zarr} is a Zarr store, which is read and written in tiles: --engine memory cannot do that")
    if not set(suffixes.values()) <= {*TIFF, ZARR}:
        raise FileError(f"cannot be converted to {target}: only TIFF and Zarr can be converted to and from Zarr")
    for extra in ["zarr", "formats"] if suffixes[path] in TIFF else ["zarr"]:
        if missing_libraries(extra):
            raise FileError(f"{zarr}: {describe_missing(extra)}")
    return _open_tiles(path)


def _choose_tiff(job: BatchJob, path: str, notes: list[str]) -> Source | None:
    """Open a TIFF file as a source of tiles if it is too large for memory, or if tiles were asked for."""
    if job.tiling is None:
        return None
    if not job.tiling.always:
        from ..tiled.memory import too_large

        if not too_large(path, job.max_pixels):
            return None
        if missing_libraries("formats"):
            notes.append(f"is too large for memory, and filtering in tiles {describe_missing('formats')}")
            return None
    try:
        return _open_tiles(path)
    except FileError:
        if job.tiling.always:
            raise
        return None


def _open_tiles(path: str) -> Source:
    from ..tiled.formats import open_source

    absolute = os.path.abspath(path)  # workers of a cluster may run in another folder
    try:
        return open_source(absolute)
    except FileError as error:
        raise FileError(str(error).removeprefix(f"{absolute}: ")) from None
