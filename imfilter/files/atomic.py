"""Write files atomically: a reader finds the old file or the complete new one."""
from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO

from ..errors import FileError

OPENED = "/proc/self/fd"  # where Linux lists the open files of a process, including those without a name


def check_target(path: str, *, force: bool) -> None:
    """Reject a target that exists, unless it may be replaced, or whose folder is missing."""
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


def write_file(data: bytes, path: str, *, force: bool) -> None:
    """Write a file atomically: you keep the old file or get the complete new one.

    The new file takes over the permissions of the old one, and its owner and group if that is allowed. Only the name is
    replaced: symbolic links are not followed, and other hard links keep the old file.
    """
    draft = Draft(path, force=force)
    try:
        draft.open()
        with explain_write_errors(path):
            draft.stream.write(data)
        draft.place()
    finally:
        draft.drop()


@contextlib.contextmanager
def explain_write_errors(path: str) -> Iterator[None]:
    """Turn errors of the operating system into one sentence about the file being written."""
    try:
        yield
    except FileExistsError:
        raise FileError(f"{path}: exists already; --force replaces it") from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None


class Draft:
    """A file without its final name, which it gets when it is complete, or never.

    stream: to write to, after open(). Always call drop() at the end, whether or not the file was placed.
    """

    stream: IO[bytes]

    def __init__(self, path: str, *, force: bool) -> None:
        check_target(path, force=force)
        self.path, self.force = path, force
        self._temporary = os.path.join(os.path.dirname(path), f".imfilter-{os.urandom(6).hex()}.part")

    def open(self) -> None:
        """Create the file under a temporary name, or without a name."""
        with explain_write_errors(self.path):
            self._old = _stat_regular_file(self.path) if self.force else None
            handle, self._nameless = _open_temporary(self._temporary, 0o600 if self._old else 0o666)
            self.stream = os.fdopen(handle, "w+b")

    def place(self) -> None:
        """Flush the data to disk, then give the file its name."""
        with explain_write_errors(self.path):
            self.stream.flush()
            handle = self.stream.fileno()
            if self._old:
                _copy_permissions(self._temporary if not self._nameless else f"{OPENED}/{handle}", self._old)
            os.fsync(handle)
            if self._nameless:  # src_dir_fd makes the call follow the link; any descriptor will do
                os.link(f"{OPENED}/{handle}", self._temporary if self.force else self.path, src_dir_fd=handle)
            self.stream.close()
            if self.force:
                os.replace(self._temporary, self.path)
            elif not self._nameless:
                _rename_new(self._temporary, self.path)
            sync_folder(os.path.dirname(self.path) or ".")

    def drop(self) -> None:
        """Close the file, and delete it unless it was placed."""
        with contextlib.suppress(OSError, AttributeError):
            self.stream.close()
        with contextlib.suppress(OSError):
            os.unlink(self._temporary)


def _stat_regular_file(path: str) -> os.stat_result | None:
    """Return the stat result of a regular file, or None."""
    with contextlib.suppress(OSError):
        old = os.stat(path)
        return old if stat.S_ISREG(old.st_mode) else None
    return None


def _open_temporary(temporary: str, mode: int) -> tuple[int, bool]:
    """Create a file, without a name if the system can: it then vanishes even if the process is killed."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir(OPENED):
        with contextlib.suppress(OSError):  # the file system does not support it
            return os.open(os.path.dirname(temporary) or ".", os.O_TMPFILE | os.O_RDWR, mode), True
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(temporary, flags, mode), False


def _copy_permissions(file: str, old: os.stat_result) -> None:
    """Give a file the permissions of another, and its owner and group if that is allowed."""
    mode = stat.S_IMODE(old.st_mode) & 0o777
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # only root may change the owner
            os.chown(file, old.st_uid, -1)
        try:
            os.chown(file, -1, old.st_gid)
        except PermissionError:  # the group stays another: it gets the rights of others only
            mode &= 0o707 | (mode & 0o007) << 3
    os.chmod(file, mode)


def _rename_new(temporary: str, path: str) -> None:
    """Rename the file to a name that must not exist yet."""
    try:
        os.link(temporary, path)
    except OSError:  # name taken, or no links: an empty file reserves the name until it is replaced
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            os.replace(temporary, path)
        except BaseException:
            os.unlink(path)
            raise


def sync_folder(folder: str) -> None:
    """Flush the entries of a folder to disk, if the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
