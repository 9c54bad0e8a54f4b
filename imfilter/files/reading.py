"""Files to photos: decoded without losing anything silently, upright, in a mode that is filtered."""
from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import FileError
from .formats import BROKEN, FORMATS, KEPT, LAYOUT_TAGS, TIFF, mute_libtiff
from .photo import Photo, suffix_of

READ = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM")  # formats whose depth can be told

# What Pillow tells of a file that the pixels already hold, or that means nothing after filtering.
PLAIN = {
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform", "progressive", "progression",
    "compression", "interlace", "transparency", "srgb", "background", "loop", "duration", "timestamp", "mp",
    "mpoffset", "resolution", "bmp_compression", "default_image", "aspect", "version", "extension",
}
NAMES = {"xmp": "XMP", "photoshop": "Photoshop data", "gamma": "gamma", "chromaticity": "chromaticities"}
ORIENTATION = 274
TURNS = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
         5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
         8: Image.Transpose.ROTATE_90}


def read(path: str, *, max_pixels: int | None = None) -> Photo:
    """Decode a file, or standard input for '-', without losing anything silently. FileError says what is wrong.

    max_pixels: refuse frames that claim more; None: Pillow's limit.
    """
    with _opened(path) as stream:
        image, kind, notes = _decoded(path, stream)
    suffix = suffix_of(path)
    native = next((known for known, own in FORMATS.items() if own.name == kind), "")
    if path == "-":
        suffix = native
    elif suffix in FORMATS and FORMATS[suffix].name != kind:
        notes.insert(0, f"is {kind} inside, in spite of its name")
    return Photo([image], suffix, notes)


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
            with mute_libtiff(image.format):
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
