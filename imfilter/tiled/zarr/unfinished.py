"""Unfinished stores: how they came about, which tiles are done, and that one run alone goes on with them."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from typing import Any

from ...errors import FileError
from ...files.atomic import sync_folder

SUFFIX = ".partial"  # of the name, beside that of the finished store
FOLDER = ".imfilter"  # within the store, which readers of Zarr do not look at
FACTS, DONE, LOCK = "made.json", "done", "lock"


def begin(partial: str, facts: dict[str, Any], make: Callable[[str], None], *, resume: bool, force: bool) -> None:
    """Lay out an unfinished store all at once, or find the one that is there if it is to be resumed.

    facts: how it comes about, of what JSON holds. make: lays an empty store into a folder.
    """
    facts = json.loads(json.dumps(facts, default=str))
    if os.path.lexists(partial):
        known = _facts(partial)
        if resume:
            _check_facts(partial, known, facts)
            return
        if not force:
            raise FileError(f"{partial}: holds what an interrupted run has left: --resume goes on with it, --force "
                            "begins anew")
        Lock(partial).release()
        shutil.rmtree(partial)
    folder = os.path.join(os.path.dirname(partial), f".imfilter-{os.urandom(6).hex()}.part")
    try:
        make(folder)
        os.makedirs(os.path.join(folder, FOLDER, DONE))
        with open(os.path.join(folder, FOLDER, FACTS), "x", encoding="utf-8") as file:
            json.dump(facts, file)
        os.rename(folder, partial)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _facts(partial: str) -> dict[str, Any]:
    """Return how an unfinished store came about."""
    try:
        with open(os.path.join(partial, FOLDER, FACTS), encoding="utf-8") as file:
            return dict(json.load(file))
    except (OSError, ValueError, TypeError):
        raise FileError(f"{partial}: is in the way, and not what an interrupted run has left: move it") from None


def _check_facts(partial: str, known: dict[str, Any], facts: dict[str, Any]) -> None:
    for key in {**facts, **known}:
        if known.get(key) != facts.get(key):
            raise FileError(f"{partial}: was begun with another {key}, {known.get(key)} and not {facts.get(key)}: run "
                            "the same command, or begin anew with --force and without --resume")


def done(partial: str) -> set[tuple[int, int]]:
    """Return the places, in rows and columns of tiles, of those that are on the disk."""
    names = os.listdir(os.path.join(partial, FOLDER, DONE))
    return {(int(row), int(column)) for row, _, column in (name.partition("-") for name in names)}


def mark(partial: str, place: tuple[int, int]) -> None:
    """Note that a tile is on the disk."""
    name = os.path.join(partial, FOLDER, DONE, f"{place[0]}-{place[1]}")
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT, 0o666))


def sync(file: str) -> None:
    """Have the disk hold a file, and its name."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(os.path.dirname(file))


def sweep(partial: str) -> None:
    """Remove the beginnings of chunks that killed processes have left."""
    for folder, _, names in os.walk(partial):
        for name in names:
            if name.endswith(".partial"):
                os.unlink(os.path.join(folder, name))


class Lock:
    """Held by the one run that goes on with a store. The system lets go of it when its process ends."""

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
            raise FileError(f"{partial}: another run is at work on it") from None
        except OSError:  # a file system without locks
            pass

    def release(self) -> None:
        """Let others have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.release()
