"""Bytes under a name, at once: whoever looks finds what was there before, or all that is new."""
from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO

from ..errors import FileError

OPENED = "/proc/self/fd"  # where Linux names the open files of a process, also those without a name of their own


def check_target(path: str, *, force: bool) -> None:
    """Refuse a target that exists, unless it may be replaced, or whose folder does not."""
    if os.path.isdir(path):
        raise FileError(f"{path}: is a directory")
    if os.path.islink(path) and not force:
        raise FileError(f"{path}: is a symbolic link; --force replaces the link itself")
    if os.path.lexists(path) and not os.path.islink(path) and not os.path.isfile(path):
        raise FileError(f"{path}: is not a regular file")
    if os.path.lexists(path) and not force:
        raise FileError(f"{path}: exists already; --force replaces it")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise FileError(f"{path}: there is no folder {folder}")


def write(data: bytes, path: str, *, force: bool) -> None:
    """Put the bytes under a name at once: whoever looks finds what was there before, or all of this.

    A file that is replaced hands on its permissions, and its owner and group where that is allowed. The name alone is
    replaced: a link is not followed, and other hard links to the old file keep it.
    """
    draft = Draft(path, force=force)
    try:
        draft.open()
        with complaints(path):
            draft.stream.write(data)
        draft.place()
    finally:
        draft.drop()


@contextlib.contextmanager
def complaints(path: str) -> Iterator[None]:
    """Turn what the system complains of into one sentence about a file that is written."""
    try:
        yield
    except FileExistsError:
        raise FileError(f"{path}: exists already; --force replaces it") from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None


class Draft:
    """A file on its way to a name, which it gets all at once, or never.

    stream: what is written into, once it is open. Whoever opens a draft drops it in the end, placed or not, whatever
    happens.
    """

    stream: IO[bytes]

    def __init__(self, path: str, *, force: bool) -> None:
        check_target(path, force=force)
        self.path, self.force = path, force
        self._temporary = os.path.join(os.path.dirname(path), f".imfilter-{os.urandom(6).hex()}.part")

    def open(self) -> None:
        """Make the file, which has another name as yet, or none."""
        with complaints(self.path):
            self._old = _replaced(self.path) if self.force else None
            handle, self._nameless = _created(self._temporary, 0o600 if self._old else 0o666)
            self.stream = os.fdopen(handle, "w+b")

    def place(self) -> None:
        """Write the data to the disk in full, and give them their name after that."""
        with complaints(self.path):
            self.stream.flush()
            handle = self.stream.fileno()
            if self._old:
                _hand_on(self._temporary if not self._nameless else f"{OPENED}/{handle}", self._old)
            os.fsync(handle)
            if self._nameless:  # a folder's number has the call follow the link; which folder does not matter
                os.link(f"{OPENED}/{handle}", self._temporary if self.force else self.path, src_dir_fd=handle)
            self.stream.close()
            if self.force:
                os.replace(self._temporary, self.path)
            elif not self._nameless:
                _place(self._temporary, self.path)
            sync_folder(os.path.dirname(self.path) or ".")

    def drop(self) -> None:
        """Close the file; of one that is not placed nothing stays."""
        with contextlib.suppress(OSError, AttributeError):
            self.stream.close()
        with contextlib.suppress(OSError):
            os.unlink(self._temporary)


def _replaced(path: str) -> os.stat_result | None:
    """Return what is known of the file that a name stands for, or None where there is none."""
    with contextlib.suppress(OSError):
        old = os.stat(path)
        return old if stat.S_ISREG(old.st_mode) else None
    return None


def _created(temporary: str, mode: int) -> tuple[int, bool]:
    """Open a file, without a name where the system can: whatever kills the process, nothing of it stays."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir(OPENED):
        with contextlib.suppress(OSError):  # a file system that cannot
            return os.open(os.path.dirname(temporary) or ".", os.O_TMPFILE | os.O_RDWR, mode), True
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(temporary, flags, mode), False


def _hand_on(file: str, old: os.stat_result) -> None:
    """Give a file the permissions of another, and its owner and group where that is allowed."""
    mode = stat.S_IMODE(old.st_mode) & 0o777
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # only root gives files away
            os.chown(file, old.st_uid, -1)
        try:
            os.chown(file, -1, old.st_gid)
        except PermissionError:  # another group: it gets what everyone gets
            mode &= 0o707 | (mode & 0o007) << 3
    os.chmod(file, mode)


def _place(temporary: str, path: str) -> None:
    """Rename the file to a name that must not be taken."""
    try:
        os.link(temporary, path)
    except OSError:  # taken, or a file system without links: an empty file holds the name until it is replaced
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            os.replace(temporary, path)
        except BaseException:
            os.unlink(path)
            raise


def sync_folder(folder: str) -> None:
    """Have the disk know the new name, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
