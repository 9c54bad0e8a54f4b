"""A cluster that a dask scheduler has: tiles and photos as tasks of its workers, few of them under way at once."""
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
from ..errors import ImfilterError
from .run import Failure, Settle, Work
from .target import Target

Item = TypeVar("Item")

PATIENCE = 10  # seconds that the scheduler is given to answer, and a worker to be there
AHEAD = 3  # tasks for each thread of the cluster that are under way
BATCHES = 4  # in so many lots are tasks sent: one by one they would cost the scheduler more
LOGGERS = ("distributed", "distributed.client", "distributed.core", "tornado.application", "asyncio")
LOOK = 2.0  # seconds from one look at how many threads there are to the next


class Cluster:
    """The workers of a dask scheduler, held by a `with` statement."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None

    def __enter__(self) -> Cluster:
        distributed = import_module("distributed")
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is raised
        try:
            self._client = distributed.Client(self._address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ImfilterError(f"the scheduler at {self._address} cannot be reached: {reason}") from None
        try:
            self._check()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _check(self) -> None:
        """Refuse a cluster without workers, or with another imfilter on them than here."""
        until = time.monotonic() + PATIENCE
        while not self._client.nthreads():
            if time.monotonic() > until:
                raise ImfilterError(f"the scheduler at {self._address} has no workers: 'dask worker {self._address}' "
                                    "starts one")
            time.sleep(0.1)

        def version() -> str:  # sent as it is: a module of imfilter may not be there
            try:
                import imfilter
            except ImportError:
                return ""
            return imfilter.__version__

        for worker, found in self._client.run(version).items():
            if found != __version__:
                raise ImfilterError(f"the worker at {worker} has {f'imfilter {found}' if found else 'no imfilter'}, "
                                    f"and here is {__version__}: they must be the same")

    def each(self, function: Callable[..., Any], shared: object, items: Iterable[Item]
             ) -> Generator[tuple[Item, Any], None, None]:
        """Yield every item with function(shared, item) as it is done, or with the exception that this raised.

        No more of them are under way than keep the workers busy; these are given up when the generator is closed.
        """
        # Made by a task, and not sent to a worker that may be gone when it is needed: it is made again then.
        held = self._client.submit(pickle.loads, pickle.dumps(shared), pure=False)
        waiting, under_way = iter(items), dict[Any, Item]()
        done = import_module("distributed").as_completed(loop=self._client.loop)
        most, looked = 0, 0.0
        try:
            while True:
                if time.monotonic() - looked > LOOK:
                    most, looked = AHEAD * max(1, sum(self._client.nthreads().values())), time.monotonic()
                if len(under_way) <= most - max(1, most // BATCHES):
                    items = list(itertools.islice(waiting, most - len(under_way)))
                    given = [pickle.dumps(item) for item in items]
                    futures = self._client.map(_called, given, function=function, shared=held, pure=False)
                    under_way.update(zip(futures, items, strict=True))
                    done.update(futures)
                if not under_way:
                    return
                future = next(done)
                result = _result(future)
                self._check_there()
                yield under_way.pop(future), result
        except Exception:
            self._check_there()
            raise
        finally:
            if self._there:
                self._client.cancel([*under_way, held])

    @property
    def _there(self) -> bool:
        return self._client.status == "running"  # type: ignore[no-any-return]

    def _check_there(self) -> None:
        """Say in a sentence that the scheduler is not there any more."""
        if not self._there:
            raise ImfilterError(f"the scheduler at {self._address} has gone") from None

    def run(self, work: Work, target: Target, blocks: Sequence[Block], settle: Settle) -> None:
        """Have tiles computed. The workers write them where the target can be shared by processes."""
        shared = target.shared_by_processes
        results = self.each(_written, (work, target), blocks) if shared else self.each(Work.made, work, blocks)
        try:
            for block, result in results:
                if isinstance(result, ImfilterError):  # it could not be written
                    raise result
                if isinstance(result, BaseException):
                    result = work.failed(block, f"its task failed: {type(result).__name__}: {result}")
                if isinstance(result, np.ndarray):
                    target.write(block, result)
                settle(result if isinstance(result, Failure) else None)
        finally:
            results.close()


def _called(item: bytes, *, function: Callable[..., Any], shared: object) -> Any:
    """Call the function, on a worker."""
    return function(shared, pickle.loads(item))


def _result(future: Any) -> Any:
    """Return what came of a task. It is fetched only now: results wait on the workers."""
    try:
        return future.result()
    except Exception as error:
        return error


def _written(shared: tuple[Work, Target], block: Block) -> Failure | None:
    work, target = shared
    return work.written(target, block)
