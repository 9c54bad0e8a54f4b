"""Photos on disk: read without loss, written in what the format holds, and never at the cost of what was there."""
from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import tempfile
import threading
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from .errors import FileError, suggestion


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
    ".webp": Format("WEBP", ("L", "LA", "RGB", "RGBA"), ("icc_profile", "exif"), 16383, options={"quality": 90}),
}

READ = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM")  # formats whose depth can be told

# What Pillow tells of a file that the pixels already hold, or that means nothing after filtering.
PLAIN = {
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform", "progressive", "progression",
    "compression", "interlace", "transparency", "srgb", "background", "loop", "duration", "timestamp", "mp",
    "mpoffset", "resolution", "bmp_compression", "default_image", "aspect", "version", "extension",
}
KEPT = {"icc_profile": "colour profile", "exif": "EXIF", "dpi": "resolution"}
NAMES = {"xmp": "XMP", "photoshop": "Photoshop data", "gamma": "gamma", "chromaticity": "chromaticities"}

# Tags of a TIFF file that describe how its pixels are stored, and not the photo.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 274), *range(277, 285), 290, 291, 296, 317, 320,
               *range(322, 326), 330, 332, 338, 339, 340, 341, 347, *range(512, 522), *range(529, 533), 700, 34675}
ORIENTATION = 274
TURNS = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
         5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
         8: Image.Transpose.ROTATE_90}
IFD_TAGS = {0x8769, 0x8825}  # tags of EXIF that stand for tables of their own: the exposure, the place

# The colours that a profile can be for, by mode: the bytes 16 to 20 of an ICC profile.
PROFILES = {"L": [b"GRAY"], "LA": [b"GRAY"], "I;16": [b"GRAY"], "I": [b"GRAY"], "F": [b"GRAY"], "CMYK": [b"CMYK"]}

HELD = {"F": "floating-point samples", "I": "32-bit samples", "I;16": "16-bit samples", "CMYK": "CMYK colours",
        "LA": "an alpha channel", "RGBA": "an alpha channel"}

# What Pillow raises for broken files, found by breaking files.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, AssertionError,
          AttributeError, MemoryError, RuntimeError, zlib.error, struct.error)


MUTED = threading.Lock()  # held while standard error is turned aside


@dataclass
class Photo:
    """A decoded photo: its pixels, upright, and what was said of it. notes: what was changed or is not kept."""

    image: Image.Image
    suffix: str
    notes: list[str]


def read(path: str) -> Photo:
    """Decode a file, or standard input for '-', without losing anything silently. FileError says what is wrong."""
    with _opened(path) as stream:
        image, kind, notes = _decoded(path, stream)
    suffix = os.path.splitext(path)[1].lower()
    native = next((known for known, own in FORMATS.items() if own.name == kind), "")
    if path == "-":
        suffix = native
    elif suffix in FORMATS and FORMATS[suffix].name != kind:
        notes.insert(0, f"is {kind} inside, in spite of its name")
    return Photo(image, suffix, notes)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
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


def _decoded(path: str, stream: IO[bytes]) -> tuple[Image.Image, str, list[str]]:
    """Open and load the picture upright, with EXIF as bytes; refuse what would lose frames, channels or depth."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image: Image.Image = Image.open(stream, formats=READ)
            kind = "JPEG" if image.format == "MPO" else str(image.format)
            notes = _only_frame(path, image)
            _full_depth(path, image)
            tables = _exif(image, notes) if kind == "TIFF" else None  # its tables are read while it is open
            with _mute_libtiff(image.format):
                image.load()
            notes += _only_known(image)
            exif, turn = tables or _exif(image, notes)
            image = _meant(image)
            if turn in TURNS and kind != "TIFF":  # Pillow turns those itself
                image = image.transpose(TURNS[turn])
            image.info["exif"] = exif
            return _expanded(image, notes), kind, notes
        except FileError as error:
            raise error if str(error).startswith(path) else FileError(f"{path}: {error}") from None
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            limit = (Image.MAX_IMAGE_PIXELS or 0) / 1e6
            raise FileError(f"{path}: claims more than {limit:.0f} megapixels, which is refused") from None
        except UnidentifiedImageError:
            known = f"is not an image that is read here ({', '.join(READ)})"
            raise FileError(f"{path}: {known if stream.seek(0, os.SEEK_END) else 'is empty'}") from None
        except BROKEN as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise FileError(f"{path}: is damaged: {reason}") from None


@contextlib.contextmanager
def _mute_libtiff(kind: str | None) -> Iterator[None]:
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


def _only_frame(path: str, image: Image.Image) -> list[str]:
    frames = getattr(image, "n_frames", 1)
    if image.format == "MPO":  # what cameras add beside the photo: previews and depth maps
        return [f"holds {frames} pictures: only the first is filtered"] if frames > 1 else []
    if frames > 1:
        raise FileError(f"{path}: holds {frames} frames or pages, of which all but one would be lost")
    return []


def _full_depth(path: str, image: Image.Image) -> None:
    """Refuse what Pillow reads as less than it is, without a word: 16-bit colour, and channels beyond alpha."""
    tags = getattr(image, "tag_v2", {})
    deep = len(image.getbands()) > 1 and max(tags.get(258, (8,))) > 8
    for tile in getattr(image, "tile", []):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        raw = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        most = arguments[1] if image.format == "PPM" and len(arguments) > 1 else 0
        deep = deep or (not image.mode.startswith(("I", "F")) and (";16" in raw or most > 255))
    if deep:
        raise FileError(f"{path}: has 16 bits a colour, of which only 8 would be kept")
    channels = tags.get(277, 0)
    if channels > len(image.getbands()) and not (channels == 4 and image.mode == "RGB"):
        raise FileError(f"{path}: has {channels} channels, of which only {len(image.getbands())} would be kept")


def _only_known(image: Image.Image) -> list[str]:
    """Take from the image's metadata what is not kept, and say so; what is left has the type it should have."""
    notes = []
    for key, text in getattr(image, "text", {}).items():  # a PNG's texts, which may go by any name
        if image.info.get(key) == text:
            del image.info[key]
        notes.append(f"{NAMES['xmp'] if key.startswith('XML:') else f'text {key!r}'} not kept")
    lost = sorted(str(key) for key in image.info if key not in PLAIN and key not in KEPT)
    notes += [note for note in (f"{NAMES.get(key, key)} not kept" for key in lost) if note not in notes]
    dpi = image.info.get("dpi")
    if not (isinstance(dpi, tuple) and len(dpi) == 2 and all(1 < side < 1e6 for side in dpi)):
        image.info.pop("dpi", None)
    return notes


def _exif(image: Image.Image, notes: list[str]) -> tuple[bytes | None, int]:
    """Return the EXIF as bytes, without what only describes how the pixels are stored, and the orientation."""
    try:
        exif = Image.Exif()
        exif.load(image.getexif().tobytes())
        turn = exif.get(ORIENTATION, 1)
        for tag in (LAYOUT_TAGS | {ORIENTATION}) & set(exif):
            del exif[tag]
        return exif.tobytes() if len(exif) else None, turn
    except BROKEN:
        notes.append("EXIF not kept: it cannot be read")
        return None, 1


def _meant(image: Image.Image) -> Image.Image:
    """Return the image with a TIFF's samples as the file means them, where Pillow takes them for others."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(262) == 0 and image.mode == "I;16":  # white is 0, which Pillow minds for 8 bits alone
        info = image.info
        image = Image.fromarray(65535 - np.asarray(image))
        image.info = info
    if image.mode == "I" and max(tags.get(339, (2,))) == 1 and np.asarray(image).min() < 0:
        raise FileError("holds samples beyond 2**31 - 1, which would turn negative")
    return image


def _expanded(image: Image.Image, notes: list[str]) -> Image.Image:
    """Return the image in a mode that is filtered, a transparent colour or palette entry as alpha."""
    key = image.info.get("transparency")
    if image.mode == "1":
        notes.append("1-bit picture becomes 8-bit grey")
        image = image.convert("L")
    if image.mode in ("P", "PA"):
        notes.append("palette becomes full colour")
        image = image.convert("RGBA" if image.mode == "PA" or key is not None else "RGB")
    elif image.mode.startswith("I") and key is not None:
        notes.append("transparent colour not kept")
    elif image.mode in ("L", "RGB") and key is not None:
        image.info["transparency"] = key
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    elif image.mode in ("I;16B", "I;16L", "I;16N"):
        image = image.convert("I").convert("I;16")
    elif image.mode == "RGBX":
        image = image.convert("RGB")
    image.info.pop("transparency", None)
    if image.mode not in TIFF.modes:
        raise FileError(f"has the colour mode {image.mode}, which is not filtered: convert it to RGB first")
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
    if os.path.lexists(path) and not os.path.islink(path) and not os.path.isfile(path):
        raise FileError(f"{path}: is not a regular file")
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
    kept = {key: image.info[key] for key in KEPT if image.info.get(key)}
    lost = [key for key in kept if key not in kind.keeps or (key == "exif" and len(kept[key]) > kind.most_exif)]
    if lost:
        notes.append(f"{', '.join(KEPT[key] for key in lost)} not kept: {kind.name} cannot hold it")
    if "icc_profile" in kept and kept["icc_profile"][16:20] not in PROFILES.get(image.mode, [b"RGB "]):
        lost.append("icc_profile")
        notes.append("colour profile not kept: it is for other colours")
    # Pillow takes a profile that it is not given from the image.
    options = kind.options | {"icc_profile": None} | {key: kept[key] for key in kept if key not in lost}
    if kind is TIFF and "exif" in options and _has_tables(options["exif"]):
        del options["compression"]  # libtiff writes no tables within tables
    buffer = io.BytesIO()
    try:
        with _mute_libtiff(kind.name):
            image.save(buffer, kind.name, **options)
    except BROKEN as error:
        raise FileError(f"{kind.name} could not be written: {error}") from None
    return buffer.getvalue()


def _has_tables(exif: bytes) -> bool:
    tags = Image.Exif()
    tags.load(exif)
    return bool(IFD_TAGS & set(tags))


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
