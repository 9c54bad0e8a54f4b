"""Guards around Pillow: silence warnings and libtiff, limit pixels, and explain errors."""
from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image, UnidentifiedImageError

from ..errors import FileError, explain_system_error, first_line

# What Pillow and other decoders raise for broken files, found by breaking files.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, AssertionError,
          AttributeError, MemoryError, RuntimeError, zlib.error, struct.error)

# Those that say what a line of a decoder could not do, which helps nobody; KeyError, of a missing entry, is explained.
UNHELPFUL = (TypeError, AttributeError, IndexError, ArithmeticError, AssertionError, RecursionError, struct.error)

UNKNOWN_TYPE = "<TiffTag.fromfile> .*invalid data type"  # newer than tifffile, as UTF-8 of EXIF 3.0 is

LONGEST_TEXT = 2**26  # bytes of an unpacked color profile or text of PNG: those of CMYK exceed Pillow's megabyte
DENSE = 64  # pixels for a byte of a file of several frames; a screencast has 50
MUTED = threading.Lock()  # held while standard error is redirected
OPENING = threading.RLock()  # held while Pillow's settings are changed


@contextlib.contextmanager
def mute_libtiff(kind: str | None) -> Iterator[None]:
    """Keep libtiff from writing messages to standard error: Pillow raises what matters."""
    if kind != "TIFF" or sys.stderr is None:  # None: descriptor 2 was closed, and may belong to the photo now
        yield
        return
    with MUTED:
        kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


class LogCapture(logging.Handler):
    """Collects the errors that a library logs in this thread instead of raising them."""

    def __init__(self, library: str) -> None:
        super().__init__(logging.ERROR)
        self.logger, self.own, self.messages = logging.getLogger(library), threading.get_ident(), list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.own and not re.search(UNKNOWN_TYPE, record.getMessage()):
            self.messages.append(record.getMessage())

    def __enter__(self) -> LogCapture:
        self.logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.logger.removeHandler(self)


@contextlib.contextmanager
def quiet_headers(most: int | None = None) -> Iterator[None]:
    """Let Pillow read headers without warnings and without its limit of pixels: check_pixels sets ours.

    most: keep Pillow from creating a frame of more pixels.
    """
    with OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Pillow warns above its limit, and raises at twice as many pixels.
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None if most is None else (most + 1) // 2
        png: Any = sys.modules.get("PIL.PngImagePlugin")
        text = png and png.MAX_TEXT_CHUNK
        try:
            if png:
                png.MAX_TEXT_CHUNK = LONGEST_TEXT
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
            if png:
                png.MAX_TEXT_CHUNK = text


def pixel_limit() -> int | None:
    """Return Pillow's limit of pixels, or None if it has none."""
    with OPENING:  # another thread may have changed it for a moment
        return Image.MAX_IMAGE_PIXELS


def check_pixels(size: tuple[int, int], most: int | None) -> None:
    """Reject a frame of more pixels than `most`, by default Pillow's limit, before it is decoded."""
    limit = pixel_limit() if most is None else most
    if limit is not None and size[0] * size[1] > limit:
        raise FileError(f"must have at most {limit / 1e6:.3g} megapixels, got {size[0]} x {size[1]} pixels: "
                        "--max-pixels sets the limit")


def check_frames(count: int, pixels: int, stream: IO[bytes], most: int | None) -> None:
    """Reject a file whose frames together have more pixels than `most`, before any is decoded.

    Without a limit of the caller's, files may have DENSE pixels for each of their bytes: long animations and stacks do,
    but not files of a few bytes that claim thousands of frames.
    """
    limit = pixel_limit() if most is None else most
    if count < 2 or limit is None or pixels <= limit:
        return
    if most is None:
        place = stream.tell()
        limit = max(limit, DENSE * stream.seek(0, os.SEEK_END))
        stream.seek(place)
    if pixels > limit:
        raise FileError(f"must have at most {limit / 1e6:.3g} megapixels in all frames, got {count:,} frames of "
                        f"{pixels / 1e6:.3g} megapixels: --max-pixels sets the limit")


def save_image(image: Any, kind: str, **options: Any) -> bytes:
    """Encode an image with Pillow, and return the bytes of the file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@contextlib.contextmanager
def explain_read_errors(path: str, unknown: str) -> Iterator[None]:
    """Turn whatever decoding raises into one sentence about the file. unknown: the sentence if it is not an image."""
    try:
        yield
    except FileError as error:
        raise error if str(error).startswith(path) else FileError(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise FileError(f"{path}: {unknown}") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise FileError(f"{path}: has a frame of too many pixels: --max-pixels sets the limit") from None
    except BROKEN as error:
        if (system := explain_system_error(error)) is not None:
            raise FileError(f"{path}: {system}") from None
        reason = first_line(error)
        if isinstance(error, KeyError):  # of a tag that a decoder looks for
            reason = f"entry {reason} is missing"
        elif isinstance(error, UNHELPFUL):
            reason = "an entry or a length in it is wrong"
        raise FileError(f"{path}: is damaged: {reason}") from None
