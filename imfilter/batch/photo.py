"""One photo of many: read, filtered, written, and what is to be told of it."""
from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import FileError, ImfilterError
from ..runtime import signals
from . import tiling
from .targets import Output, Task
from .tiling import Tiling, Told

if TYPE_CHECKING:
    from ..files import Photo, Settings
    from ..tiled.run import Crew


class Step(Protocol):
    """What is applied to photos, as imfilter.pipeline makes it."""

    @property
    def name(self) -> str: ...
    def picture(self, photo: Any, signed: str) -> Any: ...


@dataclass(frozen=True)
class Job:
    """What is done to every photo.

    signed: how results below 0 are shown. settings: how files are written. max_pixels: larger photos are refused.
    dry_run: nothing is decoded or written. look: called with every photo and its result, in this process. tiling: how
    photos too large for memory are filtered; None: all are read whole.
    """

    step: Step
    output: Output
    signed: str = "offset"
    settings: Settings | None = None
    max_pixels: int | None = None
    dry_run: bool = False
    look: Callable[[Any, Any], None] | None = None
    tiling: Tiling | None = None


@dataclass
class Record:
    """What became of a photo.

    status: "written", "planned" (dry_run), "skipped" or "failed". output: the name of the result, "-" for standard
    output. error: why it failed. notes: what was changed or is not kept. tiles: how many were computed, of a photo that
    was filtered in tiles. number: its place among the photos.
    """

    input: str
    output: str | None = None
    status: str = "failed"
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    bytes: int | None = None
    seconds: float = 0.0
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    tiles: int | None = None
    number: int = 0


def settled(job: Job, task: Task, crew: Callable[[], Crew] | None = None, told: Told | None = None) -> Record:
    """Return what became of a photo. A failure is told in the record; nothing but an interrupt is raised.

    From the moment on at which it is written, signals are held back: the caller releases them when it has the record.
    crew: returns what tiles are computed by; None: threads of this process. told: called as tiles are done.
    """
    start = time.perf_counter()
    record = Record(task.source.path, task.target, number=task.number)
    data = None
    try:
        if task.error:
            raise FileError(task.error)
        data = _made(job, task, record, crew, told)
    except ImfilterError as error:
        _fail(record, str(error))
    except MemoryError:
        _fail(record, "there is not enough memory for it")
    except Exception as error:  # whatever it is, the other photos are none the worse for it
        _fail(record, f"cannot be filtered: {type(error).__name__}: {error}")
    if data is not None:  # outside: who reads it may have left, which ends the program
        sys.stdout.buffer.write(data)
    record.seconds = round(time.perf_counter() - start, 6)
    return record


def _fail(record: Record, reason: str) -> None:
    if record.output and record.output != "-":  # by the name it was given, whatever folder the work was done from
        reason = reason.replace(os.path.abspath(record.output), record.output)
    record.status, record.error = "failed", reason.removeprefix(f"{record.input}: ")


def _made(job: Job, task: Task, record: Record, crew: Callable[[], Crew] | None, told: Told | None) -> bytes | None:
    """Filter and write a photo, and fill in its record. Return the bytes that go to standard output."""
    from .. import files

    path = task.source.path
    if task.target is not None:
        if _skipped(job, task.target, record):
            return None
        source = tiling.opened(job, path, task.target, record.notes)
        if source is not None:
            from . import large

            _make_folder(job, task.target)
            large.filtered(job, source, record, crew, told)
            return None
        _check(job, task.target)
    if job.dry_run:
        if path != "-":
            record.width, record.height = files.size(path, max_pixels=job.max_pixels)
        record.status = "planned"
        return None
    photo = files.read(path, max_pixels=job.max_pixels)
    photo.notes[:0] = record.notes
    record.notes = photo.notes
    if task.target is None:
        record.output = job.output.path(task.source, photo.suffix, job.step.name)
        if _skipped(job, record.output, record):
            return None
        _check(job, record.output)
    return _written(job, photo, record)


def _skipped(job: Job, target: str, record: Record) -> bool:
    """Say whether a photo is left out, as its result is there and may stay."""
    if job.output.skip_existing and target != "-" and os.path.lexists(target):
        record.status = "skipped"
    return record.status == "skipped"


def _check(job: Job, target: str) -> None:
    """Check the name of a result before the photo is read."""
    from .. import files

    if target == "-":
        if sys.stdout is None:
            raise FileError("standard output is closed")
        if sys.stdout.isatty():
            raise FileError("an image is not written to a terminal: name a file with --output")
        return
    if _make_folder(job, target):
        files.check_target(target, force=job.output.force or job.output.in_place)


def _make_folder(job: Job, target: str) -> bool:
    """Make the folder that a result goes to, where that is for us to do. Return whether it is there."""
    folder = os.path.dirname(target) or os.curdir
    if job.output.folder and not os.path.isdir(folder):
        if job.dry_run:
            return False
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise FileError(f"{folder}: {error.strerror}") from None
    return True


def _written(job: Job, photo: Photo, record: Record) -> bytes | None:
    from .. import files

    path = record.output or "-"
    result = photo.map(lambda frame: job.step.picture(frame, job.signed))
    data = files.encode(result, job.output.suffix(path, photo.suffix), job.settings or files.Settings())
    record.width, record.height, record.mode = result.image.width, result.image.height, result.image.mode
    record.bytes = len(data)
    if path != "-":
        signals.hold()
        files.write(data, path, force=job.output.force or job.output.in_place)
    if job.look:
        job.look(photo.image, result.image)
    record.status = "written"
    return data if path == "-" else None
