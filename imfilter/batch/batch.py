"""A batch of photos: plan the outputs, filter in parallel, and yield a PhotoResult for each."""
from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..errors import check_integer
from ..runtime import signals, threads
from .job import BatchJob, PhotoResult, ProgressCallback
from .photo import filter_photo
from .sources import find_photos
from .targets import PlannedPhoto, plan_photos

if TYPE_CHECKING:
    from ..tiled.run import TileExecutor
    from .cluster import ClusterExecutor
    from .processes import ProcessExecutor


class Batch:
    """A job, and the photos it applies to, each with the name of its result.

    Wrong names raise an ImfilterError here, before anything is read or written. len() is the number of photos.
    skipped: how many files of the folders are no photos, by kind.

    Parameters
    ----------
    job : BatchJob
        The filter, where results go, and how they are written.
    files : sequence of str
        Names, patterns ("**/*.jpg") and, with recursive, folders. "-" is standard input.
    recursive : bool
        Whether to filter the images in folders.

    Examples
    --------
    >>> from imfilter import batch
    >>> from imfilter.pipeline.filter import Filter
    >>> job = batch.BatchJob(Filter.from_name("sobel"), batch.Output(folder="edges", skip_existing=True))
    >>> for result in batch.Batch(job, ["*.nothing"]).results():
    ...     print(result.input, result.status, result.error, sep=": ")
    *.nothing: failed: no file matches this pattern
    """

    def __init__(self, job: BatchJob, files: Sequence[str], *, recursive: bool = False) -> None:
        self._job = job
        self.skipped: Counter[str] = Counter()
        sources = find_photos(files, recursive=recursive, name=job.filter.name, results=job.output.folder,
                              skipped=self.skipped)
        self.photos: list[PlannedPhoto] = plan_photos(sources, job.output, job.filter.name)
        if job.tiling and len(self.photos) > 1:  # in tiles, photos that fit in memory would wait for each other
            self._job = job._replace(tiling=job.tiling._replace(always=False))
        self._executor: ProcessExecutor | ClusterExecutor | None = None
        self._last: list[PhotoResult] = []

    def __len__(self) -> int:
        return len(self.photos)

    def share_processors(self, workers: int | None = None) -> tuple[int, int]:
        """Return how many photos to filter in parallel, and the number of threads of each.

        All processors, or IMFILTER_WORKERS of them, are shared out. Photos on standard input or output are filtered in
        this process, which owns these streams.
        """
        cores = threads.thread_count(None)
        count = cores if workers is None else check_integer("workers", workers, 1)
        count = min(count, max(len(self), 1))
        streams = any("-" in (planned.source.path, planned.target) for planned in self.photos)
        if self._job.dry_run or self._job.look or streams:
            count = 1
        return count, max(1, cores // count)

    def results(
        self, workers: int | None = None, on_progress: ProgressCallback | None = None
    ) -> Generator[PhotoResult, None, None]:
        """Yield the result of each photo when it is finished. Failures are results, too.

        workers: number of photos to filter in parallel; default: one per processor. on_progress: called after each
        tile, unless other processes compute them.
        """
        count, thread_count = self.share_processors(workers)
        if self._job.tiling and self._job.tiling.scheduler and not self._job.dry_run:
            return self._filter_on_cluster(self._job.tiling.scheduler, on_progress)
        if count == 1:
            return self._filter_in_turn(workers, on_progress)
        return self._filter_in_processes(count, thread_count)

    def list_unreported(self) -> list[PhotoResult]:
        """Return the results that an interrupt may have kept from being yielded."""
        return self._executor.unreported if self._executor else self._last

    def _filter_in_turn(
        self, workers: int | None, on_progress: ProgressCallback | None
    ) -> Generator[PhotoResult, None, None]:
        for planned in self.photos:
            self._last = [filter_photo(self._job, planned, partial(_thread_executor, workers), on_progress)]
            signals.release()
            yield self._last[0]

    def _filter_in_processes(self, count: int, thread_count: int) -> Generator[PhotoResult, None, None]:
        from .processes import ProcessExecutor  # multiprocessing takes longer to import than a small photo to filter

        self._executor = ProcessExecutor(self._job, count, thread_count)
        yield from self._executor.results(self.photos)

    def _filter_on_cluster(
        self, scheduler: str, on_progress: ProgressCallback | None
    ) -> Generator[PhotoResult, None, None]:
        from .cluster import ClusterExecutor

        self._executor = ClusterExecutor(self._job, scheduler, on_progress)
        yield from self._executor.results(self.photos)


def _thread_executor(workers: int | None) -> TileExecutor:
    from .tiles import thread_executor

    return thread_executor(workers)
