"""The metadata of photos: collected from a file, made upright, and fitted to the format of another."""
from __future__ import annotations

import re
import struct
from typing import IO, Any

from PIL import Image

from . import chunks
from .formats import KEPT, Format
from .heif import collect_heif
from .jpeg import read_coding
from .photo import add_note
from .pillow_guards import BROKEN

ORIENTATION = 274
TURNED_IN_XMP = re.compile(rb'(tiff:Orientation(?:="|>))[0-9]')
BMP_PROFILE = re.compile(rb"(?s)BM.{12}\x7c\0\0\0.{52}(DEBM|KNIL)")  # version 5, with an embedded or linked profile
PPM_COMMENT = re.compile(rb"P\d[\d\s]*#")
READ_TEXTS = {"Raw profile type exif": "exif", "XML:com.adobe.xmp": "xmp"}  # texts of PNG that hold other metadata
EMPTY = 20  # bytes of EXIF without tags
EXPOSURE, PLACE = 0x8769, 0x8825  # EXIF tags that point to directories; the first one holds the photo's size
TABLES = {EXPOSURE, PLACE}
WIDTH_AND_HEIGHT = 40962, 40963
PICTURES = 330  # the tag of a TIFF page for images within it
# Tags of a TIFF file that describe how pixels are stored, and not the photo.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 274), *range(277, 285), 290, 291, 296, 317, 320,
               *range(322, 326), 330, 332, 338, 339, 340, 341, 347, *range(512, 522), *range(529, 533), 700,
               32997, 32998, 34675}

# Segments of a JPEG file that Pillow reads and writes itself, or that are meaningless once the pixels have changed.
SEGMENTS = ((0, b"JFIF\0"), (0, b"JFXX\0"), (1, b"Exif\0\0"), (1, b"http://ns.adobe.com/xap/1.0/\0"),
            (2, b"ICC_PROFILE\0"), (2, b"MPF\0"), (14, b"Adobe"))

# The color space of a profile, by mode: bytes 16 to 20 of an ICC profile.
PROFILES = {"L": b"GRAY", "LA": b"GRAY", "I;16": b"GRAY", "I": b"GRAY", "F": b"GRAY", "CMYK": b"CMYK"}
ABOUT_COLORS = {"icc_profile", "duration", *chunks.COLORS}  # kept even when metadata is stripped


def collect_metadata(
    image: Image.Image, stream: IO[bytes], kind: str, notes: list[str]
) -> tuple[dict[str, Any], int]:
    """Return the metadata of an opened file, by the keys of KEPT, and the photo's orientation."""
    if kind == "PNG":  # its texts are mixed with the other keys, under any name
        for key in [key for key, value in image.info.items() if isinstance(value, str) and key not in READ_TEXTS]:
            del image.info[key]
    given = dict(image.info)
    kept = {key: given[key] for key in ("icc_profile", "xmp", "comment") if isinstance(given.get(key), bytes)}
    kept["exif"], turn = _read_exif(image, notes)
    kept |= COLLECTORS.get(kind, _collect_nothing)(image, stream, given | kept, notes)
    if kind == "JPEG":
        kept["coding"] = read_coding(image, turn)
    kept["dpi"] = _read_resolution(given.get("dpi"), turn)
    if "xmp" in kept:
        kept["xmp"] = TURNED_IN_XMP.sub(rb"\g<1>1", kept["xmp"])
    if given.get("aspect") not in (None, (1, 1)) and len(set(given["aspect"])) > 1:
        notes.append("shape of non-square pixels not kept")
    return {key: value for key, value in kept.items() if value or value == 0}, turn


def _collect_nothing(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    return {}


def _collect_jpeg(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Return the quality of a JPEG file, and the segments of other programs."""
    segments, comments = b"", list[bytes]()
    for name, data in getattr(image, "applist", []):
        if name == "COM":
            comments.append(data)
            continue
        number = int(name.removeprefix("APP"))
        if not any(number == known and data.startswith(start) for known, start in SEGMENTS):
            segments += struct.pack(">BBH", 0xFF, 0xE0 + number, len(data) + 2) + data
        elif data.startswith(b"ICC_PROFILE\0") and not given.get("icc_profile"):
            notes.append("color profile not kept: it cannot be read")
    return {"segments": segments, "comment": b"\n".join(comments)}


def _collect_png(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    kept, lost = chunks.select_chunks(stream, {key for key, name in READ_TEXTS.items() if given.get(name)})
    notes += [f"{name} not kept" for name in lost]
    return {"chunks": kept, "default_image": given.get("default_image"), "duration": given.get("duration"),
            "plays": given.get("loop")}


def _collect_webp(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    names = list(chunks.webp_chunks(stream))
    notes += [f"chunk {name.decode('latin-1')} not kept" for name in names if name not in chunks.RIFF_KNOWN]
    return {"lossless": b"VP8L" in names, "plays": given.get("loop"), "duration": given.get("duration")}


def _collect_gif(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Convert GIF's number of repetitions to the number of times the animation is played."""
    loop, extension = given.get("loop"), given.get("extension", (b"NETSCAPE",))[0]
    if not extension.startswith((b"NETSCAPE", b"ANIMEXTS")):
        add_note(notes, f"extension {extension.decode('latin-1')!r} not kept")
    return {"plays": 1 if loop is None else loop and loop + 1, "duration": given.get("duration")}


def _collect_tiff(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Note what Pillow does not read of a page."""
    if PICTURES in image.getexif():
        add_note(notes, "images within a page not kept")
    if getattr(image, "tag_v2", {}).get(277) == 4 and image.mode == "RGB":
        add_note(notes, "fourth channel of unknown meaning not kept")
    return {}


def _collect_bmp(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    stream.seek(0)
    if BMP_PROFILE.match(stream.read(74)):
        notes.append("color profile not kept: it is not read from BMP")
    return {}


def _collect_ppm(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    stream.seek(0)
    if PPM_COMMENT.match(stream.read(4096)):
        notes.append("comment not kept")
    return {}


# Metadata that only some formats have.
COLLECTORS = {"BMP": _collect_bmp, "PPM": _collect_ppm, "JPEG": _collect_jpeg, "PNG": _collect_png,
              "WEBP": _collect_webp, "GIF": _collect_gif, "TIFF": _collect_tiff,
              "AVIF": collect_heif, "HEIF": collect_heif}


def _read_resolution(dpi: Any, turn: int) -> tuple[float, float] | None:
    if not (isinstance(dpi, tuple) and len(dpi) == 2 and all(1 < side < 1e6 for side in dpi)):
        return None
    across, down = float(dpi[0]), float(dpi[1])
    return (down, across) if turn > 4 else (across, down)


def _read_exif(image: Image.Image, notes: list[str]) -> tuple[bytes | None, int]:
    """Return the EXIF as bytes, without tags on how pixels are stored, and the orientation."""
    try:
        stored, exif = image.getexif(), Image.Exif()
        stored.bigtiff = False  # EXIF in other formats must not be BigTIFF
        exif.load(stored.tobytes())
        turn = exif.get(ORIENTATION, 1)
        given = image.info.get("exif", b"").removeprefix(b"Exif\0\0")
        if not len(exif) and (len(given) > EMPTY or given[:2] not in (b"", b"II", b"MM")):
            raise ValueError
        for tag in (LAYOUT_TAGS | {ORIENTATION}) & set(exif):
            del exif[tag]
        return exif.tobytes() if len(exif) else None, turn if turn in range(1, 9) else 1
    except BROKEN:
        notes.append("EXIF not kept: it cannot be read")
        return None, 1


def fit_metadata(
    info: dict[Any, Any], kind: Format, mode: str, size: tuple[int, int], notes: list[str], strip: bool
) -> dict[str, Any]:
    """Return the metadata that a format can hold, and add a note for the rest."""
    info = {key: info[key] for key in KEPT if info.get(key)}
    if strip:
        info["chunks"] = [chunk for chunk in info.get("chunks", []) if chunk[0] in ABOUT_COLORS]
        info = {key: info[key] for key in info if key in ABOUT_COLORS or key == "chunks"}
    if "exif" in info:
        info["exif"] = _update_size(info["exif"], size)
    for key in [key for key in info if _exceeds_format(key, info[key], kind)]:
        for name in _describe(key, info.pop(key)):
            add_note(notes, f"{name} not kept: {kind.name} cannot hold it")
    profile = info.get("icc_profile")
    if profile and profile[16:20] != PROFILES.get(mode.split()[0], b"RGB "):
        del info["icc_profile"]
        add_note(notes, "color profile not kept: it is for another color space")
    return info


def _exceeds_format(key: str, value: Any, kind: Format) -> bool:
    return key not in kind.keeps or (key in kind.most and len(value) > kind.most[key])


def _describe(key: str, value: Any) -> list[str]:
    if key != "chunks":
        return [KEPT[key]]
    return [chunks.describe_chunk(chunk) for chunk in value if chunk[0] != b"sRGB"]  # sRGB is the default anyway


def _update_size(exif: bytes, size: tuple[int, int]) -> bytes:
    """Set the width and height in EXIF, if they are there, to those of the image."""
    tags = Image.Exif()
    tags.load(exif)
    table = tags.get_ifd(EXPOSURE)
    wrong = [(tag, side) for tag, side in zip(WIDTH_AND_HEIGHT, size, strict=True) if table.get(tag, side) != side]
    for tag, side in wrong:
        table[tag] = side
    return tags.tobytes() if wrong else exif
