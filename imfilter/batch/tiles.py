"""Filter one photo tile by tile: open the source and the target, compute, and complete the photo's record."""
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
from ..tiled.formats import create_target, open_source
from ..tiled.recipes import TiledRecipe
from ..tiled.target import Target, TargetOptions
from ..tiled.zarr import target as zarr_target
from ..tiled.zarr.stores import ZARR
from .job import BatchJob, PhotoResult, ProgressCallback, Tiling
from .opening import format_suffix

if TYPE_CHECKING:
    from ..tiled.source import Source

SIDE = 2048  # default height and width of a tile, in pixels
BAND = 2**26  # bytes of a source stored in strips that one row of tiles may read
LOWEST = 256  # least height of a tile of such a source, in pixels


def filter_in_tiles(
    job: BatchJob, source: Source, result: PhotoResult, executor: Callable[[], run.TileExecutor] | None,
    on_progress: ProgressCallback | None,
) -> None:
    """Filter a photo in tiles, and complete its record. executor: returns what computes the tiles; None: threads."""
    recipe = _check_job(job, source)
    result.notes = [*result.notes, *source.notes]
    recipe = recipe.at_size((source.shape[0], source.shape[1]))
    tiles = TiledRecipe(recipe, source, job.signed)
    path = result.output or ""
    if job.tiling and job.tiling.resume and not job.output.force and _is_finished(path, tiles):
        result.height, result.width, result.mode = *tiles.shape[:2], tiles.sample.mode
        result.status, result.notes = "skipped", [*source.notes, f"{path} is complete: there is nothing to resume"]
        return
    if job.dry_run:
        (zarr_target.check_store if format_suffix(path) == ZARR else check_target)(path, force=job.output.force)
        result.height, result.width, result.status = *source.shape[:2], "planned"
        return
    result.height, result.width, result.mode = *tiles.shape[:2], tiles.sample.mode
    source.info = tiles.info
    target = _create_target(job, recipe, source, tiles, path)
    complete = not (job.tiling and job.tiling.scheduler) and len(target.missing()) == len(target.blocks())
    result.tiles = run.compute_tiles(run.TileWork(source, tiles), target, (executor or thread_executor)(),
                                     partial(on_progress, path) if on_progress else None)
    ignored = job.settings.list_ignored("Zarr" if format_suffix(path) == ZARR else "TIFF") if job.settings else []
    result.notes += [*tiles.list_notes(complete), *ignored, *target.notes]
    result.bytes, result.status = _measure_size(target.path), "written"


def _is_finished(path: str, tiles: TiledRecipe) -> bool:
    """Return whether a Zarr store holds a complete result of this shape and dtype."""
    if not zarr_target.is_finished(path.rstrip("/")):
        return False
    try:
        known = open_source(path)
    except FileError:
        return False
    return known.shape == tiles.shape and known.dtype == tiles.dtype


def thread_executor(workers: int | None = None) -> run.TileExecutor:
    """Return threads of this process that compute tiles; workers: see `threads.thread_count`."""
    return run.ThreadExecutor(threads.thread_count(workers))


def _check_job(job: BatchJob, source: Source) -> Recipe:
    """Reject recipes that tiles do not support; return the recipe."""
    if job.output.in_place:
        raise FileError("is filtered in tiles, which cannot replace it: name another file with --output")
    if job.look:
        raise FileError("is filtered in tiles, which cannot be drawn: drop --show")
    if not isinstance(job.filter, Recipe):
        raise FileError(f"is filtered in tiles: the filter must be a Recipe, got {type(job.filter).__name__}")
    if job.max_pixels:
        check_pixels((source.shape[1], source.shape[0]), job.max_pixels)
    return job.filter


def _create_target(job: BatchJob, recipe: Recipe, source: Source, tiles: TiledRecipe, path: str) -> Target:
    """Begin a result, or resume an unfinished one."""
    tiling, strip = job.tiling or Tiling(), bool(job.settings and job.settings.strip)
    options = TargetOptions(provenance=_describe_provenance(recipe, job.signed, source),
                            resume=tiling.resume and format_suffix(path) == ZARR, force=job.output.force, strip=strip,
                            stride=recipe.stride, offset=recipe.offset)
    tile = tiling.tile or _choose_tile(source)
    return create_target(os.path.abspath(path), tiles.shape, tiles.dtype, tile, like=source, options=options)


def _choose_tile(source: Source) -> tuple[int, int]:
    """Choose the size of a tile. Strips span the whole width: keep one row of tiles of them in memory."""
    if source.tile[1] < source.shape[1] or source.tile[0] >= source.shape[0]:
        return SIDE, SIDE
    row = int(np.prod(source.shape[1:])) * source.dtype.itemsize
    return min(SIDE, max(LOWEST, BAND // row // LOWEST * LOWEST)), SIDE


def _describe_provenance(recipe: Recipe, signed: str, source: Source) -> dict[str, Any]:
    """Return the provenance of a result as JSON values: an unfinished result of another origin is not resumed."""
    region = recipe.region
    about = "" if region is None else f"{region.rectangle} {region.feather} {region.mask is not None}"
    if region and region.mask is not None:
        about += str(zlib.crc32(np.ascontiguousarray(region.mask)))
    numbers = 0
    for array in (value for one in recipe.pipeline for value in one.keywords.values() if isinstance(value, np.ndarray)):
        numbers = zlib.crc32(np.ascontiguousarray(array), numbers)
    return {"filter": str(recipe.pipeline), "numbers": numbers,
            "channels": ",".join(recipe.channels), "depth": recipe.depth or recipe.dtype, "region": about,
            "signed": signed, "nodata": recipe.nodata,
            "photo": source.path, "size and time of the photo": list(source.stamp)}


def _measure_size(path: str) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
