"""Filter photos in parallel, each in its own process: the codecs hold the GIL, and a crash costs one photo.

Not with concurrent.futures: there, a process that dies fails every waiting task, and all tasks are queued at once.
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
from ..runtime.library_messages import collect_messages
from .job import BatchJob, PhotoResult
from .photo import filter_photo
from .targets import PlannedPhoto

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PATIENCE = 0.4  # seconds an interrupted process gets to complete the file it is writing


class ProcessExecutor:
    """Filters photos in a number of processes, each with a number of threads.

    unreported: results that an interrupt may have kept from being reported.
    """

    def __init__(self, job: BatchJob, processes: int, threads: int) -> None:
        self._job, self._processes, self._threads = job, processes, threads
        self._workers: list[_Worker] = []
        self.unreported: list[PhotoResult] = []

    def results(self, photos: Iterable[PlannedPhoto]) -> Generator[PhotoResult, None, None]:
        """Yield the result of each photo as it is done. Every process has at most one photo at a time."""
        from multiprocessing.connection import wait

        waiting = iter(photos)
        try:
            self._start_workers(waiting)
            while busy := {worker.connection: worker for worker in self._workers if worker.photo}:
                for connection in wait(list(busy)):
                    worker = busy[connection]
                    signals.hold()
                    result = worker.receive_result()
                    self.unreported = [result]
                    if worker.dead:
                        worker = self._replace_worker(worker)
                    worker.send_photo(next(waiting, None))
                    signals.release()
                    yield result
        finally:
            self._stop_workers()

    def _start_workers(self, waiting: Iterator[PlannedPhoto]) -> None:
        for planned in waiting:
            self._workers.append(_Worker(self._job, self._threads))
            self._workers[-1].send_photo(planned)
            if len(self._workers) == self._processes:
                break

    def _replace_worker(self, worker: _Worker) -> _Worker:
        worker.process.join()
        self._workers[self._workers.index(worker)] = other = _Worker(self._job, self._threads)
        return other

    def _stop_workers(self) -> None:
        """Stop all processes: ask twice, so that a file being written is completed, then kill."""
        for end in (signal.SIGTERM, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            for worker in self._workers:
                with contextlib.suppress(ProcessLookupError):
                    if worker.process.is_alive():
                        os.kill(worker.process.pid or 0, end)
            until = time.monotonic() + PATIENCE
            for worker in self._workers:
                worker.process.join(max(0.0, until - time.monotonic()))
        for worker in self._workers:
            if worker.photo and worker.connection.poll():
                result = worker.receive_result()
                if not worker.dead:
                    self.unreported.append(result)
            worker.connection.close()
        self._workers = []


class _Worker:
    """A process, and the photo it is filtering."""

    def __init__(self, job: BatchJob, threads: int) -> None:
        import multiprocessing

        # Forking is safe without threads, and takes a millisecond; otherwise a new interpreter has to start.
        forks = sys.platform == "linux" and threading.active_count() == 1
        context: Any = multiprocessing.get_context("fork" if forks else "spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_filter_received, args=(theirs, job, threads), daemon=True)
        with signals.block_signals():
            self.process.start()
        theirs.close()
        self.photo: PlannedPhoto | None = None
        self.dead = False

    def send_photo(self, planned: PlannedPhoto | None) -> None:
        self.photo = planned
        if planned:
            with contextlib.suppress(BrokenPipeError):  # it died while idle: receive_result will notice
                self.connection.send(planned)

    def receive_result(self) -> PhotoResult:
        """Return the result of the photo, even if the process has died."""
        try:
            result: PhotoResult = self.connection.recv()
            return result
        except (EOFError, OSError):
            self.dead = True
        self.process.join()
        assert self.photo is not None
        reason = f"the process that filtered it died (exit code {self.process.exitcode}): too little memory?"
        return PhotoResult(self.photo.source.path, self.photo.target, error=reason, number=self.photo.number)


def _filter_received(connection: Connection, job: BatchJob, threads: int) -> None:
    """Filter the photos that arrive, until the parent is gone or SIGTERM comes."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent: Any = multiprocessing.parent_process()
    os.environ["IMFILTER_WORKERS"] = str(threads)
    collect_messages()
    with contextlib.suppress(KeyboardInterrupt, EOFError, OSError):
        signals.handle_only(signal.SIGTERM)
        while wait([connection, parent.sentinel]) and connection.poll():
            connection.send(filter_photo(job, connection.recv()))
            signals.release()
