"""Unfinished Zarr stores: their provenance, the tiles that are done, and a lock against a second run."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from typing import Any

from ...errors import FileError
from ...files.atomic import sync_folder

SUFFIX = ".partial"  # added to the name of the store
FOLDER = ".imfilter"  # inside the store; readers of Zarr ignore it
PROVENANCE, DONE, LOCK = "made.json", "done", "lock"


def begin_store(
    partial: str, provenance: dict[str, Any], make: Callable[[str], None], *, resume: bool, force: bool
) -> None:
    """Create an unfinished store atomically, or check the existing one when resuming.

    provenance: what it is made from, as JSON values. make: creates an empty store in a folder.
    """
    provenance = json.loads(json.dumps(provenance, default=str))
    if os.path.lexists(partial):
        known = _read_provenance(partial)
        if resume:
            _check_provenance(partial, known, provenance)
            return
        if not force:
            raise FileError(f"{partial}: is the unfinished result of an interrupted run: --resume continues it, "
                            "--force discards it")
        Lock(partial).release()
        shutil.rmtree(partial)
    folder = os.path.join(os.path.dirname(partial), f".imfilter-{os.urandom(6).hex()}.part")
    try:
        make(folder)
        os.makedirs(os.path.join(folder, FOLDER, DONE))
        with open(os.path.join(folder, FOLDER, PROVENANCE), "x", encoding="utf-8") as file:
            json.dump(provenance, file)
        os.rename(folder, partial)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
        try:
            import fcntl
        except ImportError:  # Windows, which has no such locks
            return
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise FileError(f"{partial}: another run is writing it") from None
        except OSError:  # a file system without locks
            pass

    def release(self) -> None:
        """Let other runs have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.release()
