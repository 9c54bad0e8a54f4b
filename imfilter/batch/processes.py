"""Photos at once, each in a process of its own: the codecs hold the GIL, and a crash costs one photo.

Not concurrent.futures: there a process that dies takes everything that waits with it, and all that waits is queued.
"""
from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..runtime import signals
from .photo import Job, Record, settled
from .targets import Task

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PATIENCE = 0.4  # seconds that an interrupted process is given for a file it is writing


class Crew:
    """Processes that filter photos, each with so many threads.

    late: what they had done, but may not have told, when the work was ended before its time.
    """

    def __init__(self, job: Job, many: int, threads: int) -> None:
        self._job, self._many, self._threads = job, many, threads
        self._workers: list[_Worker] = []
        self.late: list[Record] = []

    def records(self, tasks: Iterable[Task]) -> Generator[Record, None, None]:
        """Yield what became of each photo, as it is done. No more of them are under way than there are processes."""
        from multiprocessing.connection import wait

        waiting = iter(tasks)
        try:
            self._hire(waiting)
            while busy := {worker.connection: worker for worker in self._workers if worker.task}:
                for connection in wait(list(busy)):
                    worker = busy[connection]
                    signals.hold()
                    record = worker.record()
                    self.late = [record]
                    if worker.dead:
                        worker = self._replace(worker)
                    worker.give(next(waiting, None))
                    signals.release()
                    yield record
        finally:
            self._dismiss()

    def _hire(self, waiting: Iterator[Task]) -> None:
        for task in waiting:
            self._workers.append(_Worker(self._job, self._threads))
            self._workers[-1].give(task)
            if len(self._workers) == self._many:
                break

    def _replace(self, worker: _Worker) -> _Worker:
        worker.process.join()
        self._workers[self._workers.index(worker)] = other = _Worker(self._job, self._threads)
        return other

    def _dismiss(self) -> None:
        """End all processes: first those at rest by themselves, at last by force."""
        for end in (signal.SIGTERM, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            for worker in self._workers:
                with contextlib.suppress(ProcessLookupError):
                    if worker.process.is_alive():
                        os.kill(worker.process.pid or 0, end)
            until = time.monotonic() + PATIENCE
            for worker in self._workers:
                worker.process.join(max(0.0, until - time.monotonic()))
        for worker in self._workers:
            if worker.task and worker.connection.poll():
                record = worker.record()
                if not worker.dead:
                    self.late.append(record)
            worker.connection.close()
        self._workers = []


class _Worker:
    """A process, and the photo it is at."""

    def __init__(self, job: Job, threads: int) -> None:
        import multiprocessing

        # A copy of a process without threads is safe and made in a millisecond; elsewhere a new one has to start.
        forks = sys.platform == "linux" and threading.active_count() == 1
        context: Any = multiprocessing.get_context("fork" if forks else "spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, job, threads), daemon=True)
        with signals.blocked():
            self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.dead = False

    def give(self, task: Task | None) -> None:
        self.task = task
        if task:
            with contextlib.suppress(BrokenPipeError):  # it died at rest: told when its answer is asked for
                self.connection.send(task)

    def record(self) -> Record:
        """Return what became of the photo; a process that died could not tell."""
        try:
            record: Record = self.connection.recv()
            return record
        except (EOFError, OSError):
            self.dead = True
        self.process.join()
        assert self.task is not None
        reason = f"the process that filtered it was ended (exit code {self.process.exitcode}): too little memory?"
        return Record(self.task.source.path, self.task.target, error=reason, number=self.task.number)


def _serve(connection: Connection, job: Job, threads: int) -> None:
    """Filter one photo after the other until there is nobody left to tell, or SIGTERM comes."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent: Any = multiprocessing.parent_process()
    os.environ["IMFILTER_WORKERS"] = str(threads)
    with contextlib.suppress(KeyboardInterrupt, EOFError, OSError):
        signals.obey(signal.SIGTERM)
        while wait([connection, parent.sentinel]) and connection.poll():
            connection.send(settled(job, connection.recv()))
            signals.release()
