"""Find the images of a stream of PGM, PPM, PBM or PNG files that follow each other, as ffmpeg's image2pipe writes."""
from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from .chunks import SIGNATURE, png_end

HEAD = 4096  # bytes that hold a header with its comments
SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
BITMAP = rb"P4" + SPACE + rb"(\d{1,9})" + SPACE + rb"(\d{1,9})\s"
PIXMAP = rb"P([56])" + SPACE + rb"(\d{1,9})" + SPACE + rb"(\d{1,9})" + SPACE + rb"(\d{1,9})\s"

_Measure = Callable[[IO[bytes], int], tuple[int, int] | None]


class Stream(NamedTuple):
    """The format of the images, the place and length of each, their pixels, and whether other data follows them."""

    kind: str
    pieces: list[tuple[int, int]]
    pixels: int
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
    found = list(_find_pieces(stream, end, measure))
    pieces = [piece for piece, _ in found]
    return Stream(kind, pieces, sum(pixels for _, pixels in found), bool(pieces) and sum(pieces[-1]) < end)


def _find_pieces(stream: IO[bytes], end: int, measure: _Measure) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield the place and length of each image, and its number of pixels."""
    place = 0
    while place < end:
        measured = measure(stream, place)
        if measured is None:
            return
        size, pixels = measured
        yield (place, min(size, end - place)), pixels
        place += size


def _measure_pnm(stream: IO[bytes], place: int) -> tuple[int, int] | None:
    """Return the bytes and pixels of the image that begins at a place; None: none begins there."""
    stream.seek(place)
    head = stream.read(HEAD)
    if found := re.match(BITMAP, head):
        width, height = int(found[1]), int(found[2])
        return found.end() + -(-width // 8) * height, width * height
    if found := re.match(PIXMAP, head):
        bands, (width, height, most) = 3 if found[1] == b"6" else 1, (int(found[k]) for k in (2, 3, 4))
        return found.end() + width * height * bands * (2 if most > 255 else 1), width * height
    return None


def _measure_png(stream: IO[bytes], place: int) -> tuple[int, int] | None:
    """Return the bytes and pixels of the image that begins at a place; None: none begins there."""
    stream.seek(place)
    start = stream.read(len(SIGNATURE) + 16)
    if not start.startswith(SIGNATURE):
        return None
    width, height = int.from_bytes(start[16:20]), int.from_bytes(start[20:24])
    return png_end(stream, place) - place, width * height
