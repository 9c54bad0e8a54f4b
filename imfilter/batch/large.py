"""One photo in tiles: opened, filtered, written, and what is to be told of it."""
from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileError
from ..files import check_target
from ..files.pillow_guards import check_pixels
from ..pipeline.recipe import Recipe
from ..runtime import threads
from ..tiled import run
from ..tiled.recipes import RecipeParts
from ..tiled.target import Target, create
from ..tiled.zarr import target as zarr_target
from .tiling import ZARR, Tiling, Told, format_suffix

if TYPE_CHECKING:
    from ..tiled.source import Source
    from .photo import Job, Record

SIDE = 2048  # pixels of a tile, unless another size is said
BAND = 2**26  # bytes of a source of strips that a row of tiles reads, as far as tiles may be as low as that
LOWEST = 256  # rows of a tile of such a source


def filtered(job: Job, source: Source, record: Record, crew: Callable[[], run.Crew] | None, told: Told | None) -> None:
    """Filter a photo in tiles, and fill in its record. crew: returns what computes them; None: threads do, here."""
    if job.output.in_place:
        raise FileError("is filtered in tiles, which cannot replace it: name another file with --output")
    if job.look:
        raise FileError("is filtered in tiles, which are not drawn: leave out --show")
    if not isinstance(job.step, Recipe):
        raise FileError("is filtered in tiles, which only a Recipe can be")
    if job.max_pixels:
        check_pixels((source.shape[1], source.shape[0]), job.max_pixels)
    record.notes = source.notes
    parts = RecipeParts(job.step, source, job.signed)
    if job.dry_run:
        path = record.output or ""
        (zarr_target.check if format_suffix(path) == ZARR else check_target)(path, force=job.output.force)
        record.height, record.width, record.status = *source.shape[:2], "planned"
        return
    record.height, record.width, record.mode = *parts.shape[:2], parts.like.mode
    target = _target(job, source, parts, record.output or "")
    record.tiles = run.run(run.Work(source, parts), target, (crew or threads_here)(),
                           partial(told, record.output or "") if told else None)
    record.notes = [*source.notes, *target.notes]
    record.bytes, record.status = _size(target.path), "written"


def threads_here(workers: int | None = None) -> run.Crew:
    """Return the threads that filter tiles in this process: so many, or IMFILTER_WORKERS, or one for each processor."""
    return run.Threads(threads.thread_count(workers))


def _target(job: Job, source: Source, parts: RecipeParts, path: str) -> Target:
    """Begin a result, or go on with one."""
    tiling, strip = job.tiling or Tiling(), bool(job.settings and job.settings.strip)
    return create(
        os.path.abspath(path), parts.shape, parts.dtype, tiling.tile or _tile(source), like=source, strip=strip,
        said=_said(job, source), resume=tiling.resume and format_suffix(path) == ZARR, force=job.output.force)


def _tile(source: Source) -> tuple[int, int]:
    """Return the size of a tile. Strips are decoded from side to side: of those a row of tiles is to stay in memory."""
    if source.tile[1] < source.shape[1] or source.tile[0] >= source.shape[0]:
        return SIDE, SIDE
    row = int(np.prod(source.shape[1:])) * source.dtype.itemsize
    return min(SIDE, max(LOWEST, BAND // row // LOWEST * LOWEST)), SIDE


def _said(job: Job, source: Source) -> dict[str, Any]:
    """Return how a result comes about, in what JSON holds: with other words it is not gone on with."""
    recipe = job.step
    assert isinstance(recipe, Recipe)
    arrays = (value for one in recipe.pipeline for value in one.keywords.values() if isinstance(value, np.ndarray))
    return {"filter": str(recipe.pipeline), "numbers": zlib.crc32(b"".join(array.tobytes() for array in arrays)),
            "channels": ",".join(recipe.channels), "signed": job.signed, "photo": source.path,
            "size and time of the photo": list(source.stamp)}


def _size(path: str) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
