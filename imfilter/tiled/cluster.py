"""Run tasks on the workers of a dask scheduler, with few of them in flight at once."""
from __future__ import annotations

import itertools
import logging
import pickle
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from .. import __version__
from ..blocks.blockwise import Block
from ..errors import ImfilterError, first_line
from ..runtime.extras import import_library
from .run import OnTileDone, TileFailure, TileWork
from .target import Target

Item = TypeVar("Item")

PATIENCE = 10  # seconds to wait for the scheduler's answer, and for a first worker
AHEAD = 3  # tasks in flight for each thread of the cluster
BATCHES = 4  # tasks are submitted in this many lots: one by one they cost the scheduler more
LOGGERS = ("distributed", "distributed.client", "distributed.core", "tornado.application", "asyncio")
LOOK = 2.0  # seconds between two looks at the number of threads


class Cluster:
    """The workers of a dask scheduler, as a context manager."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None

    def __enter__(self) -> Cluster:
        distributed = import_library("distributed", "dask", "filtering on a cluster")
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is raised as well
        try:
            self._client = distributed.Client(self._address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ImfilterError(f"the scheduler at {self._address} cannot be reached: {first_line(error)}") from None
        try:
            self._check()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _check(self) -> None:
        """Reject a cluster without workers, or whose workers have another version of imfilter."""
        until = time.monotonic() + PATIENCE
        while not self._client.nthreads():
            if time.monotonic() > until:
                raise ImfilterError(f"the scheduler at {self._address} has no workers: start one with "
                                    f"'dask worker {self._address}'")
            time.sleep(0.1)

        def version() -> str:  # sent by value: the worker may not have imfilter
            try:
                import imfilter
            except ImportError:
                return ""
            return imfilter.__version__

        for worker, found in self._client.run(version).items():
            if found != __version__:
                raise ImfilterError(f"the worker at {worker} must have imfilter {__version__}, as this process has, "
                                    f"got {found or 'none'}")

    def map(
        self, function: Callable[..., Any], shared: object, items: Iterable[Item]
    ) -> Generator[tuple[Item, Any], None, None]:
        """Yield each item with function(shared, item), or with the exception it raised, in the order of completion.

        Only as many tasks are in flight as keep the workers busy. Closing the generator cancels them.
        """
        # The result of a task and not data sent to one worker: if that worker dies, another one makes it again.
        held = self._client.submit(pickle.loads, pickle.dumps(shared), pure=False)
        waiting, in_flight = iter(items), dict[Any, Item]()
        done = import_module("distributed").as_completed(loop=self._client.loop)
        most, looked = 0, 0.0
        try:
            while True:
                if time.monotonic() - looked > LOOK:
                    most, looked = AHEAD * max(1, sum(self._client.nthreads().values())), time.monotonic()
                if len(in_flight) <= most - max(1, most // BATCHES):
                    items = list(itertools.islice(waiting, most - len(in_flight)))
                    given = [pickle.dumps(item) for item in items]
                    futures = self._client.map(_call, given, function=function, shared=held, pure=False)
                    in_flight.update(zip(futures, items, strict=True))
                    done.update(futures)
                if not in_flight:
                    return
                future = next(done)
                result = _fetch_result(future)
                self._check_scheduler()
                yield in_flight.pop(future), result
        except Exception:
            self._check_scheduler()
            raise
        finally:
            if self._is_connected:
                self._client.cancel([*in_flight, held])

    @property
    def _is_connected(self) -> bool:
        return self._client.status == "running"  # type: ignore[no-any-return]

    def _check_scheduler(self) -> None:
        """Raise an error if the scheduler is gone."""
        if not self._is_connected:
            raise ImfilterError(f"the scheduler at {self._address} is gone") from None

    def compute_tiles(self, work: TileWork, target: Target, blocks: Sequence[Block], on_tile_done: OnTileDone) -> None:
        """Compute tiles on the workers, which also write them if the target can be shared by processes."""
        shared = target.shared_by_processes
        results = self.map(_write_tile, (work, target), blocks) if shared else self.map(
            TileWork.compute_tile, work, blocks)
        try:
            for block, result in results:
                if isinstance(result, ImfilterError):  # it could not be written
                    raise result
                if isinstance(result, BaseException):
                    result = work.describe_failure(block, f"its task failed: {type(result).__name__}: {result}")
                if isinstance(result, np.ndarray):
                    target.write(block, result)
                on_tile_done(result if isinstance(result, TileFailure) else None)
        finally:
            results.close()


def _call(item: bytes, *, function: Callable[..., Any], shared: object) -> Any:
    """Call the function, on a worker."""
    return function(shared, pickle.loads(item))


def _fetch_result(future: Any) -> Any:
    """Return the result of a task, or its exception. Results stay on the workers until they are fetched here."""
    try:
        return future.result()
    except Exception as error:
        return error


def _write_tile(shared: tuple[TileWork, Target], block: Block) -> TileFailure | None:
    work, target = shared
    return work.write_tile(target, block)
