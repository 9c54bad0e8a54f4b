"""Tiles at once: one task each, which reads its windows, computes and writes; on threads here, or on a cluster."""
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .. import signals
from ..errors import FileError, ImfilterError
from ..images import Array
from ..parts import Block, Read
from .sources import Source
from .targets import Target

TOLD = 5  # tiles that failed are told one by one up to so many


class Parts(Protocol):
    """What is made of a source, block by block."""

    def compute(self, block: Block, read: Read) -> Array: ...


class Failure(str):
    """Why there are no pixels of a tile."""


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
        except MemoryError:
            reason = "there is not enough memory for it"
        except Exception as error:  # whatever it is, the other tiles are none the worse for it
            reason = f"{type(error).__name__}: {error}"
        return self.failed(block, reason)

    def failed(self, block: Block, reason: str) -> Failure:
        """Return why there are no pixels of a tile, with its place."""
        return Failure(f"tile at row {block.top}, column {block.left}: {reason.removeprefix(f'{self.source.path}: ')}")

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

        from dask.callbacks import Callback
        from dask.threaded import get

        names = [f"tile-{number:09}" for number in range(len(blocks))]  # in whose order they are begun
        graph = {name: (functools.partial(work.written, target, block),) for name, block in zip(names, blocks, strict=True)}
        with ThreadPoolExecutor(self._count, thread_name_prefix="imfilter-tile") as pool:
            with Callback(posttask=lambda key, result, *_: settle(result)):
                get(graph, names, pool=pool)


class Incomplete(FileError):
    """A result that lacks tiles. Its message says which."""


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
    Incomplete
        When tiles failed. The others are kept where the target can be resumed; a TIFF file ends with the first.
    FileError
        When the target cannot be written.
    """
    try:
        blocks, total = target.missing(), len(target.blocks())
        count = _Count(total - len(blocks), total, told, target.shared_by_processes)
        if blocks:
            crew.run(work, target, blocks, count.settle)
        count.check()
    except BaseException:
        signals.hold()
        target.leave()
        raise
    signals.hold()
    target.finish()
    return len(blocks)


class _Count:
    """How many tiles are done, and what was wrong with others. lasting: whether tiles are kept without the others."""

    def __init__(self, done: int, total: int, told: Callable[[int, int], None] | None, lasting: bool) -> None:
        self._done, self._total, self._told, self._lasting = done, total, told, lasting
        self._failures: list[Failure] = []
        self._tell()

    def settle(self, failure: Failure | None) -> None:
        """Count a tile."""
        if failure is None:
            self._done += 1
            self._tell()
            return
        self._failures.append(failure)
        if not self._lasting:
            raise Incomplete(f"{failure}; no TIFF file is written without it, a Zarr result would keep the others")

    def check(self) -> None:
        """Say which tiles failed, if there are such."""
        failed = self._failures
        if failed:
            more = f"; and {len(failed) - TOLD:,} tiles more" if len(failed) > TOLD else ""
            kept = "; the others are kept, and --resume tries these again" if self._done else ""
            raise Incomplete(f"{'; '.join(failed[:TOLD])}{more}{kept}")

    def _tell(self) -> None:
        if self._told:
            self._told(self._done, self._total)
