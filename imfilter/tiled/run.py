"""Compute a result tile by tile: each tile is one task that reads its windows, computes and writes."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from ..arrays.dtypes import Array
from ..blocks.blockwise import Block, Read
from ..errors import FileError, ImfilterError, explain_os_error
from ..runtime import signals
from .source import Source
from .target import Target

MOST_REASONS = 5  # reasons of failures in an error message


class TileFilter(Protocol):
    """A filter that computes any block of the result from windows of the source."""

    def compute(self, block: Block, read: Read) -> Array: ...


class TileFailure(NamedTuple):
    """Why a tile has no pixels."""

    block: Block
    reason: str


OnTileDone = Callable[["TileFailure | None"], None]  # called after each tile, with the reason if it failed


@dataclass(frozen=True)
class TileWork:
    """A filter and its source. It can be sent to other processes."""

    source: Source
    filter: TileFilter

    def compute_tile(self, block: Block) -> Array | TileFailure:
        """Return the pixels of a tile, or a TileFailure. Only interrupts raise."""
        try:
            return self.filter.compute(block, self.source.read)
        except ImfilterError as error:
            reason = error.fact
        except OSError as error:
            reason = f"{error.filename}: {explain_os_error(error)}" if error.filename else explain_os_error(error)
        except MemoryError:
            reason = "there is not enough memory for it"
        except Exception as error:  # one tile's failure must not stop the others
            reason = f"{type(error).__name__}: {error}"
        return self.describe_failure(block, reason)

    def describe_failure(self, block: Block, reason: str) -> TileFailure:
        """Return a failure without the source's name, which the caller adds."""
        return TileFailure(block, reason.removeprefix(f"{self.source.path}: "))

    def write_tile(self, target: Target, block: Block) -> TileFailure | None:
        """Compute a tile and write it; return why it failed, if it did. A target that cannot be written raises."""
        pixels = self.compute_tile(block)
        if isinstance(pixels, TileFailure):
            return pixels
        target.write(block, pixels)
        return None


class TileExecutor(Protocol):
    """What computes tiles: threads of this process, or the workers of a cluster."""

    def compute_tiles(self, work: TileWork, target: Target, blocks: Sequence[Block], on_tile_done: OnTileDone) -> None:
        """Compute and write the tiles. Call on_tile_done in this thread after each; stop when it raises."""


class ThreadExecutor:
    """Computes tiles on a number of threads, in the order of the blocks, one tile per thread at a time."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def compute_tiles(self, work: TileWork, target: Target, blocks: Sequence[Block], on_tile_done: OnTileDone) -> None:
        from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

        waiting = iter(blocks)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="imfilter-tile") as pool:
            # A tile is submitted only when a thread is free: after an error or an interrupt no further tile starts.
            running = {pool.submit(work.write_tile, target, block) for block in islice(waiting, self._threads)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    on_tile_done(future.result())
                    running |= {pool.submit(work.write_tile, target, block) for block in islice(waiting, 1)}


def compute_tiles(
    work: TileWork, target: Target, executor: TileExecutor, on_progress: Callable[[int, int], None] | None = None
) -> int:
    """Compute every missing tile, and finish the result.

    Parameters
    ----------
    work : TileWork
    target : Target
    executor : TileExecutor
    on_progress : callable, optional
        Called with the number of tiles done and the number of all tiles, at the beginning and after each tile.

    Returns
    -------
    int
        The number of tiles computed.

    Raises
    ------
    FileError
        If tiles failed, with their places, or if the target could not be written. The other tiles are kept if the
        target can be resumed; a TIFF file is given up at the first failure.
    """
    blocks, total, resumable = target.missing(), len(target.blocks()), target.shared_by_processes
    count = _TileCount(total - len(blocks), total, on_progress, resumable)
    try:
        count.report()
        if blocks:
            executor.compute_tiles(work, target, blocks, count.add)
        count.raise_failures()
    except BaseException as error:
        signals.hold()
        if resumable:  # count the tiles that were running as well
            count.done = total - len(target.missing())
            count.report()
        target.abandon()
        if isinstance(error, ImfilterError) and resumable and count.done:
            raise FileError(f"{error}; the other tiles are kept, and --resume computes the rest") from None
        raise
    signals.hold()
    target.finish()
    return len(blocks)


class _TileCount:
    """The number of tiles done, and the failures. resumable: whether a failure lets the other tiles be computed."""

    def __init__(self, done: int, total: int, on_progress: Callable[[int, int], None] | None, resumable: bool) -> None:
        self.done, self._total, self._on_progress, self._resumable = done, total, on_progress, resumable
        self._failures: list[TileFailure] = []

    def add(self, failure: TileFailure | None) -> None:
        """Count a tile."""
        if failure is None:
            self.done += 1
            self.report()
            return
        self._failures.append(failure)
        if not self._resumable:
            raise FileError(f"{_describe_failures(self._failures)}; a TIFF file must be complete, so none is written: "
                            "a Zarr store would keep the other tiles")

    def raise_failures(self) -> None:
        """Raise an error that names the failed tiles, if there are any."""
        if self._failures:
            raise FileError(_describe_failures(self._failures))

    def report(self) -> None:
        """Report how many tiles are done."""
        if self._on_progress:
            self._on_progress(self.done, self._total)


def _describe_failures(failures: Sequence[TileFailure]) -> str:
    """Return where tiles failed, and why; a reason that several tiles share is given once, at the first of them."""
    blocks: dict[str, list[Block]] = {}
    for block, reason in sorted(failures):
        blocks.setdefault(reason, []).append(block)
    parts = [f"tile at row {failed[0].top}, column {failed[0].left}{_count_more(len(failed) - 1)}: {reason}"
             for reason, failed in blocks.items()]
    more = len(parts) - MOST_REASONS
    return "; ".join([*parts[:MOST_REASONS], *[f"and {more:,} more reasons"] * (more > 0)])


def _count_more(count: int) -> str:
    return f" and {count:,} more" if count else ""
