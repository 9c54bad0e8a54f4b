"""Read bytes from a file, pipe or device: exact counts, header lines, and a look ahead."""
from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..arrays.dtypes import Array
from .frame import BrokenStream

CHUNK = 2**16  # bytes that are read ahead for headers


class RawStream(Protocol):
    """An unbuffered stream of bytes, such as io.FileIO."""

    def read(self, size: int) -> bytes | None: ...
    def readinto(self, buffer: memoryview) -> int | None: ...


class ByteSource:
    """Bytes in order.

    Not a BufferedReader: a thread that waits in one for input keeps its lock, which the interpreter wants when it ends.
    """

    def __init__(self, stream: RawStream) -> None:
        self._stream = stream
        self._ahead = b""

    def peek(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end, and leave them there."""
        while len(self._ahead) < count and self._read_ahead():
            pass
        return self._ahead[:count]

    def read_until(self, mark: bytes, limit: int) -> bytes:
        """Return the bytes up to and including the mark; without one, those up to the limit or the end."""
        searched = 0
        while True:
            found = self._ahead.find(mark, searched)
            if found >= 0 or len(self._ahead) >= limit or not self._read_ahead():
                break
            searched = max(0, len(self._ahead) - CHUNK - len(mark))
        return self.skip(min(found + len(mark) if found >= 0 else len(self._ahead), limit))

    def skip(self, count: int) -> bytes:
        """Return bytes that were looked at before, and move beyond them."""
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        return taken

    def read_array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Read an array; raise BrokenStream where the stream ends within it."""
        array = np.empty(shape, dtype)
        view = memoryview(array.reshape(-1).view(np.uint8))
        done = min(len(self._ahead), len(view))
        view[:done] = self.skip(done)
        while done < len(view):
            count = self._stream.readinto(view[done:])
            if not count:
                raise BrokenStream(f"ends after {done:,} of {len(view):,} bytes of samples")
            done += count
        return array

    def _read_ahead(self) -> bool:
        more = self._stream.read(CHUNK)
        self._ahead += more or b""
        return bool(more)
