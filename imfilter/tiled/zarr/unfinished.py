"""Unfinished Zarr stores: their provenance, the tiles that are done, and locks against other runs and late writers."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import FileError
from ...files.atomic import sync_folder

SUFFIX = ".partial"  # added to the name of the store
FOLDER = ".imfilter"  # inside the store; readers of Zarr ignore it
PROVENANCE, DONE, LOCK = "made.json", "done", "lock"
WRITERS = "writers-"  # begins the name of a file that writers lock; its rest differs between stores of the same name
PATIENCE = 10  # seconds to wait for writers that do not go on


def begin_store(
    partial: str, provenance: dict[str, Any], make: Callable[[str], None], *, resume: bool, force: bool
) -> str:
    """Create an unfinished store atomically, or check the existing one when resuming; return its file for writers.

    provenance: what it is made from, as JSON values. make: creates an empty store in a folder.
    """
    provenance = json.loads(json.dumps(provenance, default=str))
    if os.path.lexists(partial):
        known = _read_provenance(partial)
        if resume:
            _check_provenance(partial, known, provenance)
            return _find_writers(partial)
        if not force:
            raise FileError(f"{partial}: is the unfinished result of an interrupted run: --resume continues it, "
                            "--force discards it")
        _discard_store(partial)
    writers = f"{WRITERS}{os.urandom(6).hex()}"
    folder = os.path.join(os.path.dirname(partial), f".imfilter-{os.urandom(6).hex()}.part")
    try:
        make(folder)
        os.makedirs(os.path.join(folder, FOLDER, DONE))
        with open(os.path.join(folder, FOLDER, PROVENANCE), "x", encoding="utf-8") as file:
            json.dump(provenance, file)
        os.close(os.open(os.path.join(folder, FOLDER, writers), os.O_WRONLY | os.O_CREAT, 0o666))
        os.rename(folder, partial)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return writers


def _discard_store(partial: str) -> None:
    """Delete an unfinished store that no run is writing. It loses its name first: a part of it would be in the way."""
    lock = Lock(partial)
    try:
        old = os.path.join(os.path.dirname(partial), f".imfilter-{os.urandom(6).hex()}.old")
        with keep_writers_out(partial, _find_writers(partial)):
            os.rename(partial, old)
    finally:
        lock.release()
    shutil.rmtree(old, ignore_errors=True)


def _find_writers(partial: str) -> str:
    """Return the name of the file that writers of an unfinished store lock."""
    names = os.listdir(os.path.join(partial, FOLDER))
    return next((name for name in names if name.startswith(WRITERS)), WRITERS)


@contextlib.contextmanager
def let_write(partial: str, writers: str) -> Iterator[None]:
    """Keep the store's name while a tile is written to it.

    Workers may outlive the run that they work for: OSError if the store is no longer there, or another one is.
    """
    name = os.path.join(partial, FOLDER, writers)
    handle = os.open(name, os.O_RDWR)
    try:
        _lock_file(handle, alone=False)
        os.stat(name)  # it may have been renamed in between
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def keep_writers_out(partial: str, writers: str) -> Iterator[None]:
    """Have no tile written while the store is renamed or deleted. Writers that do not go on are not waited for."""
    handle = os.open(os.path.join(partial, FOLDER, writers), os.O_RDWR)
    try:
        until = time.monotonic() + PATIENCE
        while not _lock_file(handle, alone=True) and time.monotonic() < until:
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def _lock_file(handle: int, *, alone: bool) -> bool:
    """Lock an open file, alone or together with others. False: others have locked it."""
    try:
        import fcntl
    except ImportError:  # Windows, which has no such locks
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _read_provenance(partial: str) -> dict[str, Any]:
    """Return the provenance of an unfinished store."""
    try:
        with open(os.path.join(partial, FOLDER, PROVENANCE), encoding="utf-8") as file:
            return dict(json.load(file))
    except (OSError, ValueError, TypeError):
        raise FileError(f"{partial}: is in the way, and not an unfinished result: move it") from None


def _check_provenance(partial: str, known: dict[str, Any], provenance: dict[str, Any]) -> None:
    for key in {**provenance, **known}:
        if known.get(key) != provenance.get(key):
            raise FileError(f"{partial}: was begun with another {key}: it must be {known.get(key)}, got "
                            f"{provenance.get(key)}: run the same command, or start again with --force and without "
                            "--resume")


def list_done(partial: str) -> set[tuple[int, int]]:
    """Return the row and column, in the grid of tiles, of each tile that is on disk."""
    names = os.listdir(os.path.join(partial, FOLDER, DONE))
    return {(int(row), int(column)) for row, _, column in (name.partition("-") for name in names)}


def mark_done(partial: str, place: tuple[int, int]) -> None:
    """Record that a tile is on disk."""
    name = os.path.join(partial, FOLDER, DONE, f"{place[0]}-{place[1]}")
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT, 0o666))


def sync_file(file: str) -> None:
    """Flush a file and its directory entry to disk."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(os.path.dirname(file))


def delete_partial_chunks(partial: str) -> None:
    """Delete the partial chunks that killed processes have left."""
    for folder, _, names in os.walk(partial):
        for name in names:
            if name.endswith(".partial"):
                os.unlink(os.path.join(folder, name))


class Lock:
    """A lock on an unfinished store, held by one run. The system releases it when the process ends."""

    def __init__(self, partial: str) -> None:
        self._handle = os.open(os.path.join(partial, FOLDER, LOCK), os.O_RDWR | os.O_CREAT, 0o666)
        if not _lock_file(self._handle, alone=True):
            self.release()
            raise FileError(f"{partial}: another run is writing it")

    def release(self) -> None:
        """Let other runs have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.release()
