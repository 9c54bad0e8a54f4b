"""What each file format holds, and how Pillow is to be asked for it."""
from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import FileError, suggestion


@dataclass(frozen=True)
class Format:
    """A file format: Pillow's name for it, the modes it holds, the metadata kept in it, its largest side and EXIF."""

    name: str
    modes: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    largest: int = 2**31 - 1
    most_exif: int = 2**31 - 1
    options: dict[str, Any] = field(default_factory=dict)


JPEG = Format("JPEG", ("L", "RGB", "CMYK"), ("icc_profile", "exif", "dpi"), 65500, 65527, {"quality": 95})
TIFF = Format("TIFF", ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"), ("icc_profile", "exif", "dpi"),
              options={"compression": "tiff_adobe_deflate"})
FORMATS = {
    ".png": Format("PNG", ("L", "LA", "RGB", "RGBA", "I;16"), ("icc_profile", "exif", "dpi")),
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": Format("BMP", ("L", "RGB"), ("dpi",)),
    ".webp": Format("WEBP", ("L", "LA", "RGB", "RGBA"), ("icc_profile", "exif"), 16383,
                    options={"quality": 90, "method": 2}),  # 4, the default, takes twice as long to save 3 %
}

KEPT = {"icc_profile": "colour profile", "exif": "EXIF", "dpi": "resolution"}

# Tags of a TIFF file that describe how its pixels are stored, and not the photo.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 274), *range(277, 285), 290, 291, 296, 317, 320,
               *range(322, 326), 330, 332, 338, 339, 340, 341, 347, *range(512, 522), *range(529, 533), 700, 34675}

# What Pillow raises for broken files, found by breaking files.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, AssertionError,
          AttributeError, MemoryError, RuntimeError, zlib.error, struct.error)

MUTED = threading.Lock()  # held while standard error is turned aside


def format_of(suffix: str) -> Format:
    """Return the format that a file's suffix stands for."""
    known = FORMATS.get(suffix.lower())
    if known is None:
        hint = suggestion(suffix.lower(), FORMATS)
        raise FileError(f"cannot write {suffix or 'a file without a suffix'}: it must be {', '.join(FORMATS)}{hint}")
    return known


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
