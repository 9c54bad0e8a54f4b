"""Decoded segments (strips, tiles or chunks) of files: cached for neighboring windows, and assembled to windows."""
from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..blocks.build import Block
from ..errors import FileError, explain_system_error, first_line

MOST = 2**27  # bytes of decoded segments that a process caches
LARGEST = 2**29  # bytes of the largest decoded segment that is accepted


class SegmentCache:
    """The most recent values, up to a number of bytes. A value that several threads request together is made once.

    Examples
    --------
    >>> cache = SegmentCache(16)
    >>> for key in "aba": _ = cache.get(key, lambda: np.zeros(1))
    >>> cache.get("c", lambda: np.ones(1)).tolist(), cache.bytes
    ([1.0], 16)
    """

    def __init__(self, most: int = MOST) -> None:
        self.most, self.bytes = most, 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Array] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the value of a key; make it if it is not cached."""
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                making = self._making.setdefault(key, threading.Lock())
            with making:
                with self._lock:
                    if self._making.get(key) is not making:  # another thread has made it in the meantime
                        continue
                try:
                    value = make()
                    self._keep(key, value)
                    return value
                finally:
                    with self._lock:
                        del self._making[key]

    def _keep(self, key: Hashable, value: Array) -> None:
        if value.nbytes > self.most:
            return
        with self._lock:
            self._kept[key] = value
            self.bytes += value.nbytes
            while self.bytes > self.most:
                self.bytes -= self._kept.popitem(last=False)[1].nbytes


CACHE = SegmentCache()  # shared by all sources of this process


def overlapping_segments(block: Block, segment: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the row and column, in the grid of segments, of each segment that overlaps a block."""
    height, width = segment
    for row in range(block.top // height, -(-block.bottom // height)):
        for column in range(block.left // width, -(-block.right // width)):
            yield row, column


def assemble_block(block: Block, segment: tuple[int, int], out: Array, load: Callable[[int, int], Array]) -> None:
    """Fill a block from the segments that overlap it. load: returns the segment of a row and column."""
    for row, column in overlapping_segments(block, segment):
        top, left = row * segment[0], column * segment[1]
        pixels = load(row, column)
        above, before = max(block.top, top), max(block.left, left)
        below, after = min(block.bottom, top + segment[0]), min(block.right, left + segment[1])
        out[above - block.top:below - block.top, before - block.left:after - block.left] = (
            pixels[above - top:below - top, before - left:after - left])


def check_segment(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Reject files whose segments are too large to be held by several threads at once."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if size > LARGEST:
        raise FileError(f"is compressed in a {name} of {shape[1]} x {shape[0]} pixels, which is too large to be read "
                        "in tiles: use --engine memory, or store it in tiles first")


def explain_decoding(error: Exception, path: str, name: str, pixel: tuple[int, int]) -> FileError:
    """Return the error of a segment that cannot be read or decoded. pixel: row and column of its first pixel."""
    system = explain_system_error(error)
    reason = (system or first_line(error)).removeprefix(f"{path}: ")
    return FileError(f"{path}: {'' if system else 'is damaged: '}the {name} at row {pixel[0]}, column {pixel[1]} "
                     f"cannot be {'read' if system else 'decoded'}: {reason}")
