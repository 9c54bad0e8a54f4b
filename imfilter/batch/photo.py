"""Filter one photo of a batch: read, filter, write, and record the result."""
from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..errors import FileError, ImfilterError, explain_system_error, shorten
from ..pipeline.recipe import Recipe
from ..runtime import signals
from ..runtime.library_messages import take_messages
from ..runtime.threads import thread_count
from .job import BatchJob, PhotoResult, ProgressCallback
from .opening import choose_source
from .targets import PlannedPhoto, make_folder

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from ..files import Photo
    from ..files.photo import Place
    from ..files.preservation import FileAttributes
    from ..tiled.run import TileExecutor

JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")  # suffixes of photos that may be decoded on a thread


def filter_photo(
    job: BatchJob, planned: PlannedPhoto, executor: Callable[[], TileExecutor] | None = None,
    on_progress: ProgressCallback | None = None,
) -> PhotoResult:
    """Filter a photo and return its result. Only interrupts raise: failures are recorded.

    Signals are held back from the moment the result is written: the caller releases them once it has the record.
    executor: returns what computes tiles; None: threads of this process. on_progress: called after each tile.
    """
    start = time.perf_counter()
    result = PhotoResult(planned.source.path, planned.target, number=planned.number)
    data = None
    try:
        if planned.error:
            raise FileError(planned.error)
        data = _filter_and_write(job, planned, result, executor, on_progress)
    except ImfilterError as error:
        _record_failure(result, str(error))
    except Exception as error:  # one photo's failure must not stop the others
        system = explain_system_error(error)
        _record_failure(result, system or f"cannot be filtered: {type(error).__name__}: {shorten(str(error), 500)}")
    result.notes += take_messages()
    if data is not None:  # outside the try: a reader who has left ends the program
        sys.stdout.buffer.write(data)
    result.seconds = round(time.perf_counter() - start, 6)
    return result


def _record_failure(result: PhotoResult, reason: str) -> None:
    if result.output and result.output != "-":  # by the name the user gave, whatever folder the work was done from
        reason = reason.replace(os.path.abspath(result.output), result.output)
    result.status, result.error = "failed", reason.removeprefix(f"{result.input}: ")


def _filter_and_write(
    job: BatchJob, planned: PlannedPhoto, result: PhotoResult, executor: Callable[[], TileExecutor] | None,
    on_progress: ProgressCallback | None,
) -> bytes | None:
    """Filter and write a photo, and complete its record. Return the bytes that go to standard output."""
    from .. import files
    from ..files.preservation import read_attributes

    path = planned.source.path
    kept = read_attributes(path) if job.preserve and not job.dry_run else None  # before reading changes the times
    if planned.target is not None:
        if _skip_existing(job, planned.target, result):
            return None
        source = choose_source(job, path, planned.target, result.notes)
        if source is not None:
            from .tiles import filter_in_tiles

            _make_result_folder(job, planned.target)
            filter_in_tiles(job, source, result, executor, on_progress)
            _preserve(kept, result)
            return None
        _check_target(job, planned.target)
    begins = path.lower().endswith(JPEG) and not job.dry_run and thread_count(None) > 1
    photo = (files.begin_photo if begins else files.read_photo)(path, max_pixels=job.max_pixels)
    photo.notes[:0] = result.notes
    result.notes = photo.notes
    if planned.target is None:
        result.output = job.output.path(planned.source, photo.suffix, job.filter.name)
        if _skip_existing(job, result.output, result):
            return None
        _check_target(job, result.output)
    if job.output.in_place and os.stat(result.output or path).st_nlink > 1:
        photo.notes.append("other names of the file (hard links) keep the photo as it was")
    if job.dry_run:
        for frame in photo.frames:  # damage shows when they are decoded
            result.width, result.height = result.width or frame.width, result.height or frame.height
        result.status = "planned"
        return None
    data = _write_result(job, photo, result)
    _preserve(kept, result)
    return data


def _preserve(kept: FileAttributes | None, result: PhotoResult) -> None:
    """Give a written file the attributes of its photo."""
    from ..files.photo import add_note
    from ..files.preservation import apply_attributes

    if kept is None or result.status != "written" or result.output in (None, "-"):
        return
    for note in apply_attributes(result.output or "", kept):
        add_note(result.notes, note)


def _skip_existing(job: BatchJob, target: str, result: PhotoResult) -> bool:
    """Record a photo as skipped if its result exists and must be kept; return whether it is skipped."""
    if job.output.skip_existing and target != "-" and os.path.lexists(target):
        result.status = "skipped"
    return result.status == "skipped"


def _check_target(job: BatchJob, target: str) -> None:
    """Check the name of a result before the photo is read."""
    from .. import files

    if target == "-":
        if sys.stdout is None:
            raise FileError("standard output is closed")
        if sys.stdout.isatty():
            raise FileError("an image is not written to a terminal: name a file with --output")
        return
    if _make_result_folder(job, target):
        files.check_target(target, force=job.output.force or job.output.in_place)


def _make_result_folder(job: BatchJob, target: str) -> bool:
    """Create the folder of a result below --out-dir or named by a pattern. Return whether it exists."""
    folder = os.path.dirname(target) or os.curdir
    if job.output.makes_folders and not os.path.isdir(folder):
        if job.dry_run:
            return False
        make_folder(folder)
    return True


def _write_result(job: BatchJob, photo: Photo, result: PhotoResult) -> bytes | None:
    from .. import files

    path = result.output or "-"
    filtered = photo.map(lambda frame: _filter_frame(job, frame, photo.notes), place=partial(_place_result, job))
    data = files.encode_photo(filtered, job.output.suffix(path, photo.suffix), job.settings or files.Settings())
    result.width, result.height, result.mode = filtered.image.width, filtered.image.height, filtered.image.mode
    result.bytes = len(data)
    if path != "-":
        signals.hold()
        files.write_file(data, path, force=job.output.force or job.output.in_place)
    if job.look:
        job.look(photo.image, filtered.image)
    result.status = "written"
    return data if path == "-" else None


def _place_result(job: BatchJob, frame: Picture) -> Place:
    """Return the stride and the offset of the result for a frame."""
    if not isinstance(job.filter, Recipe):
        return getattr(job.filter, "stride", (1, 1)), getattr(job.filter, "offset", (0.0, 0.0))
    recipe = job.filter.at_size((frame.height, frame.width))
    return recipe.stride, recipe.offset


def _filter_frame(job: BatchJob, frame: Picture, notes: list[str]) -> Picture:
    from ..files.photo import add_note

    if isinstance(job.filter, Recipe):
        job.filter.declare_nodata(frame)
        for note in job.filter.list_notes(frame, job.signed):
            add_note(notes, note)
    result: Picture = job.filter.picture(frame, job.signed)
    return result
