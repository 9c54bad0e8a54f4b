"""The metadata of photos: collected from a file, made upright, and fitted to the format of another.

What edits EXIF, XMP and the segments of JPEG is imported for photos that have them.
"""
from __future__ import annotations

import re
from typing import IO, Any

from PIL import Image

from . import chunks, png_metadata
from .formats import KEPT, Format
from .photo import EXIF_PREFIX, add_note
from .profile import is_profile

BMP_PROFILE = rb"(?s)BM.{12}\x7c\0\0\0.{52}(DEBM|KNIL)"  # version 5, with an embedded or linked profile
PPM_COMMENT = rb"P\d[\d\s]*#"

# The color space of a profile, by mode: bytes 16 to 20 of an ICC profile.
PROFILES = {"L": b"GRAY", "LA": b"GRAY", "I;16": b"GRAY", "I": b"GRAY", "F": b"GRAY", "CMYK": b"CMYK"}
ABOUT_COLORS = {"icc_profile", "nodata", "duration", *chunks.COLORS}  # kept even when metadata is stripped


def collect_metadata(
    image: Image.Image, stream: IO[bytes], kind: str, notes: list[str]
) -> tuple[dict[str, Any], int]:
    """Return the metadata of an opened file, by the keys of KEPT, and the photo's orientation."""
    if kind == "PNG":  # its texts are mixed with the other keys, under any name
        png_metadata.remove_texts(image.info)
    given = dict(image.info)
    kept = {key: given[key] for key in ("icc_profile", "xmp", "comment") if isinstance(given.get(key), bytes)}
    exif = _stored_exif(image, kind, notes)
    turn = None
    if exif:
        from .exif import clean_exif

        size = (given["stored"].width, given["stored"].height) if "stored" in given else image.size
        kept["exif"], turn = clean_exif(exif, notes, size)
    if "xmp" in kept:
        from . import xmp

        turn = turn or xmp.read_orientation(kept["xmp"])
        if kind != "JPEG":
            kept["xmp"] = xmp.clean_xmp(kept["xmp"], turn, notes)
    turn = turn or 1
    kept |= _read_resolution(given)
    kept |= COLLECTORS.get(kind, _collect_nothing)(image, stream, {**given, **kept, "exif": exif, "turn": turn}, notes)
    if kept.get("icc_profile") and not is_profile(kept["icc_profile"]):
        kept["icc_profile"] = None
        add_note(notes, "color profile not kept: it cannot be read")
    for key in ("dpi", "density"):
        if kept.get(key) and turn > 4:
            kept[key] = kept[key][::-1]
    return {key: value for key, value in kept.items() if value or value == 0}, turn


def _collect_nothing(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    return {}


def _collect_jpeg(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Return the segments of a JPEG file, its resolution, and how it is coded."""
    from . import jpeg_metadata
    from .jpeg import read_coding

    stream.seek(0)
    data = stream.read()
    kept = jpeg_metadata.collect_segments(data, given["turn"], notes, counted=image.format == "MPO")
    kept |= {"dpi": None, "density": None} | (jpeg_metadata.read_density(data) or _exif_resolution(given["exif"]))
    kept["coding"] = read_coding(image, given["turn"])
    if not given.get("icc_profile") and jpeg_metadata.has_profile(data):
        add_note(notes, "color profile not kept: it cannot be read")
    return kept


def _collect_png(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    kept, lost = chunks.select_chunks(stream, png_metadata.known_texts(image.info))
    for name in lost:
        add_note(notes, f"{name} not kept")
    if not given.get("icc_profile") and png_metadata.has_chunk(stream, b"iCCP"):
        add_note(notes, "color profile not kept: it cannot be read")
    stream.seek(chunks.png_end(stream))
    _note_rest(stream, notes)
    aspect = given.get("aspect")
    return {"chunks": png_metadata.clean_chunks(kept, notes), "default_image": given.get("default_image"),
            "duration": given.get("duration"), "plays": given.get("loop"),
            "density": (float(aspect[0]), float(aspect[1])) if aspect and all(aspect) else None}


def _note_rest(stream: IO[bytes], notes: list[str]) -> None:
    """Note data that follows a photo, except padding and further photos."""
    rest = stream.read()
    if rest.strip(b"\0\r\n") and not rest.startswith(chunks.SIGNATURE):
        add_note(notes, "data behind the photo not kept")


def _collect_webp(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    names = list(chunks.webp_chunks(stream))
    for name in [name for name in names if name not in chunks.RIFF_KNOWN]:
        add_note(notes, f"chunk {name.decode('latin-1')} not kept")
    stream.seek(chunks.webp_end(stream))
    _note_rest(stream, notes)
    return {"lossless": b"VP8L" in names, "plays": given.get("loop"), "duration": given.get("duration")}


def _collect_gif(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Convert GIF's number of repetitions to the number of times the animation is played."""
    from .gif import list_applications

    loop, comment = given.get("loop"), given.get("comment")
    place = stream.tell()
    for name in list_applications(stream):
        add_note(notes, f"extension {name!r} not kept")
    stream.seek(place)
    if isinstance(comment, bytes):
        from .pictures import has_picture
        from .xmp import describe_removed

        if has_picture(comment):
            comment = None
            add_note(notes, describe_removed("preview in a comment"))
    return {"plays": 1 if loop is None else loop and loop + 1, "duration": given.get("duration"), "comment": comment}


def _collect_tiff(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Note what Pillow does not read of a page."""
    if getattr(image, "tag_v2", {}).get(277) == 4 and image.mode == "RGB":
        add_note(notes, "fourth channel of unknown meaning not kept")
    stored = given["stored"]._replace(turn=given["turn"]) if "stored" in given else None
    return {"dpi": None, "density": None, **_exif_resolution(given["exif"]), "stored": stored,
            "page_kind": given.get("page_kind") or None, "nodata": given.get("nodata")}


def _collect_bmp(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    stream.seek(0)
    if re.match(BMP_PROFILE, stream.read(74)):
        notes.append("color profile not kept: it is not read from BMP")
    return {}


def _collect_ppm(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    stream.seek(0)
    if re.match(PPM_COMMENT, stream.read(4096)):
        notes.append("comment not kept")
    return {}


def _collect_heif(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    from .heif_boxes import collect_heif

    return collect_heif(image, stream, given, notes)


# Metadata that only some formats have.
COLLECTORS = {"BMP": _collect_bmp, "PPM": _collect_ppm, "JPEG": _collect_jpeg, "PNG": _collect_png,
              "WEBP": _collect_webp, "GIF": _collect_gif, "TIFF": _collect_tiff,
              "AVIF": _collect_heif, "HEIF": _collect_heif}


def _exif_resolution(exif: bytes | None) -> dict[str, Any]:
    """Return the resolution that EXIF states, under the key of its unit."""
    if not exif:
        return {}
    from .exif import read_resolution

    stated = read_resolution(exif)
    return dict([stated] if stated else [])


def _read_resolution(given: dict[Any, Any]) -> dict[str, Any]:
    """Return the resolution that Pillow has read; it reads 1 from a TIFF file that states none."""
    dpi = given.get("dpi")
    if not (isinstance(dpi, tuple) and len(dpi) == 2 and all(0 < side < float("inf") for side in dpi)):
        return {}
    return {"dpi": (float(dpi[0]), float(dpi[1]))} if dpi != (1, 1) else {}


def _stored_exif(image: Image.Image, kind: str, notes: list[str]) -> bytes:
    """Return EXIF as it is stored, b"" if there is none. The readers of TIFF put it into `info`."""
    given = image.info.get("exif")
    if isinstance(given, bytes):
        return given.removeprefix(EXIF_PREFIX)
    if kind == "PNG" and "Raw profile type exif" in image.info:
        return png_metadata.decode_exif(image.info["Raw profile type exif"], notes)
    return b""


def fit_metadata(
    info: dict[Any, Any], kind: Format, mode: str, size: tuple[int, int], notes: list[str], strip: bool
) -> dict[str, Any]:
    """Return the metadata that a format can hold, and add a note for the rest."""
    stride: tuple[int, int] = info.get("stride", (1, 1))
    offset, stored = info.get("offset", (0.0, 0.0)), info.get("stored")
    info = {key: info[key] for key in KEPT if info.get(key)}
    if strip:
        _strip_metadata(info)
    _update_metadata(info, size, stride, notes)
    if "exif" in info and stored:
        from .descriptions import Result
        from .tiff_tables import update_tiff_entries

        info["exif"] = update_tiff_entries(info["exif"], stored, Result(size, mode, stride, offset), notes)
        info = {key: value for key, value in info.items() if value}
    stated = "exif" in kind.keeps and _exif_resolution(info.get("exif"))
    for key in [key for key in info if key not in kind.keeps]:
        for name in _describe(key, info.pop(key)) if key not in ("dpi", "density") or not stated else []:
            add_note(notes, f"{name} not kept: {kind.name} cannot hold it")
    for key in [key for key, most in kind.most.items() if len(info.get(key, b"")) > most]:
        add_note(notes, f"{KEPT[key]} not kept: {kind.name} cannot hold more than {kind.most[key]:,} bytes of it, "
                        f"got {len(info.pop(key)):,}")
    profile = info.get("icc_profile")
    if profile and profile[16:20] != PROFILES.get(mode.split()[0], b"RGB "):
        del info["icc_profile"]
        add_note(notes, "color profile not kept: it is for another color space")
    return info


def _strip_metadata(info: dict[str, Any]) -> None:
    """Remove everything but what defines the colors."""
    info["chunks"] = [chunk for chunk in info.get("chunks", []) if chunk[0] in ABOUT_COLORS]
    exif = info.get("exif")
    for key in [key for key in info if key not in ABOUT_COLORS and key != "chunks"]:
        del info[key]
    if exif and not info.get("icc_profile"):
        from .exif import keep_color_space

        exif = keep_color_space(exif)
        if exif:
            info["exif"] = exif


def _update_metadata(info: dict[str, Any], size: tuple[int, int], stride: tuple[int, int], notes: list[str]) -> None:
    """State the size of the result, and divide the resolution by the strides (down, across)."""
    if "exif" in info:
        from .exif import update_exif

        info["exif"] = update_exif(info["exif"], size, stride, notes)
    if "xmp" in info:
        from .xmp import update_xmp

        info["xmp"] = update_xmp(info["xmp"], size, stride, notes)
    for key in ("exif", "xmp"):
        if not info.get(key, True):
            del info[key]
    for key in ("dpi", "density"):
        if key in info:
            info[key] = info[key][0] / stride[1], info[key][1] / stride[0]
    if "segments" in info:
        from .jpeg_metadata import update_segments

        info["segments"] = update_segments(info["segments"], size, stride, notes)


def _describe(key: str, value: Any) -> list[str]:
    if key != "chunks":
        return [KEPT[key]]
    return [chunks.describe_chunk(chunk) for chunk in value if chunk[0] != b"sRGB"]  # sRGB is the default anyway
