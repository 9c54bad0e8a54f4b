"""Filter photos on a dask cluster: small photos are one task each, large ones are one task per tile."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

from ..errors import FileError, ImfilterError
from ..runtime import signals
from ..tiled.cluster import Cluster
from .job import BatchJob, PhotoResult, ProgressCallback
from .opening import choose_source
from .photo import filter_photo
from .targets import PlannedPhoto


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
            for planned, result in done:
                yield _complete_result(planned, result)

    def _select_remote(self, photos: Iterable[PlannedPhoto], local: list[PlannedPhoto]) -> Iterator[PlannedPhoto]:
        """Yield the photos that workers filter whole; collect those that this process must open in `local`."""
        for planned in photos:
            if self._is_local(planned):
                local.append(planned)
            else:
                yield planned

    def _is_local(self, planned: PlannedPhoto) -> bool:
        """Return whether this process opens a photo: for tiles, for its own streams, or to report why it cannot."""
        if planned.error or planned.target is None or planned.target == "-":
            return True
        try:
            return choose_source(self._job, planned.source.path, planned.target, []) is not None
        except FileError:
            return True


def _filter_on_worker(shared: tuple[BatchJob, str], planned: PlannedPhoto) -> PhotoResult:
    """Filter a photo in one thread of a worker. shared: the job, and the folder that names are relative to."""
    job, folder = shared
    source = planned.source._replace(path=os.path.join(folder, planned.source.path))
    os.environ["IMFILTER_WORKERS"] = "1"
    try:
        return filter_photo(job, planned._replace(source=source, target=os.path.join(folder, planned.target or "")))
    finally:
        signals.release()


def _complete_result(planned: PlannedPhoto, result: Any) -> PhotoResult:
    """Return a worker's result with the names given here, or a failure if the task raised."""
    if isinstance(result, PhotoResult):
        result.input, result.output = planned.source.path, planned.target
        return result
    reason = f"its task failed on the cluster: {type(result).__name__}: {result}"
    return PhotoResult(planned.source.path, planned.target, error=reason, number=planned.number)
