"""Many photos: which are meant, where their results go, several at once, and what became of each.

>>> from imfilter import batch
>>> from imfilter.pipeline.filter import Filter
>>> [record.error for record in batch.run(Filter.named("sobel"), ["none.png"])]
['there is no such file']
"""
from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..errors import check_integer
from ..runtime import signals, threads
from ..runtime.signals import Interrupted
from .photo import Job, Record, Step, settled
from .sources import found
from .targets import FIELDS, Output, Task, planned
from .tiling import Tiling, Told

if TYPE_CHECKING:
    from ..files import Settings
    from ..tiled import run as tiles
    from .cluster import Crew as Cluster
    from .processes import Crew

__all__ = ["FIELDS", "Batch", "Interrupted", "Job", "Output", "Record", "Step", "Tiling", "Told", "run"]


BESIDE = Output()


class Batch:
    """A job and the photos it is done to, each with the name of its result.

    Everything that is wrong with the names is found here, before anything is read or written. files may hold names,
    patterns and, with recursive, folders. The length is the number of photos.
    """

    def __init__(self, job: Job, files: Sequence[str], *, recursive: bool = False) -> None:
        self._job = job
        sources = found(files, recursive=recursive, name=job.step.name, results=job.output.folder)
        self.tasks: list[Task] = planned(sources, job.output, job.step.name)
        if job.tiling and len(self.tasks) > 1:  # tiles of one photo after the other would hold up those that fit
            self._job = replace(job, tiling=replace(job.tiling, always=False))
        self._crew: Crew | Cluster | None = None
        self._last: list[Record] = []

    def __len__(self) -> int:
        return len(self.tasks)

    def at_once(self, workers: int | None = None) -> tuple[int, int]:
        """Return how many photos are filtered at once, and with how many threads each.

        All processors, or IMFILTER_WORKERS of them, are shared out. Standard input and output are those of this
        process, so what goes there is filtered in it.
        """
        cores = threads.thread_count(None)
        many = cores if workers is None else check_integer("workers", workers, 1)
        many = min(many, max(len(self), 1))
        if self._job.dry_run or self._job.look or any("-" in (task.source.path, task.target) for task in self.tasks):
            many = 1
        return many, max(1, cores // many)

    def records(self, workers: int | None = None, told: Told | None = None) -> Generator[Record, None, None]:
        """Yield what became of each photo, as soon as it is done.

        told: called as tiles of a photo are done, where this process has them computed.
        """
        many, each = self.at_once(workers)
        if self._job.tiling and self._job.tiling.scheduler and not self._job.dry_run:
            return self._on_cluster(self._job.tiling.scheduler, told)
        return self._in_turn(workers, told) if many == 1 else self._at_once(many, each)

    def late(self) -> list[Record]:
        """Return what was done, but may not have been told, when an interrupt ended the work."""
        return self._crew.late if self._crew else self._last

    def _in_turn(self, workers: int | None, told: Told | None) -> Generator[Record, None, None]:
        for task in self.tasks:
            self._last = [settled(self._job, task, partial(_threads, workers), told)]
            signals.release()
            yield self._last[0]

    def _at_once(self, many: int, each: int) -> Generator[Record, None, None]:
        from .processes import Crew  # the machinery takes longer to import than a small photo to filter

        self._crew = Crew(self._job, many, each)
        yield from self._crew.records(self.tasks)

    def _on_cluster(self, scheduler: str, told: Told | None) -> Generator[Record, None, None]:
        from .cluster import Crew

        self._crew = Crew(self._job, scheduler, told)
        yield from self._crew.records(self.tasks)


def _threads(workers: int | None) -> tiles.Crew:
    from .large import threads_here

    return threads_here(workers)


def run(
    step: Step, files: Sequence[str], output: Output = BESIDE, *, recursive: bool = False,
    signed: str = "offset", settings: Settings | None = None, max_pixels: int | None = None, dry_run: bool = False,
    workers: int | None = None, tiling: Tiling | None = None,
) -> Generator[Record, None, None]:
    """Filter many photos.

    Parameters
    ----------
    step : Filter or Pipeline
        What is applied to each.
    files : sequence of str
        Names, patterns ("**/*.jpg") and, with recursive, folders. "-" is standard input.
    output : Output
        Where the results go.
    recursive : bool
        Whether the images in folders are taken.
    signed : str
        How results below 0 are shown: "offset", "abs", "clip" or "normalize".
    settings : files.Settings, optional
        How files are written.
    max_pixels : int, optional
        Photos that claim more are refused.
    dry_run : bool
        Only names, targets and headers are looked at.
    workers : int, optional
        How many photos are filtered at once, each by a process. None: one for each processor.
    tiling : Tiling, optional
        How photos too large for memory, and Zarr stores, are filtered in tiles: step must be a Recipe. None: all photos
        are read whole.

    Yields
    ------
    Record
        What became of a photo, as soon as it is done. Failures are records, too.

    Raises
    ------
    ImfilterError
        When the names of the results cannot be right: before anything is read.

    Examples
    --------
    >>> from imfilter import batch
    >>> from imfilter.pipeline.filter import Filter
    >>> output = batch.Output(folder="edges", skip_existing=True)
    >>> for record in batch.run(Filter.named("sobel"), ["*.nothing"], output):
    ...     print(record.input, record.status, record.error, sep=": ")
    *.nothing: failed: no file matches this pattern
    """
    job = Job(step, output, signed, settings, max_pixels, dry_run, tiling=tiling)
    return Batch(job, files, recursive=recursive).records(workers)
