"""What the file system keeps beside a file: its times and extended attributes, to be given to another file."""
from __future__ import annotations

import os
from typing import NamedTuple


class FileAttributes(NamedTuple):
    """The times of access and change in nanoseconds, and the extended attributes of a file."""

    times: tuple[int, int]
    extended: dict[str, bytes]


def read_attributes(path: str) -> FileAttributes | None:
    """Return the attributes of a file; None if it does not exist, which reading it will report."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    extended: dict[str, bytes] = {}
    if hasattr(os, "listxattr"):
        try:
            for name in os.listxattr(path):
                if not name.startswith(("security.", "system.")):  # set by the system for each file
                    extended[name] = os.getxattr(path, name)
        except OSError:  # the file system has none, or one has just been removed
            pass
    return FileAttributes((status.st_atime_ns, status.st_mtime_ns), extended)


def apply_attributes(path: str, kept: FileAttributes) -> list[str]:
    """Give a file these attributes; return notes on those that its file system does not take."""
    notes = []
    for name, value in kept.extended.items():
        try:
            os.setxattr(path, name, value)
        except OSError as error:
            notes.append(f"extended attribute {name} not kept: {error.strerror}")
    try:
        os.utime(path, ns=kept.times)
    except OSError as error:
        notes.append(f"timestamps not kept: {error.strerror}")
    return notes
