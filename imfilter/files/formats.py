"""What each file format can hold: samples, frames and metadata."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..arrays.high_depth import HighDepthImage
from ..errors import FileError, ImfilterError, check_integer, suggest

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


LEVELS = {"quality": (1, 100), "compress_level": (0, 9)}  # settings that some formats have, and their ranges
SUBSAMPLINGS = ("444", "422", "420", "440")  # of the colors of JPEG


@dataclass(frozen=True)
class Settings:
    """How to encode a photo.

    quality: of JPEG and WebP, 1 to 100; default: the photo's own, else a high one. compress_level: of PNG, 0 to 9;
    default: a fast one. Formats without the setting add a note. strip: drop all metadata except what defines the colors
    (profile, gamma and chromaticities; Adobe RGB in EXIF). subsampling: of the colors of JPEG, one of SUBSAMPLINGS;
    default: the photo's own.
    """

    quality: int | None = None
    compress_level: int | None = None
    strip: bool = False
    subsampling: str | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in LEVELS.items():
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), low, high)
        if self.subsampling not in (None, *SUBSAMPLINGS):
            raise ImfilterError(f"subsampling must be {join_names(list(SUBSAMPLINGS))}, got {self.subsampling!r}")

    def list_ignored(self, name: str, level: str = "") -> list[str]:
        """Return a note for each setting that a format does not have. name: of the format; level: its own in LEVELS."""
        ignored = [one.replace("_", " ") for one in LEVELS if one != level and getattr(self, one) is not None]
        if name != "JPEG" and self.subsampling is not None:
            ignored.append("choice of chroma subsampling")
        return [f"{name} has no {one}: the setting is ignored" for one in ignored]


class Format(NamedTuple):
    """A file format: Pillow's name for it, and what it can hold.

    modes: Pillow's modes, "deep" for 16-bit colors, "any" for any samples and channels. frames: the name of several
    frames; empty: it holds one. keeps: the kinds of metadata. largest: pixels of a side. most: bytes of a piece of
    metadata. level: its setting in LEVELS. suggested: whether messages name it for what another format cannot hold.
    """

    name: str
    modes: tuple[str, ...]
    frames: str = ""
    keeps: tuple[str, ...] = ()
    largest: int = 2**31 - 1
    most: Mapping[str, int] = {}
    level: str = ""
    suggested: bool = True

    def holds(self, frame: Picture) -> bool:
        """Return whether the format can hold the frame's samples."""
        if not isinstance(frame, HighDepthImage):
            return frame.mode in self.modes
        plain = frame.colors in (1, 3) and frame.pixels.shape[2] == frame.colors + frame.alpha
        gray_or_alpha = frame.colors == 1 or frame.alpha
        deep = plain and frame.pixels.dtype == np.uint16 and not (self is PPM and gray_or_alpha)
        return "any" in self.modes or ("deep" in self.modes and deep)


JPEG = Format("JPEG", ("L", "RGB", "CMYK"), "", ("icc_profile", "exif", "xmp", "dpi", "density", "comment", "segments"),
              65500,
              {"exif": 65527, "xmp": 65504, "comment": 65533}, level="quality")
TIFF = Format("TIFF", ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F", "any"), "pages",
              ("icc_profile", "exif", "xmp", "dpi", "density", "page_kind", "nodata"))
PPM = Format("PPM", ("L", "RGB", "I;16", "deep"))
PNG = Format("PNG", ("L", "LA", "RGB", "RGBA", "I;16", "deep"), "frames",
             ("icc_profile", "exif", "xmp", "dpi", "density", "chunks", "duration"), level="compress_level")
GIF = Format("GIF", ("L", "LA", "RGB", "RGBA"), "frames", ("comment", "duration"), 65535)
WEBP = Format("WEBP", ("L", "LA", "RGB", "RGBA"), "frames", ("icc_profile", "exif", "xmp", "duration"), 16383,
              level="quality")
AVIF = Format("AVIF", ("L", "LA", "RGB", "RGBA"), "frames", ("icc_profile", "exif", "xmp", "duration"), 65536,
              level="quality", suggested=False)
HEIF = Format("HEIF", ("L", "LA", "RGB", "RGBA"), "images", ("icc_profile", "exif", "xmp"), 16384,
              level="quality", suggested=False)
BMP = Format("BMP", ("L", "LA", "RGB", "RGBA"), "", ("dpi",))
FORMATS = {
    ".png": PNG,
    ".apng": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".jpe": JPEG,
    ".jfif": JPEG,
    ".mpo": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": BMP,
    ".webp": WEBP,
    ".gif": GIF,
    ".ppm": PPM,
    ".pgm": PPM,
    ".pbm": PPM,
    ".pnm": PPM,
    ".avif": AVIF,
    ".heic": HEIF,
    ".heif": HEIF,
    ".hif": HEIF,
}
SHOWN = [".png", ".jpg", ".tif", ".bmp", ".webp", ".gif", ".ppm", ".pgm", ".avif", ".heic"]  # in messages

RAW = "a raw format of cameras: develop it to TIFF or JPEG first"
EDITOR = "a format of an editor: export it as PNG or TIFF first"
VIDEO = "a video: ffmpeg decodes and encodes it, and --stream filters its frames"
# Suffixes of pictures that are neither read nor written, and what to do.
UNSUPPORTED = {
    ".jp2": "JPEG 2000: convert it to TIFF", ".j2k": "JPEG 2000: convert it to TIFF",
    ".jxl": "JPEG XL: convert it to PNG",
    ".psd": EDITOR, ".psb": EDITOR, ".xcf": EDITOR, ".kra": EDITOR, ".afphoto": EDITOR, ".ai": EDITOR,
    ".svg": "a drawing without pixels: convert it to PNG", ".pdf": "a document: convert its pages to PNG or TIFF",
    ".exr": "OpenEXR: convert it to a TIFF of floats", ".hdr": "Radiance: convert it to a TIFF of floats",
    ".tga": "Targa: convert it to PNG", ".ico": "an icon: convert it to PNG", ".dcm": "DICOM: convert it to TIFF",
    **dict.fromkeys([".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg"], VIDEO),
    ".y4m": "a video: --stream filters its frames",
    **dict.fromkeys([".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2",
                     ".pef", ".srw", ".3fr", ".iiq", ".x3f", ".kdc", ".erf", ".mrw", ".raw", ".rwl", ".gpr"], RAW),
}

# Kinds of metadata, by their key in a frame's `info`, and in words.
KEPT = {"icc_profile": "color profile", "exif": "EXIF", "xmp": "XMP", "dpi": "resolution",
        "density": "resolution without a unit", "comment": "comment",
        "chunks": "text", "segments": "Photoshop and other application data",
        "duration": "durations and repetitions of the frames", "page_kind": "kind of page",
        "nodata": "value of pixels without data"}

HELD = {"F": "floating-point samples", "I": "32-bit samples", "I;16": "16-bit samples", "CMYK": "CMYK colors",
        "LA": "an alpha channel", "RGBA": "an alpha channel"}


def format_of(suffix: str) -> Format:
    """Return the format of a file suffix."""
    known = FORMATS.get(suffix.lower())
    if known is None:
        raise FileError(describe_unknown(suffix, SHOWN))
    return known


def describe_unknown(suffix: str, known: list[str]) -> str:
    """Say that a suffix cannot be written, and what to do instead."""
    what = UNSUPPORTED.get(suffix.lower())
    if what:
        return f"cannot write {suffix}, {what}, or name the result {join_names(known[:3])}"
    hint = suggest(suffix.lower(), FORMATS) if suffix else ""
    return f"cannot write {suffix or 'a file without a suffix'}: it must be {', '.join(known)}{hint}"


def check_frame(kind: Format, frame: Picture) -> None:
    """Reject a frame that the format cannot hold, and name the formats that can."""
    if not kind.holds(frame):
        holders = sorted({other.name for other in FORMATS.values() if other.suggested and other.holds(frame)})
        deep = isinstance(frame, HighDepthImage) or frame.mode in ("I;16", "I", "F")
        raise FileError(f"{kind.name} cannot hold {_describe_samples(frame)}: {join_names(holders)} can"
                        + "; --depth 8 rescales to 8 bits" * deep)
    if max(frame.size) > kind.largest:
        raise FileError(f"{kind.name} must have at most {kind.largest} pixels a side, "
                        f"got {frame.width} x {frame.height}")


def check_count(kind: Format, count: int) -> None:
    """Reject several frames if the format holds only one."""
    if count > 1 and not kind.frames:
        holders = sorted({other.name for other in FORMATS.values() if other.suggested and other.frames})
        raise FileError(f"{kind.name} must have one frame, got {count}: {join_names(holders)} can hold several")


def join_names(names: list[str]) -> str:
    """Join names for a message: PNG, TIFF or WEBP."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _describe_samples(frame: Picture) -> str:
    """Return what is special about a frame's samples, in words."""
    if not isinstance(frame, HighDepthImage):
        return HELD.get(frame.mode, f"mode {frame.mode}")
    if frame.colors == 1 and frame.pixels.shape[2] == 1 and frame.pixels.dtype.kind in "iu":
        return f"{'signed ' * (frame.pixels.dtype.kind == 'i')}{8 * frame.pixels.dtype.itemsize}-bit samples"
    if frame.pixels.dtype.kind == "f":
        return "floating-point colors"
    if frame.pixels.shape[2] > frame.colors + frame.alpha:
        return "channels beyond alpha"
    return f"{8 * frame.pixels.dtype.itemsize}-bit {'CMYK ' if frame.colors == 4 else ''}colors"
