"""Filter photos on a dask cluster: small photos are one task each, large ones are one task per tile."""
from __future__ import annotations

import contextlib
import filecmp
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import FileError, ImfilterError
from ..runtime import signals
from ..tiled.cluster import Cluster
from .job import BatchJob, PhotoResult, ProgressCallback
from .opening import choose_source
from .photo import filter_photo
from .targets import PlannedPhoto


class SentPhoto(NamedTuple):
    """A photo for a worker. A task runs again if its worker dies, even if that has already written the result.

    identity: of the photo's file when it was sent. is_new: whether nothing had the result's name then.
    """

    planned: PlannedPhoto
    identity: tuple[int, ...]
    is_new: bool


class ClusterExecutor:
    """Filters photos on a cluster. unreported: results that an interrupt may have kept from being reported."""

    def __init__(self, job: BatchJob, scheduler: str, on_progress: ProgressCallback | None) -> None:
        self._job, self._scheduler, self._on_progress = job, scheduler, on_progress
        self.unreported: list[PhotoResult] = []

    def results(self, photos: Sequence[PlannedPhoto]) -> Generator[PhotoResult, None, None]:
        """Yield the result of each photo as it is done: first photos filtered whole, then those in tiles."""
        local: list[PlannedPhoto] = []
        left = {planned.number: planned for planned in photos}
        with Cluster(self._scheduler) as cluster:
            try:
                for result in self._filter_whole(cluster, photos, local):
                    del left[result.number]
                    self.unreported = [result]
                    yield result
            except ImfilterError as error:  # the cluster is gone
                for planned in left.values():
                    yield PhotoResult(planned.source.path, planned.target, error=str(error), number=planned.number)
                return
            for planned in local:
                self.unreported = [filter_photo(self._job, planned, lambda: cluster, self._on_progress)]
                signals.release()
                yield self.unreported[0]

    def _filter_whole(
        self, cluster: Cluster, photos: Iterable[PlannedPhoto], local: list[PlannedPhoto]
    ) -> Iterator[PhotoResult]:
        """Yield the results of the photos that workers filter whole; collect the others in `local`."""
        shared = self._job._replace(tiling=None), os.getcwd()
        done = cluster.map(_filter_on_worker, shared, self._select_remote(photos, local))
        with contextlib.closing(done):
            for sent, result in done:
                yield _complete_result(sent.planned, result)

    def _select_remote(self, photos: Iterable[PlannedPhoto], local: list[PlannedPhoto]) -> Iterator[SentPhoto]:
        """Yield the photos that workers filter whole; collect those that this process must open in `local`."""
        for planned in photos:
            if self._is_local(planned):
                local.append(planned)
            else:
                is_new = not os.path.lexists(planned.target or "")
                yield SentPhoto(planned, _identify(planned.source.path), is_new)

    def _is_local(self, planned: PlannedPhoto) -> bool:
        """Return whether this process opens a photo: for tiles, for its own streams, or to report why it cannot."""
        if planned.error or planned.target is None or planned.target == "-":
            return True
        try:
            return choose_source(self._job, planned.source.path, planned.target, []) is not None
        except FileError:
            return True


def _identify(path: str) -> tuple[int, ...]:
    """Return what changes when a file is replaced; nothing if there is no file."""
    try:
        status = os.stat(path)
    except OSError:  # reading it reports that
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _filter_on_worker(shared: tuple[BatchJob, str], sent: SentPhoto) -> PhotoResult:
    """Filter a photo in one thread of a worker. shared: the job, and the folder that names are relative to."""
    job, folder = shared
    path, target = (os.path.join(folder, name or "") for name in (sent.planned.source.path, sent.planned.target))
    planned = sent.planned._replace(source=sent.planned.source._replace(path=path), target=target)
    os.environ["IMFILTER_WORKERS"] = "1"
    try:
        if job.output.in_place and sent.identity and _identify(path) != sent.identity:
            return PhotoResult(path, target, number=planned.number, error="has changed since the run began: a worker "
                               "may have replaced it before it died, so it is not filtered again")
        if sent.is_new and not job.output.force and os.path.lexists(target) and _confirm_result(job, planned):
            return filter_photo(job._replace(output=job.output._replace(force=True, skip_existing=False)), planned)
        return filter_photo(job, planned)
    finally:
        signals.release()


def _confirm_result(job: BatchJob, planned: PlannedPhoto) -> bool:
    """Return whether a file is the result of a photo, byte for byte, as a worker writes it that dies then."""
    target = planned.target or ""
    with tempfile.TemporaryDirectory() as folder:
        again = os.path.join(folder, os.path.basename(target))
        filter_photo(job, planned._replace(target=again))
        return os.path.isfile(again) and filecmp.cmp(again, target, shallow=False)


def _complete_result(planned: PlannedPhoto, result: Any) -> PhotoResult:
    """Return a worker's result with the names given here, or a failure if the task raised."""
    if isinstance(result, PhotoResult):
        result.input, result.output = planned.source.path, planned.target
        return result
    reason = f"its task failed on the cluster: {type(result).__name__}: {result}"
    return PhotoResult(planned.source.path, planned.target, error=reason, number=planned.number)
