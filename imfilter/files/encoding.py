"""Photos to files: the bytes of a photo in a format, with the metadata that the format keeps."""
from __future__ import annotations

import io

from PIL import Image

from ..errors import FileError
from . import png
from .formats import BROKEN, FORMATS, KEPT, TIFF, format_of, mute_libtiff

IFD_TAGS = {0x8769, 0x8825}  # tags of EXIF that stand for tables of their own: the exposure, the place

# The colours that a profile can be for, by mode: the bytes 16 to 20 of an ICC profile.
PROFILES = {"L": [b"GRAY"], "LA": [b"GRAY"], "I;16": [b"GRAY"], "I": [b"GRAY"], "F": [b"GRAY"], "CMYK": [b"CMYK"]}

HELD = {"F": "floating-point samples", "I": "32-bit samples", "I;16": "16-bit samples", "CMYK": "CMYK colours",
        "LA": "an alpha channel", "RGBA": "an alpha channel"}


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
    if kind.name == "PNG":
        return png.encode(image, **options)
    buffer = io.BytesIO()
    try:
        with mute_libtiff(kind.name):
            image.save(buffer, kind.name, **options)
    except BROKEN as error:
        raise FileError(f"{kind.name} could not be written: {error}") from None
    return buffer.getvalue()


def _has_tables(exif: bytes) -> bool:
    tags = Image.Exif()
    tags.load(exif)
    return bool(IFD_TAGS & set(tags))
