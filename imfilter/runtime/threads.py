"""Run strips of rows on threads: the loops release the GIL, and the calling thread works too."""
from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..errors import ImfilterError, check_integer

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Part = TypeVar("Part")

VARIABLE = "IMFILTER_WORKERS"
SHARES = 4  # strips per worker on average, so that one slow strip does not delay the rest


class Task(Protocol):
    """A convolution that is ready to be run: rows that can be computed in any order."""

    rows: int
    align: int

    def run(self, first: int, last: int, caller: bool = ...) -> None: ...
    def stop(self) -> None: ...


def thread_count(workers: int | None) -> int:
    """Return how many threads to use: the argument, else IMFILTER_WORKERS, else one per processor."""
    if workers is not None:
        return check_integer("workers", workers, 1)
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return _processors()
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ImfilterError(f"{VARIABLE} must be an integer of at least 1, got {wanted!r}")
    return int(wanted)


@cache
def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # importing it takes longer than filtering a small photo

    # More workers than processors may be asked for; those beyond the pool get nothing to do.
    count = max(_processors(), 2)
    pool = ThreadPoolExecutor(count, thread_name_prefix="imfilter")
    # Ctrl-C raises in the main thread only. If it did so while the pool starts a thread, the pool would not know that
    # thread, nobody would end it, and the process would wait for it forever. So another thread starts all of them.
    starter = threading.Thread(target=_start_threads, args=(pool, count))
    try:
        # In free-threaded Python 3.14, threads inherit the context of the one that starts them. These outlive the call.
        Context().run(starter.start)
        starter.join()
    except RuntimeError:  # not even this one can be started
        _keep_started(pool)
    return pool


def _start_threads(pool: ThreadPoolExecutor, count: int) -> None:
    """Start all threads of a pool, which by itself starts one whenever none is idle."""
    all_started = threading.Barrier(count)
    try:
        for future in [pool.submit(all_started.wait) for _ in range(count)]:
            future.result()
    except (RuntimeError, MemoryError):  # the system has no more threads
        all_started.abort()
        _keep_started(pool)


def _keep_started(pool: ThreadPoolExecutor) -> None:
    """Make do with the threads that a pool has; the caller of a task does what they do not."""
    pool._max_workers = len(pool._threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child process has none of its parent's threads


class _Strips:
    """Consecutive strips of a task, each given to the thread that asks next."""

    def __init__(self, task: Task, count: int) -> None:
        height = -(-task.rows // count)
        self._task = task
        self._height = -(-height // task.align) * task.align
        self._starts: Iterator[int] = iter(range(0, task.rows, self._height))
        self._lock = threading.Lock()

    def run(self, caller: bool) -> None:
        while True:
            with self._lock:
                start = next(self._starts, None)
            if start is None:
                return
            self._task.run(start, min(start + self._height, self._task.rows), caller)


def run_task(task: Task, workers: int, shares: int = SHARES) -> None:
    """Compute every row of a task on this thread and up to workers - 1 others, in about `shares` strips for each."""
    if workers == 1:
        task.run(0, task.rows)
        return
    strips = _Strips(task, workers * shares)
    helpers: list[Future[None]] = []
    try:
        helpers += (_pool().submit(strips.run, False) for _ in range(workers - 1))
        strips.run(True)
        for helper in helpers:
            if not helper.cancel():  # it has started, maybe on the last strip
                helper.result()
    except BaseException:
        task.stop()
        for helper in helpers:
            if not helper.cancel():
                helper.exception()  # waits, because until it ends it may write to the caller's array
        raise


class _Calls:
    """A function to be called for each of some parts, as a task whose rows are the parts."""

    align = 1

    def __init__(self, function: Callable[[Part], object], parts: list[Part]) -> None:
        self._function, self._parts, self._stopped = function, parts, False
        self.rows = len(parts)

    def run(self, first: int, last: int, caller: bool = True) -> None:
        for part in self._parts[first:last]:
            if self._stopped:
                return
            self._function(part)

    def stop(self) -> None:
        self._stopped = True


def for_each(
    function: Callable[[Part], object], parts: Iterable[Part], workers: int | None = None, least: int = 2 * SHARES
) -> None:
    """Call function(part) for every part, in any order, on several threads when there are at least so many parts.

    This is for NumPy passes over strips of an array, where each call writes to its own strip.
    """
    calls = _Calls(function, list(parts))
    run_task(calls, thread_count(workers) if calls.rows >= least else 1)
