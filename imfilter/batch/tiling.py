"""Photos too large for memory, and Zarr stores: whether one is filtered in tiles, and what comes of it."""
from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import workers as threads
from ..errors import FileError

if TYPE_CHECKING:
    from ..recipe import Recipe
    from ..tiled.run import Crew
    from ..tiled.sources import Source
    from .photo import Job, Record

Told = Callable[[str, int, int], None]  # the result, how many of its tiles are done, and of how many

INSTALL = "pip install \"imfilter[dask]\""
LIBRARIES = ("dask", "tifffile", "zarr")  # of that extra
TIFF, ZARR = (".tif", ".tiff"), ".zarr"
STORE = ("zarr.json", ".zarray", ".zgroup")  # of which every Zarr store holds one
SIDE = 2048  # pixels of a tile, unless another size is said
BAND = 2**26  # bytes of a source of strips that a row of tiles reads, as far as the tiles can be as low as that
LOWEST = 256  # rows of a tile of such a source


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


def is_store(folder: str) -> bool:
    """Say whether a name is that of a folder which is a Zarr store."""
    return os.path.isdir(folder) and any(os.path.isfile(os.path.join(folder, name)) for name in STORE)


def opened(job: Job, path: str, target: str, notes: list[str]) -> Source | None:
    """Return a photo that is to be filtered in tiles to the target, or None for one that is to be read whole."""
    given, wanted = _suffix(path), _suffix(target)
    zarr = [name for name, suffix in ((path, given), (target, wanted)) if suffix == ZARR]
    if not zarr and (given not in TIFF or wanted not in TIFF):
        return None
    if job.tiling is None:
        if zarr:
            raise FileError(f"{zarr[0]} is a Zarr store, which goes in tiles: it needs --engine dask or auto")
        return None
    if not {given, wanted} <= {*TIFF, ZARR}:
        raise FileError(f"cannot be filtered to {target}: a Zarr store is made of TIFF and Zarr, and becomes one of these")
    if not (zarr or job.tiling.always):
        from ..tiled.memory import too_large

        if not too_large(path, job.max_pixels):
            return None
    if missing := lacking():
        if not zarr:
            notes.append(f"is large for the memory of this machine: {INSTALL} has it filtered in tiles")
            return None
        raise FileError(f"{zarr[0]}: Zarr needs {', '.join(missing)}: {INSTALL}")
    from ..tiled.sources import open_source

    absolute = os.path.abspath(path)  # others that open it may be at work in another folder
    try:
        return open_source(absolute)
    except FileError as error:
        if zarr or job.tiling.always:
            raise FileError(str(error).removeprefix(f"{absolute}: ")) from None
        return None


def filtered(job: Job, source: Source, record: Record, crew: Callable[[], Crew], told: Told | None) -> None:
    """Filter a photo in tiles, and fill in its record."""
    from ..files import check_target
    from ..files.muted import check_pixels
    from ..tiled import run, targets, zarr_target
    from ..tiled.recipes import RecipeParts

    tiling, path = job.tiling or Tiling(), record.output or ""
    if job.output.in_place:
        raise FileError("is filtered in tiles, which cannot replace it: name another file with --output")
    if job.max_pixels:
        check_pixels((source.shape[1], source.shape[0]), job.max_pixels)
    record.notes = source.notes
    recipe: Recipe = job.step  # type: ignore[assignment]
    parts = RecipeParts(recipe, source, job.signed)
    record.height, record.width, record.mode = parts.shape[0], parts.shape[1], parts.like.mode
    if job.dry_run:
        (zarr_target.check if _suffix(path) == ZARR else check_target)(path, force=job.output.force)
        record.height, record.width = source.shape[:2]
        record.status = "planned"
        return
    target = targets.create(
        os.path.abspath(path), parts.shape, parts.dtype, tiling.tile or _tile(source), like=source, said=_said(recipe, source, job.signed),
        resume=tiling.resume and _suffix(path) == ZARR, force=job.output.force,
        strip=bool(job.settings and job.settings.strip))
    record.tiles = run.run(run.Work(source, parts), target, crew(), told and (lambda done, total: told(path, done, total)))
    record.notes = [*source.notes, *target.notes]
    record.bytes, record.status = _size(path), "written"


def threads_here(workers: int | None = None) -> Crew:
    """Return the threads that filter tiles in this process: so many, or IMFILTER_WORKERS, or one for each processor."""
    from ..tiled.run import Threads

    return Threads(threads.count(workers))


def _suffix(path: str) -> str:
    """Return the suffix that says a format: that of a Zarr store for any folder that holds one."""
    if path == "-":
        return ""
    suffix = os.path.splitext(path.removesuffix(".zip"))[1].lower()
    return ZARR if suffix == ZARR or os.path.isdir(path) else os.path.splitext(path)[1].lower()


def _tile(source: Source) -> tuple[int, int]:
    """Return the size of a tile. Strips are decoded from side to side: of those a row of tiles is to stay in memory."""
    if source.tile[1] < source.shape[1] or source.tile[0] >= source.shape[0]:
        return SIDE, SIDE
    row = int(np.prod(source.shape[1:])) * source.dtype.itemsize
    return min(SIDE, max(LOWEST, BAND // row // LOWEST * LOWEST)), SIDE


def _said(recipe: Recipe, source: Source, signed: str) -> dict[str, Any]:
    """Return how a result comes about, in what JSON holds: with other words it is not gone on with."""
    arrays = (np.asarray(value) for one in recipe.pipeline for value in one.keywords.values()
              if isinstance(value, np.ndarray))
    return {"filter": str(recipe.pipeline), "numbers": zlib.crc32(b"".join(array.tobytes() for array in arrays)),
            "channels": ",".join(recipe.channels), "signed": signed, "photo": source.path,
            "size and time of the photo": list(source.stamp)}


def _size(path: str) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
