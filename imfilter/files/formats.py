"""What each file format holds: samples, frames and metadata."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..arrays.high_depth import HighDepthImage
from ..errors import FileError, check_integer, suggest

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


LEVELS = {"quality": (1, 100), "compress_level": (0, 9)}  # settings that some formats have, and their range


@dataclass(frozen=True)
class Settings:
    """How a photo is to be written.

    quality: of JPEG and WebP, 1 to 100; None: that of the photo, or a high one. compress_level: of PNG, 0 to 9; None: a
    quick one. Formats that have none note that. strip: whether metadata is left out, but for what colors mean:
    profile, gamma and chromaticities.
    """

    quality: int | None = None
    compress_level: int | None = None
    strip: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in LEVELS.items():
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), low, high)


@dataclass(frozen=True)
class Format:
    """A file format: Pillow's name for it and what it holds.

    modes: Pillow's, and "deep" for colors of 16 bits, "any" for whatever samples and channels. frames: what several
    of them are; empty: it holds one. keeps: the metadata. largest: of a side. most: bytes of a piece of metadata.
    level: which of LEVELS it is written with.
    """

    name: str
    modes: tuple[str, ...]
    frames: str = ""
    keeps: tuple[str, ...] = ()
    largest: int = 2**31 - 1
    most: dict[str, int] = field(default_factory=dict)
    level: str = ""

    def holds(self, frame: Picture) -> bool:
        """Say whether the format holds the frame's samples."""
        if not isinstance(frame, HighDepthImage):
            return frame.mode in self.modes
        plain = frame.colors in (1, 3) and frame.pixels.shape[2] == frame.colors + frame.alpha
        gray_or_alpha = frame.colors == 1 or frame.alpha
        deep = plain and frame.pixels.dtype == np.uint16 and not (self is PPM and gray_or_alpha)
        return "any" in self.modes or ("deep" in self.modes and deep)


JPEG = Format("JPEG", ("L", "RGB", "CMYK"), "", ("icc_profile", "exif", "xmp", "dpi", "comment", "segments"), 65500,
              {"exif": 65527, "xmp": 65504, "comment": 65533}, level="quality")
TIFF = Format("TIFF", ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F", "any"), "pages",
              ("icc_profile", "exif", "xmp", "dpi"))
PPM = Format("PPM", ("L", "RGB", "I;16", "deep"))
PNG = Format("PNG", ("L", "LA", "RGB", "RGBA", "I;16", "deep"), "frames",
             ("icc_profile", "exif", "xmp", "dpi", "chunks", "duration"), level="compress_level")
GIF = Format("GIF", ("L", "LA", "RGB", "RGBA"), "frames", ("comment", "duration"), 65535)
WEBP = Format("WEBP", ("L", "LA", "RGB", "RGBA"), "frames", ("icc_profile", "exif", "xmp", "duration"), 16383,
              level="quality")
FORMATS = {
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": Format("BMP", ("L", "RGB"), "", ("dpi",)),
    ".webp": WEBP,
    ".gif": GIF,
    ".ppm": PPM,
    ".pgm": PPM,
}

# Pieces of metadata by their name in a frame's `info`, and in words.
KEPT = {"icc_profile": "color profile", "exif": "EXIF", "xmp": "XMP", "dpi": "resolution", "comment": "comment",
        "chunks": "text", "segments": "Photoshop and other application data",
        "duration": "durations and repetitions of the frames"}

HELD = {"F": "floating-point samples", "I": "32-bit samples", "I;16": "16-bit samples", "CMYK": "CMYK colors",
        "LA": "an alpha channel", "RGBA": "an alpha channel"}


def format_of(suffix: str) -> Format:
    """Return the format that a file's suffix stands for."""
    known = FORMATS.get(suffix.lower())
    if known is None:
        hint = suggest(suffix.lower(), FORMATS)
        raise FileError(f"cannot write {suffix or 'a file without a suffix'}: it must be {', '.join(FORMATS)}{hint}")
    return known


def check_frame(kind: Format, frame: Picture) -> None:
    """Refuse a frame that the format cannot hold, and name those that can."""
    if not kind.holds(frame):
        holders = sorted({other.name for other in FORMATS.values() if other.holds(frame)})
        raise FileError(f"{kind.name} cannot hold {_samples(frame)}: {' or '.join(holders)} can")
    if max(frame.size) > kind.largest:
        raise FileError(f"{kind.name} holds at most {kind.largest} pixels a side, got {frame.width} x {frame.height}")


def check_count(kind: Format, count: int) -> None:
    """Refuse several frames where the format holds one."""
    if count > 1 and not kind.frames:
        holders = sorted({other.name for other in FORMATS.values() if other.frames})
        raise FileError(f"{kind.name} holds one picture, got {count} frames or pages: {' or '.join(holders)} hold them")


def _samples(frame: Picture) -> str:
    """Say in words what is special about a frame's samples."""
    if not isinstance(frame, HighDepthImage):
        return HELD.get(frame.mode, f"mode {frame.mode}")
    if frame.pixels.dtype.kind == "f":
        return "floating-point colors"
    if frame.pixels.shape[2] > frame.colors + frame.alpha:
        return "channels beyond alpha"
    return f"{8 * frame.pixels.dtype.itemsize}-bit {'CMYK ' if frame.colors == 4 else ''}colors"
