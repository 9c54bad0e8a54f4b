"""Open photos and read their headers, before anything is decoded."""
from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from PIL import Image, UnidentifiedImageError

from ..errors import FileError, explain_os_error
from .chunks import SIGNATURE, drop_texts
from .formats import FORMATS, HEIF, RAW, UNSUPPORTED
from .heif import START, can_read_heif, prepare_formats
from .photo import EXIF_PREFIX, suffix_of
from .pillow_guards import check_pixels, explain_read_errors, pixel_limit, quiet_headers

READ = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM")  # formats whose depth is known
NO_IMAGE = f"is not an image that can be read ({', '.join(READ)}, AVIF, HEIC)"
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JPEG_START, SCAN = b"\xff\xd8", 0xDA
MOST_EXIF = 256  # segments of EXIF; photos have one
GIF_START = b"GIF8"
STARTS = (SIGNATURE, JPEG_START, *TIFF_STARTS, b"BM", b"RIFF", GIF_START)
PIECE = 2**20  # bytes read at once from a pipe
LARGEST_PIXEL = 8  # bytes a pixel that a pipe may hold: 16 bits of red, green, blue and alpha
LEAST_PIPE = 2**24  # bytes that it may hold in any case, for metadata


def readable_suffixes() -> frozenset[str]:
    """Return the suffixes of the formats that can be read."""
    return frozenset(suffix for suffix, kind in FORMATS.items() if kind is not HEIF or can_read_heif())


class _Places(list[int]):
    """The places of a file's pages. Pillow searches them for each page, which takes time without an index."""

    def __init__(self, places: Iterable[int]) -> None:
        super().__init__(places)
        self._index = set(self)

    def append(self, place: int) -> None:
        super().append(place)
        self._index.add(place)

    def __contains__(self, place: object) -> bool:
        return place in self._index


@contextlib.contextmanager
def open_stream(path: str, max_pixels: int | None = None) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for '-', as a seekable stream. max_pixels: limits what a pipe may hold."""
    if path == "-":
        if sys.stdin is None:
            raise FileError("-: standard input is closed")
        yield _read_pipe(path, sys.stdin.buffer, max_pixels)
        return
    try:
        with open(path, "rb") as file:
            yield file if file.seekable() else _read_pipe(path, file, max_pixels)
    except OSError as error:
        if error.filename is None:
            raise
        raise FileError(f"{path}: {explain_os_error(error)}") from None


def describe_unknown(path: str) -> str:
    """Return why a file that no decoder knows cannot be read: by its name, if that says what it is."""
    kind = UNSUPPORTED.get(suffix_of(path))
    return f"cannot be read, {kind}" if kind else NO_IMAGE


def reject_raw(path: str, stream: IO[bytes]) -> None:
    """Reject raw files of cameras: many are TIFF files whose first image is a preview."""
    if UNSUPPORTED.get(suffix_of(path)) == RAW and stream.read(4) in TIFF_STARTS:
        raise FileError(describe_unknown(path))
    stream.seek(0)


def _read_pipe(path: str, pipe: IO[bytes], max_pixels: int | None) -> IO[bytes]:
    """Return what is in a pipe, which may have no end: it must begin like an image, and not exceed the limit."""
    limit = pixel_limit() if max_pixels is None else max_pixels
    most = None if limit is None else max(LEAST_PIPE, limit * LARGEST_PIXEL)
    kept = io.BytesIO()
    with explain_read_errors(path, NO_IMAGE):
        while piece := pipe.read(PIECE):
            if not kept.tell() and not _begins_like_image(piece):
                raise UnidentifiedImageError
            kept.write(piece)
            if most is not None and kept.tell() > most:
                raise FileError(f"must have at most {most:,} bytes, got more: --max-pixels sets the limit, of "
                                f"{LARGEST_PIXEL} bytes a pixel")
    kept.seek(0)
    return kept


def _begins_like_image(start: bytes) -> bool:
    """Return whether data begin like a file in any of the formats that are read."""
    return start.startswith(STARTS) or start[4:8] == b"ftyp" or (start[:1] == b"P" and start[1:2].isdigit())


def open_header(stream: IO[bytes], max_pixels: int | None = None) -> tuple[Image.Image, int] | None:
    """Return a file as Pillow opens it, and its number of frames; None: a TIFF file that Pillow does not know.

    max_pixels: limits what Pillow already creates when it opens a GIF file; others are empty until they are decoded.
    """
    if not stream.seek(0, os.SEEK_END):
        raise FileError("is empty")
    stream.seek(0)
    start = stream.read(START)
    if start.startswith(SIGNATURE):
        from .png_metadata import READ_TEXTS

        stream = drop_texts(stream, READ_TEXTS)
    elif start.startswith(JPEG_START):
        check_segments(stream)
    elif start[:4] in TIFF_STARTS:
        from .tiff_tables import check_stream

        check_stream(stream)
    limit = None
    if start.startswith(GIF_START):
        from .gif import measure_canvas

        check_pixels(measure_canvas(stream, 1), max_pixels)
        limit = pixel_limit() if max_pixels is None else max_pixels  # Pillow may see another first frame
    stream.seek(0)
    formats = prepare_formats(start) or READ
    try:
        with quiet_headers(limit):
            image = _open_plugin(start, stream) or Image.open(stream, formats=formats)
            if hasattr(image, "_frame_pos"):  # of TIFF
                image._frame_pos = _Places(image._frame_pos)
            return image, getattr(image, "n_frames", 1)
    except (UnidentifiedImageError, SyntaxError):  # a page whose samples Pillow does not know
        if start[:4] not in TIFF_STARTS:
            raise
        return None


def check_segments(stream: IO[bytes]) -> None:
    """Reject a JPEG file of very many segments of EXIF: Pillow copies all before each."""
    count, place = 0, 2
    stream.seek(place)
    while len(head := stream.read(4 + len(EXIF_PREFIX))) >= 4 and head[0] == 0xFF and head[1] != SCAN:
        count += head[1] == 0xE1 and head[4:] == EXIF_PREFIX
        if count > MOST_EXIF:
            raise FileError(f"must have at most {MOST_EXIF} segments of EXIF, got more")
        place += 1 if head[1] == 0xFF else 2 + int.from_bytes(head[2:4], "big")
        stream.seek(place)


def _open_plugin(start: bytes, stream: IO[bytes]) -> Image.Image | None:
    """Return a file as Pillow's plugin for PNG or JPEG opens it, for which Pillow would import five others first."""
    try:
        if start.startswith(SIGNATURE):
            from PIL import PngImagePlugin

            with quiet_headers():  # its limit of texts can only be changed when it is imported
                return PngImagePlugin.PngImageFile(stream)
        if start.startswith(JPEG_START):
            from PIL import JpegImagePlugin

            return JpegImagePlugin.jpeg_factory(stream)
    except (SyntaxError, IndexError, TypeError, struct.error):
        raise UnidentifiedImageError from None
    return None


def read_claimed_size(path: str) -> tuple[int, int]:
    """Return how many pixels the first page of a TIFF file claims, and how many bytes they take in memory."""
    with open_stream(path) as stream, explain_read_errors(path, NO_IMAGE), quiet_headers():
        if stream.read(4) not in TIFF_STARTS:
            raise UnidentifiedImageError
        from .tiff_pages import read_directories

        _, tags = next(read_directories(stream))
        pixels = int(tags[256]) * int(tags[257])  # entries may be of any type
        return pixels, pixels * int(tags.get(277, 1)) * -(-int(max(tags.get(258, (1,)))) // 8)
