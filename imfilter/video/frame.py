"""A frame of a stream, and what every stream format can do: read one, and encode the result."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..arrays.dtypes import Array
from ..errors import FileError

Chunk = bytes | memoryview
CHROMA = ("Cb", "Cr")


class BrokenStream(FileError):
    """A stream that cannot be read or filtered beyond a frame. The message names the frame."""


@dataclass(frozen=True)
class Plane:
    """Samples that are filtered together: one channel (H, W), or several (H, W, C), and their names."""

    samples: Array
    names: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """A frame of a stream. maxval: the largest sample. head: what its own header says, for the format that read it."""

    planes: tuple[Plane, ...]
    maxval: int
    head: object = None


class StreamFormat(Protocol):
    """Reads the frames of a stream, and encodes results in the same format."""

    notes: list[str]

    @property
    def suffixes(self) -> tuple[str, ...]: ...  # of file names
    @property
    def title(self) -> str: ...
    @property
    def channels(self) -> tuple[str, ...] | None: ...  # None: they may differ from frame to frame
    def header(self) -> bytes: ...
    def read(self) -> Frame | None: ...
    def encode(self, frame: Frame, results: Sequence[Array]) -> list[Chunk]: ...


def sample_dtype(maxval: int, order: str = "<") -> np.dtype[np.generic]:
    """Return the dtype that samples up to maxval are stored in. order: of the bytes of two-byte samples."""
    return np.dtype("u1" if maxval < 256 else f"{order}u2")


def check_samples(samples: Array, maxval: int) -> None:
    """Refuse samples beyond the largest that the header allows."""
    if maxval < np.iinfo(samples.dtype).max and samples.size and int(samples.max()) > maxval:
        raise BrokenStream(f"must hold samples of at most {maxval}, got {samples.max()}")


def pack_samples(samples: Array, maxval: int, order: str = "<") -> memoryview:
    """Return samples as they are stored, as bytes."""
    stored = np.ascontiguousarray(samples, sample_dtype(maxval, order))
    return stored.reshape(-1).view(np.uint8).data
