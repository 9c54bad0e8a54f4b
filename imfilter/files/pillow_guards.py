"""Pillow kept quiet and within a limit: its warnings, libtiff's complaints, its refusals of large pictures."""
from __future__ import annotations

import contextlib
import logging
import os
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from ..errors import FileError

# What Pillow and others raise for broken files, found by breaking files.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, AssertionError,
          AttributeError, MemoryError, RuntimeError, zlib.error, struct.error)

MUTED = threading.Lock()  # held while standard error is turned aside
OPENING = threading.Lock()  # held while Pillow's settings are others


@contextlib.contextmanager
def mute_libtiff(kind: str | None) -> Iterator[None]:
    """Keep libtiff from writing its own complaints to standard error: Pillow raises what matters."""
    if kind != "TIFF" or sys.stderr is None:  # None: 2 was closed, and may be the photo by now
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


class Complaints(logging.Handler):
    """Gathers what a library logs as errors, in this thread, where it does not raise them."""

    def __init__(self, library: str) -> None:
        super().__init__(logging.ERROR)
        self.logger, self.own, self.said = logging.getLogger(library), threading.get_ident(), list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.own:
            self.said.append(record.getMessage())

    def __enter__(self) -> Complaints:
        self.logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.logger.removeHandler(self)


@contextlib.contextmanager
def headers_alone() -> Iterator[None]:
    """Let Pillow look at headers without warnings and without its own limit of pixels: check_pixels sets ours."""
    with OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def pixel_limit() -> int | None:
    """Return Pillow's limit, or None: there is none."""
    return Image.MAX_IMAGE_PIXELS


def check_pixels(size: tuple[int, int], most: int | None) -> None:
    """Refuse a frame of more pixels than `most`, or than Pillow's limit. It is known from the header alone."""
    limit = pixel_limit() if most is None else most
    if limit is not None and size[0] * size[1] > limit:
        raise FileError(f"claims more than {limit / 1e6:.3g} megapixels, which is refused")


@contextlib.contextmanager
def blamed_on(path: str, unknown: str) -> Iterator[None]:
    """Turn whatever decoding raises into one sentence about the file. unknown: what to say of no image."""
    try:
        yield
    except FileError as error:
        raise error if str(error).startswith(path) else FileError(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise FileError(f"{path}: {unknown}") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise FileError(f"{path}: holds a frame of too many pixels, which is refused") from None
    except BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(f"{path}: is damaged: {reason}") from None
