"""The photo of a command, decoded on a thread of its own while the filters are still being loaded."""
from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
import threading
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

COMMANDS = ("apply", "convolve")
TARGETS = ("-o", "--output", "--out-dir", "--mask", "--kernel")  # options whose values are files, but not photos
SUFFIXES = (".jpg", ".jpeg", ".png")
WORTH = 2**17  # bytes of a file that takes longer to decode than a thread to start
MOST = 2**26  # pixels of a photo that is decoded before it is asked for
SWITCH = 0.0005  # seconds after which a thread that loads modules lets this one go on with the next piece
PIECE = 2**22  # bytes of a file that are decoded in one go


class _Ahead(threading.Thread):
    """Decodes a file. Whatever goes wrong is left to those who decode it when it is their turn: they can tell."""

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self.path, self.identity = path, _identity(os.stat(path))
        self.image: ImageFile | None = None

    def run(self) -> None:
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        with contextlib.suppress(Exception):
            self._decode()
        sys.setswitchinterval(before)

    def _decode(self) -> None:
        with open(self.path, "rb") as stream:
            if _identity(os.fstat(stream.fileno())) != self.identity:
                return
            data = stream.read()
        from PIL import JpegImagePlugin, PngImagePlugin

        # Not by Image.open, whose limits and warnings are those of the whole process.
        kind = PngImagePlugin.PngImageFile if data.startswith(b"\x89PNG") else JpegImagePlugin.JpegImageFile
        image = kind(io.BytesIO(data))
        if image.size[0] * image.size[1] <= MOST and getattr(image, "n_frames", 1) == 1:
            image.decodermaxblock = PIECE
            image.load()
            self.image = image


_begun: _Ahead | None = None


def begin(arguments: Sequence[str]) -> None:
    """Begin to decode the photo of a command line, if it names one alone and another processor is there for it."""
    global _begun
    path = _only_photo(arguments)
    if path is None or (os.cpu_count() or 1) == 1:
        return
    with contextlib.suppress(OSError):
        _begun = _Ahead(path)
        _begun.start()


def taken(stream: IO[bytes], kind: type) -> ImageFile | None:
    """Return the picture of an open file, decoded, once, if it was begun and is an image of this kind."""
    global _begun
    ahead = _begun
    with contextlib.suppress(OSError):  # no file, but what came from standard input
        if ahead and _identity(os.fstat(stream.fileno())) == ahead.identity:
            _begun = None
            ahead.join()
            return ahead.image if type(ahead.image) is kind else None
    return None


def _only_photo(arguments: Sequence[str]) -> str | None:
    """Return the name of the only file that is worth it, if there is one."""
    if not arguments or arguments[0] not in COMMANDS:
        return None
    found = [word for before, word in itertools.pairwise(arguments)
             if word.lower().endswith(SUFFIXES) and before not in TARGETS and not word.startswith("-")]
    if len(found) == 1:
        with contextlib.suppress(OSError, ValueError):
            if os.path.getsize(found[0]) >= WORTH:
                return found[0]
    return None


def _identity(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns
