"""What a file's name and header tell of a photo, before it is decoded."""
from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import IO

from PIL import Image, UnidentifiedImageError

from ..errors import FileError, explain_os_error
from . import high_depth
from .pillow_guards import blamed_on, check_pixels, headers_alone

READ = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM")  # formats whose depth can be told
NO_IMAGE = f"is not an image that is read here ({', '.join(READ)})"
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def suffixes() -> frozenset[str]:
    """Return the suffixes of the formats that are read."""
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in READ)


@contextlib.contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for '-', as a stream that can be read anew."""
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


def header(stream: IO[bytes]) -> tuple[Image.Image, int] | None:
    """Return a file as Pillow opens it, and how many frames it has; None: a TIFF file that Pillow does not know."""
    if not stream.seek(0, os.SEEK_END):
        raise FileError("is empty")
    stream.seek(0)
    start = stream.read(4)
    stream.seek(0)
    try:
        with headers_alone():
            image: Image.Image = Image.open(stream, formats=READ)
            return image, getattr(image, "n_frames", 1)
    except (UnidentifiedImageError, SyntaxError):  # a page whose samples Pillow does not know
        if start not in TIFF_STARTS:
            raise
        return None


def size(path: str, *, max_pixels: int | None = None) -> tuple[int, int]:
    """Return the width and height that a file's header claims. FileError says why there is none."""
    with opened(path) as stream, blamed_on(path, NO_IMAGE):
        found = header(stream)
        width, height = found[0].size if found else high_depth.Tables(stream).size(0)
        check_pixels((width, height), max_pixels)
        return width, height


def claimed(path: str) -> tuple[int, int]:
    """Return how many pixels the first page of a TIFF file claims, and how many bytes they take in memory."""
    with opened(path) as stream, blamed_on(path, NO_IMAGE), headers_alone():
        if stream.read(4) not in TIFF_STARTS:
            raise UnidentifiedImageError
        _, tags = next(high_depth.directories(stream))
        pixels = tags[256] * tags[257]
        return pixels, pixels * tags.get(277, 1) * -(-max(tags.get(258, (1,))) // 8)
