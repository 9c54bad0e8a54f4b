"""Decide whether a photo is too large for memory, from its header and the free memory."""
from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

from ..errors import FileError
from ..files.header import read_claimed_size
from ..files.pillow_guards import pixel_limit

DENSEST = 1100  # bytes of pixels that one byte of a file can expand to: deflate reaches 1,032
MEMORY, GROUP = "/proc/meminfo", "/proc/self/cgroup"  # Linux's files on all memory, and on the control group
GROUPS = "/sys/fs/cgroup"


def too_large(path: str, max_pixels: int | None) -> bool:
    """Return whether a TIFF file takes more than half of the free memory, or exceeds Pillow's limit.

    A file that claims more than it can hold is damaged, not large: False, so that reading it whole rejects it.
    """
    try:
        pixels, size = read_claimed_size(path)
        plausible = size <= DENSEST * os.path.getsize(path)
    except (FileError, OSError):  # reported when it is read
        return False
    limit, free = pixel_limit() if max_pixels is None else None, free_memory()
    return plausible and ((limit is not None and pixels > limit) or (free is not None and size > free // 2))


def free_memory() -> int | None:
    """Return how many bytes this process can still use, within its control groups. None: unknown."""
    memory = _read_table(MEMORY)
    if "MemAvailable:" not in memory:
        return _ask_psutil()
    return min([memory["MemAvailable:"] * 1024, *_free_in_groups()])


def _free_in_groups() -> Iterator[int]:
    """Yield the free bytes of this process's control group and of each parent; cached files count as free."""
    try:
        with open(GROUP, encoding="ascii") as lines:
            place = next((line.split(":", 2)[2].strip() for line in lines if line.startswith("0::")), "/")
    except OSError:
        return
    while True:
        folder = os.path.join(GROUPS, place.strip("/"))
        limit, used = (_read_number(os.path.join(folder, name)) for name in ("memory.max", "memory.current"))
        if limit is not None and used is not None:
            yield max(0, limit - used + _read_table(os.path.join(folder, "memory.stat")).get("inactive_file", 0))
        if place.strip("/") == "":
            return
        place = os.path.dirname(place.rstrip("/"))


def _read_table(path: str) -> dict[str, int]:
    """Read a file of names and numbers."""
    try:
        with open(path, encoding="ascii") as lines:
            return {words[0]: int(words[1]) for words in map(str.split, lines) if len(words) > 1}
    except (OSError, ValueError):
        return {}


def _read_number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as stream:
            return int(stream.read())
    except (OSError, ValueError):  # "max" means no limit
        return None


def _ask_psutil() -> int | None:
    try:
        return int(import_module("psutil").virtual_memory().available)
    except ImportError:
        return None
