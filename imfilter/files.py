"""Photos on disk: read without loss, written in what the format holds, and never at the cost of what was there."""
from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import FileError, suggestion


@dataclass(frozen=True)
class Format:
    """A file format: Pillow's name for it, the modes it holds, the metadata kept in it, its largest side."""

    name: str
    modes: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    largest: int = 2**31 - 1
    options: dict[str, Any] = field(default_factory=dict)


JPEG = Format("JPEG", ("L", "RGB", "CMYK"), ("icc_profile", "exif", "dpi"), 65500, {"quality": 95})
TIFF = Format("TIFF", ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"), ("icc_profile", "exif", "dpi"),
              options={"compression": "tiff_adobe_deflate"})
FORMATS = {
    ".png": Format("PNG", ("L", "LA", "RGB", "RGBA", "I;16"), ("icc_profile", "exif", "dpi")),
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": Format("BMP", ("L", "RGB"), ("dpi",)),
    ".webp": Format("WEBP", ("L", "LA", "RGB", "RGBA"), ("icc_profile", "exif"), 16383, {"quality": 90}),
}

# What Pillow tells of a file that the pixels already hold, or that means nothing after filtering.
PLAIN = {
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform", "progressive", "progression",
    "compression", "interlace", "transparency", "srgb", "background", "loop", "duration", "timestamp", "mp",
    "mpoffset", "resolution", "bmp_compression", "default_image", "aspect", "version", "extension",
}
NAMES = {"icc_profile": "colour profile", "exif": "EXIF", "dpi": "resolution", "xmp": "XMP",
         "photoshop": "Photoshop data", "gamma": "gamma", "chromaticity": "chromaticities", "comment": "comment"}

HELD = {"F": "floating-point samples", "I": "32-bit samples", "I;16": "16-bit samples", "CMYK": "CMYK colours",
        "LA": "an alpha channel", "RGBA": "an alpha channel"}

# What Pillow raises for broken files, found by breaking files.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, AssertionError,
          AttributeError, MemoryError, RuntimeError, zlib.error, struct.error)


@dataclass
class Photo:
    """A decoded photo: its pixels, upright, and what was said of it. notes: what was changed or is not kept."""

    image: Image.Image
    suffix: str
    notes: list[str]


def read(path: str) -> Photo:
    """Decode a file, or standard input for '-', without losing anything silently. FileError says what is wrong."""
    with _opened(path) as stream:
        image, notes = _decoded(path, stream)
    suffix = os.path.splitext(path)[1].lower()
    native = next((known for known, kind in FORMATS.items() if kind.name == image.format), "")
    if image.format == "MPO":
        native = ".jpg"
    if path == "-":
        suffix = native
    elif suffix in FORMATS and native and FORMATS[suffix].name != FORMATS[native].name:
        notes.append(f"is {FORMATS[native].name} inside, in spite of its name")
    return Photo(_upright(path, image, notes), suffix, notes)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[io.BufferedIOBase]:
    if path == "-":
        yield io.BytesIO(sys.stdin.buffer.read())
        return
    try:
        with open(path, "rb") as stream:
            yield stream
    except OSError as error:
        if error.filename is None:
            raise
        raise FileError(f"{path}: {error.strerror}") from None


def _decoded(path: str, stream: Any) -> tuple[Image.Image, list[str]]:
    """Open and load the picture; refuse what would lose frames or depth."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(stream)
            notes = _only_frame(path, image)
            _full_depth(path, image)
            image.load()
        except FileError:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            limit = (Image.MAX_IMAGE_PIXELS or 0) / 1e6
            raise FileError(f"{path}: claims more than {limit:.0f} megapixels, which is refused") from None
        except UnidentifiedImageError:
            size = stream.seek(0, os.SEEK_END)
            raise FileError(f"{path}: {'is not an image that Pillow reads' if size else 'is empty'}") from None
        except BROKEN as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise FileError(f"{path}: is damaged: {reason}") from None
    return image, notes


def _only_frame(path: str, image: Image.Image) -> list[str]:
    frames = getattr(image, "n_frames", 1)
    if image.format == "MPO":  # what cameras add beside the photo: previews and depth maps
        return [f"holds {frames} pictures: only the first is filtered"] if frames > 1 else []
    if frames > 1:
        raise FileError(f"{path}: holds {frames} frames or pages, of which all but one would be lost")
    return []


def _full_depth(path: str, image: Image.Image) -> None:
    """Refuse 16-bit colour, of which Pillow reads 8 bits without a word: the decoder's raw mode tells."""
    for tile in getattr(image, "tile", []):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        raw = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        if ";16" in raw and not image.mode.startswith("I"):
            raise FileError(f"{path}: has 16 bits a colour ({raw}), of which only 8 would be kept")


def _upright(path: str, image: Image.Image, notes: list[str]) -> Image.Image:
    """Turn the picture as its EXIF tag says, and expand palettes, colour keys and single bits."""
    try:
        image = ImageOps.exif_transpose(image)
    except BROKEN:
        notes.append("has EXIF that cannot be read: not kept")
        image.info.pop("exif", None)
    lost = sorted(NAMES.get(key, key) for key in image.info if isinstance(key, str)
                  if key not in PLAIN and key not in ("icc_profile", "exif", "dpi"))
    if lost:
        notes.append(f"{', '.join(lost)} not kept")
    if image.mode == "1":
        notes.append("1-bit picture becomes 8-bit grey")
        return image.convert("L")
    if image.mode in ("P", "PA"):
        notes.append("palette becomes full colour")
    if image.mode in ("P", "PA", "La", "RGBa") or "transparency" in image.info:
        alpha = image.mode != "P" or "transparency" in image.info
        return image.convert("LA" if image.mode in ("L", "La") else "RGBA" if alpha else "RGB")
    if image.mode in ("I;16B", "I;16L"):
        return image.convert("I").convert("I;16")
    if image.mode == "RGBX":
        return image.convert("RGB")
    if image.mode not in TIFF.modes:
        raise FileError(f"{path}: has the colour mode {image.mode}, which is not filtered: convert it to RGB first")
    return image


def format_of(suffix: str) -> Format:
    """Return the format that a file's suffix stands for."""
    known = FORMATS.get(suffix.lower())
    if known is None:
        hint = suggestion(suffix.lower(), FORMATS)
        raise FileError(f"cannot write {suffix or 'a file without a suffix'}: it must be {', '.join(FORMATS)}{hint}")
    return known


def check_target(path: str, *, force: bool) -> None:
    """Refuse a target that exists, unless it may be replaced, or whose folder does not."""
    if os.path.isdir(path):
        raise FileError(f"{path}: is a directory")
    if os.path.islink(path) and not force:
        raise FileError(f"{path}: is a symbolic link; --force replaces the link itself")
    if os.path.lexists(path) and not force:
        raise FileError(f"{path}: exists already; --force replaces it")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise FileError(f"{path}: there is no folder {folder}")


def encode(image: Image.Image, suffix: str, notes: list[str]) -> bytes:
    """Return the photo as the bytes of a file; refuse what the format cannot hold."""
    kind = format_of(suffix)
    if image.mode not in kind.modes:
        holders = sorted({other.name for other in FORMATS.values() if image.mode in other.modes})
        what = HELD.get(image.mode, f"mode {image.mode}")
        raise FileError(f"{kind.name} cannot hold {what}: {' or '.join(holders)} can")
    if max(image.size) > kind.largest:
        raise FileError(f"{kind.name} holds at most {kind.largest} pixels a side, got {image.width} x {image.height}")
    lost = [NAMES[key] for key in ("icc_profile", "exif", "dpi") if image.info.get(key) and key not in kind.keeps]
    if lost:
        notes.append(f"{', '.join(lost)} not kept: {kind.name} cannot hold it")
    kept = {key: image.info[key] for key in kind.keeps if image.info.get(key)}
    buffer = io.BytesIO()
    try:
        image.save(buffer, kind.name, **kind.options, **kept)
    except BROKEN as error:
        raise FileError(f"{kind.name} could not be written: {error}") from None
    return buffer.getvalue()


def write(data: bytes, path: str, *, force: bool) -> None:
    """Put the bytes under a name at once: whoever looks finds what was there before, or all of this."""
    check_target(path, force=force)
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=".imfilter-", suffix=".part", dir=target.parent)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        _place(temporary, path, force)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _place(temporary: str, path: str, force: bool) -> None:
    """Rename the file; without force a name that was taken in the meantime is not."""
    if force:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise FileError(f"{path}: exists already; --force replaces it") from None
    except OSError:  # a file system without links
        os.replace(temporary, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
