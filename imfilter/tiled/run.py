"""Tiles at once: one task each, which reads its windows, computes and writes; on threads here, or on a cluster."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple, Protocol

from ..arrays.dtypes import Array
from ..blocks.blockwise import Block, Read
from ..errors import FileError, ImfilterError
from ..runtime import signals
from .source import Source
from .target import Target

TOLD = 5  # reasons of failures that are told


class Parts(Protocol):
    """What is made of a source, block by block."""

    def compute(self, block: Block, read: Read) -> Array: ...


class Failure(NamedTuple):
    """Why there are no pixels of a tile."""

    block: Block
    reason: str


Settle = Callable[["Failure | None"], None]  # what is called for a tile that is done, or is not


@dataclass(frozen=True)
class Work:
    """Parts of a source. Other processes may have it."""

    source: Source
    parts: Parts

    def made(self, block: Block) -> Array | Failure:
        """Return the pixels of a tile, or why there are none; nothing but an interrupt is raised."""
        try:
            return self.parts.compute(block, self.source.read)
        except ImfilterError as error:
            reason = error.fact
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}"
        except MemoryError:
            reason = "there is not enough memory for it"
        except Exception as error:  # whatever it is, the other tiles are none the worse for it
            reason = f"{type(error).__name__}: {error}"
        return self.failed(block, reason)

    def failed(self, block: Block, reason: str) -> Failure:
        """Return why there are no pixels of a tile."""
        return Failure(block, reason.removeprefix(f"{self.source.path}: "))

    def written(self, target: Target, block: Block) -> Failure | None:
        """Compute a tile and write it, or return why there is none. A target that cannot be written raises."""
        pixels = self.made(block)
        if isinstance(pixels, Failure):
            return pixels
        target.write(block, pixels)
        return None


class Crew(Protocol):
    """What tiles are computed by."""

    def run(self, work: Work, target: Target, blocks: Sequence[Block], settle: Settle) -> None:
        """Compute and write the tiles; call settle in this thread for each, with what was wrong, until it raises."""


class Threads:
    """Threads of this process, as dask's threaded scheduler has them: no more tiles are under way than there are."""

    def __init__(self, count: int) -> None:
        self._count = count

    def run(self, work: Work, target: Target, blocks: Sequence[Block], settle: Settle) -> None:
        from concurrent.futures import ThreadPoolExecutor

        dask, threaded = import_module("dask.callbacks"), import_module("dask.threaded")
        waiting = deque(blocks)

        def task() -> Failure | None:  # in the order of the blocks, whatever the order of the tasks
            return work.written(target, waiting.popleft())

        graph = {f"tile-{number}": (task,) for number in range(len(blocks))}
        told = dask.Callback(posttask=lambda key, result, *_: settle(result))
        with ThreadPoolExecutor(self._count, thread_name_prefix="imfilter-tile") as pool, told:
            threaded.get(graph, list(graph), pool=pool)


def run(work: Work, target: Target, crew: Crew, told: Callable[[int, int], None] | None = None) -> int:
    """Compute every tile that is missing, and give the result its name.

    Parameters
    ----------
    work : Work
    target : Target
    crew : Crew
    told : callable, optional
        Called with the number of tiles that are done, and of all, at the beginning and after each of them.

    Returns
    -------
    int
        How many tiles were computed.

    Raises
    ------
    FileError
        When tiles failed, in a sentence with their places, or the target could not be written. The other tiles are kept
        where the target can be resumed; a TIFF file ends with the first that fails.
    """
    blocks, total, lasting = target.missing(), len(target.blocks()), target.shared_by_processes
    count = _Count(total - len(blocks), total, told, lasting)
    try:
        count.tell()
        if blocks:
            crew.run(work, target, blocks, count.settle)
        count.check()
    except BaseException as error:
        signals.hold()
        if lasting:  # also those that were under way
            count.done = total - len(target.missing())
            count.tell()
        target.leave()
        if isinstance(error, ImfilterError) and lasting and count.done:
            raise FileError(f"{error}; the tiles that are done are kept, and --resume goes on") from None
        raise
    signals.hold()
    target.finish()
    return len(blocks)


class _Count:
    """How many tiles are done, and what was wrong with others. lasting: whether tiles are kept without the others."""

    def __init__(self, done: int, total: int, told: Callable[[int, int], None] | None, lasting: bool) -> None:
        self.done, self._total, self._told, self._lasting = done, total, told, lasting
        self._failures: list[Failure] = []

    def settle(self, failure: Failure | None) -> None:
        """Count a tile."""
        if failure is None:
            self.done += 1
            self.tell()
            return
        self._failures.append(failure)
        if not self._lasting:
            raise FileError(f"{_places(self._failures)}; no TIFF file is written without, a Zarr store keeps the rest")

    def check(self) -> None:
        """Say which tiles failed, if there are such."""
        if self._failures:
            raise FileError(_places(self._failures))

    def tell(self) -> None:
        """Tell how many tiles are done."""
        if self._told:
            self._told(self.done, self._total)


def _places(failures: Sequence[Failure]) -> str:
    """Say where tiles failed, and why; a reason that several share is told once, at the first of them."""
    blocks: dict[str, list[Block]] = {}
    for block, reason in sorted(failures):
        blocks.setdefault(reason, []).append(block)
    said = [f"tile at row {found[0].top}, column {found[0].left}{_more(len(found) - 1)}: {reason}"
            for reason, found in blocks.items()]
    return "; ".join([*said[:TOLD], *[f"and {len(said) - TOLD:,} reasons more"] * (len(said) > TOLD)])


def _more(count: int) -> str:
    return f" and {count:,} more" if count else ""
