"""Photos on a cluster: each is a task of the workers of a dask scheduler, or each of its tiles is."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..errors import FileError, ImfilterError
from ..runtime import signals
from ..tiled.cluster import Cluster
from . import tiling
from .photo import Job, Record, settled
from .targets import Task
from .tiling import Told


class Crew:
    """A cluster that filters photos. late: what was done, but may not have been told, when the work was ended."""

    def __init__(self, job: Job, scheduler: str, told: Told | None) -> None:
        self._job, self._scheduler, self._told = job, scheduler, told
        self.late: list[Record] = []

    def records(self, tasks: Sequence[Task]) -> Generator[Record, None, None]:
        """Yield what became of each photo, as it is done: of whole ones first, then of those that go in tiles."""
        here: list[Task] = []
        left = {task.number: task for task in tasks}
        with Cluster(self._scheduler) as cluster:
            try:
                for record in self._whole(cluster, tasks, here):
                    del left[record.number]
                    self.late = [record]
                    yield record
            except ImfilterError as error:  # the cluster is not there any more
                for task in left.values():
                    yield Record(task.source.path, task.target, error=str(error), number=task.number)
                return
            for task in here:
                self.late = [settled(self._job, task, lambda: cluster, self._told)]
                signals.release()
                yield self.late[0]

    def _whole(self, cluster: Cluster, tasks: Iterable[Task], here: list[Task]) -> Iterator[Record]:
        """Yield what became of the photos that are filtered whole, on workers."""
        shared = replace(self._job, tiling=None), os.getcwd()
        done = cluster.each(_settled, shared, self._sent(tasks, here))
        with contextlib.closing(done):
            for task, result in done:
                yield _record(task, result)

    def _sent(self, tasks: Iterable[Task], here: list[Task]) -> Iterator[Task]:
        """Yield the photos that workers filter whole; put others, which this process has to look at, into the list."""
        for task in tasks:
            if self._stays(task):
                here.append(task)
            else:
                yield task

    def _stays(self, task: Task) -> bool:
        """Say whether this process has a photo filtered: in tiles, from or to its own streams, or not at all."""
        if task.error or task.target is None or task.target == "-":
            return True
        try:
            return tiling.opened(self._job, task.source.path, task.target, []) is not None
        except FileError:
            return True


def _settled(shared: tuple[Job, str], task: Task) -> Record:
    """Filter a photo, on a worker of the cluster that has a thread for it. shared: the job, and the folder of names."""
    job, folder = shared
    source = task.source._replace(path=os.path.join(folder, task.source.path))
    os.environ["IMFILTER_WORKERS"] = "1"
    try:
        return settled(job, task._replace(source=source, target=os.path.join(folder, task.target or "")))
    finally:
        signals.release()


def _record(task: Task, result: Any) -> Record:
    """Return what became of a photo."""
    if isinstance(result, Record):
        result.input, result.output = task.source.path, task.target
        return result
    reason = f"its task failed on the cluster: {type(result).__name__}: {result}"
    return Record(task.source.path, task.target, error=reason, number=task.number)
