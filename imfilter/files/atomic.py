"""Bytes under a name, at once: whoever looks finds what was there before, or all that is new."""
from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from ..errors import FileError


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
    """Put the bytes under a name at once: whoever looks finds what was there before, or all of this."""
    check_target(path, force=force)
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=".imfilter-", suffix=".part", dir=target.parent)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        _place(temporary, path, force)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _place(temporary: str, path: str, force: bool) -> None:
    """Rename the file; without force a name that was taken in the meantime is not."""
    if force:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise FileError(f"{path}: exists already; --force replaces it") from None
    except OSError:  # a file system without links
        os.replace(temporary, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
