"""Run strips of rows on threads: those of the pool (pyx/pool.pyx), and the calling thread works too."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Protocol, TypeVar, runtime_checkable

from ..errors import ImfilterError, check_integer

Part = TypeVar("Part")

VARIABLE = "IMFILTER_WORKERS"
MOST_THREADS = 1000  # more that are asked for are not counted
SHARES = 4  # strips per worker on average, so that one slow strip does not delay the rest


class Task(Protocol):
    """A convolution that is ready to be run: rows that can be computed in any order."""

    rows: int
    align: int

    def run(self, first: int, last: int, caller: bool = ...) -> None: ...
    def stop(self) -> None: ...


@runtime_checkable
class LoopTask(Protocol):
    """A task whose strips threads compute without the lock of the interpreter."""

    def share(self, threads: int, shares: int) -> None: ...


def thread_count(workers: int | None) -> int:
    """Return how many threads to use: the argument, else IMFILTER_WORKERS, else one per processor."""
    if workers is not None:
        return min(check_integer("workers", workers, 1), MOST_THREADS)
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return count_processors()
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ImfilterError(f"{VARIABLE} must be an integer of at least 1, got {wanted!r}")
    return min(int(wanted), MOST_THREADS)


@cache
def count_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_task(task: Task, workers: int, shares: int = SHARES) -> None:
    """Compute every row of a task on this thread and up to workers - 1 others, in about `shares` strips for each."""
    if workers == 1:
        task.run(0, task.rows)
    elif isinstance(task, LoopTask):
        task.share(workers, shares)
    else:
        from . import _pool  # importing it takes longer than filtering a small photo

        height = -(-task.rows // (workers * shares))
        _pool.share_calls(task, workers, task.rows, -(-height // task.align) * task.align)


@contextmanager
def work_follows(workers: int | None) -> Iterator[None]:
    """Have the threads of the pool awake for several pieces of work in a row, and between them."""
    from . import _pool

    _pool.expect_work(thread_count(workers))
    try:
        yield
    finally:
        _pool.expect_none()


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
    """Call function(part) for every part, in any order, on several threads when there are at least `least` parts.

    This is for NumPy passes over strips of an array, where each call writes to its own strip.
    """
    parts = list(parts)
    if len(parts) >= least:
        run_task(_Calls(function, parts), thread_count(workers))
        return
    for part in parts:
        function(part)
