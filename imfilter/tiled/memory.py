"""Whether a photo is too large to be read whole: by what its header claims, and by how much memory is free."""
from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

from ..errors import FileError
from ..files.header import claimed
from ..files.pillow_guards import pixel_limit

DENSEST = 1100  # bytes of pixels that a byte of a file can stand for: deflating reaches 1,032
MEMORY, GROUP = "/proc/meminfo", "/proc/self/cgroup"  # where Linux tells of all memory, and of this process's group
GROUPS = "/sys/fs/cgroup"


def too_large(path: str, max_pixels: int | None) -> bool:
    """Say whether a TIFF file is too large to be read whole: for half of the free memory, or for Pillow's own limit.

    A file that claims more than it can hold is no such one: reading it whole refuses it.
    """
    try:
        pixels, size = claimed(path)
        plausible = size <= DENSEST * os.path.getsize(path)
    except (FileError, OSError):  # told when it is read
        return False
    limit, free = pixel_limit() if max_pixels is None else None, free_memory()
    return plausible and ((limit is not None and pixels > limit) or (free is not None and size > free // 2))


def free_memory() -> int | None:
    """Return how many bytes this process may still use: what is left to all, or to its control group. None: unknown."""
    told = _table(MEMORY)
    if "MemAvailable:" not in told:
        return _free_elsewhere()
    return min([told["MemAvailable:"] * 1024, *_left_to_groups()])


def _left_to_groups() -> Iterator[int]:
    """Yield what the control group of this process, and each around it, leaves; files in memory give way."""
    try:
        with open(GROUP, encoding="ascii") as lines:
            place = next((line.split(":", 2)[2].strip() for line in lines if line.startswith("0::")), "/")
    except OSError:
        return
    while True:
        folder = os.path.join(GROUPS, place.strip("/"))
        limit, used = (_number(os.path.join(folder, name)) for name in ("memory.max", "memory.current"))
        if limit is not None and used is not None:
            yield max(0, limit - used + _table(os.path.join(folder, "memory.stat")).get("inactive_file", 0))
        if place.strip("/") == "":
            return
        place = os.path.dirname(place.rstrip("/"))


def _table(path: str) -> dict[str, int]:
    """Return the numbers of a file of names and numbers."""
    try:
        with open(path, encoding="ascii") as lines:
            return {words[0]: int(words[1]) for words in map(str.split, lines) if len(words) > 1}
    except (OSError, ValueError):
        return {}


def _number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as stream:
            return int(stream.read())
    except (OSError, ValueError):  # "max" stands for no limit
        return None


def _free_elsewhere() -> int | None:
    try:
        return int(import_module("psutil").virtual_memory().available)
    except ImportError:
        return None
