"""Find the images of a stream of PGM, PPM, PBM or PNG files that follow each other, as ffmpeg's image2pipe writes."""
from __future__ import annotations

import io
import os
import re
import struct
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from .chunks import SIGNATURE

HEAD = 4096  # bytes that hold a header with its comments
SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
BITMAP = re.compile(rb"P4" + SPACE + rb"(\d+)" + SPACE + rb"(\d+)\s")
PIXMAP = re.compile(rb"P([56])" + SPACE + rb"(\d+)" + SPACE + rb"(\d+)" + SPACE + rb"(\d+)\s")


_Measure = Callable[[IO[bytes], int], int | None]


class Stream(NamedTuple):
    """The format of the images, the place and length of each, and whether other data follows them."""

    kind: str
    pieces: list[tuple[int, int]]
    rest: bool = False

    def open_piece(self, stream: IO[bytes], number: int) -> IO[bytes]:
        """Return an image as a file of its own."""
        place, size = self.pieces[number]
        stream.seek(place)
        return io.BytesIO(stream.read(size))


def find_images(stream: IO[bytes]) -> Stream | None:
    """Return the images of a stream; None: it is of another format."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    start = stream.read(len(SIGNATURE))
    if start == SIGNATURE:
        measure: _Measure = _measure_png
        kind = "PNG"
    elif start[:2] in (b"P4", b"P5", b"P6"):
        measure, kind = _measure_pnm, "PPM"
    else:
        return None
    pieces = list(_find_pieces(stream, end, measure))
    return Stream(kind, pieces, bool(pieces) and sum(pieces[-1]) < end)


def _find_pieces(stream: IO[bytes], end: int, measure: _Measure) -> Iterator[tuple[int, int]]:
    place = 0
    while place < end:
        size = measure(stream, place)
        if size is None:
            return
        yield place, min(size, end - place)
        place += size


def _measure_pnm(stream: IO[bytes], place: int) -> int | None:
    """Return the bytes of the image that begins at a place; None: none begins there."""
    stream.seek(place)
    head = stream.read(HEAD)
    if found := BITMAP.match(head):
        width, height = int(found[1]), int(found[2])
        return found.end() + -(-width // 8) * height
    if found := PIXMAP.match(head):
        bands, (width, height, most) = 3 if found[1] == b"6" else 1, (int(found[k]) for k in (2, 3, 4))
        return found.end() + width * height * bands * (2 if most > 255 else 1)
    return None


def _measure_png(stream: IO[bytes], place: int) -> int | None:
    """Return the bytes of the image that begins at a place; None: none begins there."""
    stream.seek(place)
    if stream.read(len(SIGNATURE)) != SIGNATURE:
        return None
    while len(head := stream.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        stream.seek(size + 4, 1)
        if name == b"IEND":
            break
    return stream.tell() - place
