"""Bytes under a name, at once: whoever looks finds what was there before, or all that is new."""
from __future__ import annotations

import contextlib
import os
import stat

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
    check_target(path, force=force)
    temporary = os.path.join(os.path.dirname(path), f".imfilter-{os.urandom(6).hex()}.part")
    try:
        _write(data, path, temporary, force)
    except FileExistsError:
        raise FileError(f"{path}: exists already; --force replaces it") from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _write(data: bytes, path: str, temporary: str, force: bool) -> None:
    """Write the data to the disk in full, and give them their name after that."""
    old = _replaced(path) if force else None
    handle, nameless = _created(temporary, 0o600 if old else 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        if old:
            _hand_on(temporary if not nameless else f"{OPENED}/{handle}", old)
        os.fsync(handle)
        if nameless:  # a folder's number has the call follow the link; which folder does not matter
            os.link(f"{OPENED}/{handle}", temporary if force else path, src_dir_fd=handle)
    if force:
        os.replace(temporary, path)
    elif not nameless:
        _place(temporary, path)
    _sync_folder(os.path.dirname(path) or ".")


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
            return os.open(os.path.dirname(temporary) or ".", os.O_TMPFILE | os.O_WRONLY, mode), True
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
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


def _sync_folder(folder: str) -> None:
    """Have the disk know the new name, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
