"""Open photos and read their headers, before anything is decoded."""
from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import IO

from PIL import Image, UnidentifiedImageError

from ..errors import FileError, explain_os_error
from .chunks import SIGNATURE, drop_texts
from .formats import FORMATS, HEIF, RAW, UNSUPPORTED
from .heif import START, can_read_heif, prepare_formats
from .photo import suffix_of
from .pillow_guards import check_pixels, explain_read_errors, quiet_headers
from .png_metadata import READ_TEXTS

READ = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM")  # formats whose depth is known
NO_IMAGE = f"is not an image that can be read ({', '.join(READ)}, AVIF, HEIC)"
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def readable_suffixes() -> frozenset[str]:
    """Return the suffixes of the formats that can be read."""
    return frozenset(suffix for suffix, kind in FORMATS.items() if kind is not HEIF or can_read_heif())


@contextlib.contextmanager
def open_stream(path: str) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for '-', as a seekable stream."""
    if path == "-":
        if sys.stdin is None:
            raise FileError("-: standard input is closed")
        yield io.BytesIO(sys.stdin.buffer.read())
        return
    try:
        with open(path, "rb") as stream:
            yield stream if stream.seekable() else io.BytesIO(stream.read())
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


def open_header(stream: IO[bytes]) -> tuple[Image.Image, int] | None:
    """Return a file as Pillow opens it, and its number of frames; None: a TIFF file that Pillow does not know."""
    if not stream.seek(0, os.SEEK_END):
        raise FileError("is empty")
    stream.seek(0)
    start = stream.read(START)
    if start.startswith(SIGNATURE):
        stream = drop_texts(stream, READ_TEXTS)
    stream.seek(0)
    formats = prepare_formats(start) or READ
    try:
        with quiet_headers():
            image: Image.Image = Image.open(stream, formats=formats)
            return image, getattr(image, "n_frames", 1)
    except (UnidentifiedImageError, SyntaxError):  # a page whose samples Pillow does not know
        if start[:4] not in TIFF_STARTS:
            raise
        return None


def read_size(path: str, *, max_pixels: int | None = None) -> tuple[int, int]:
    """Return the width and height that a file's header claims; FileError explains why it cannot be read."""
    with open_stream(path) as stream, explain_read_errors(path, NO_IMAGE):
        found = open_header(stream)
        if found:
            width, height = found[0].size
        else:
            from .tiff_pages import TiffPages

            width, height = TiffPages(stream).size(0)
        check_pixels((width, height), max_pixels)
        return width, height


def read_claimed_size(path: str) -> tuple[int, int]:
    """Return how many pixels the first page of a TIFF file claims, and how many bytes they take in memory."""
    with open_stream(path) as stream, explain_read_errors(path, NO_IMAGE), quiet_headers():
        if stream.read(4) not in TIFF_STARTS:
            raise UnidentifiedImageError
        from .tiff_pages import read_directories

        _, tags = next(read_directories(stream))
        pixels = tags[256] * tags[257]
        return pixels, pixels * tags.get(277, 1) * -(-max(tags.get(258, (1,))) // 8)
