"""The metadata of JPEG files: segments as raw bytes, without those that show or certify the old pixels."""
from __future__ import annotations

import struct
from typing import Any

from .photo import EXIF_PREFIX, add_note
from .pictures import end_of_jpeg, has_picture
from .xmp import FILM, GAIN, NOTE, SIGNATURE, clean_xmp, describe_removed, edit_xmp

XMP, EXTENDED = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
PHOTOSHOP = b"Photoshop 3.0\0"
GUID = 32  # hexadecimal digits of the MD5 of an extended XMP; lengths of 8 bytes follow
MOST = 65533  # bytes of a segment
SCAN, COMMENT = 0xDA, 0xFE
THUMBNAIL, THERMAL = "thumbnail", "thermal image"
# Segments that are written anew, by number and start.
WRITTEN = ((0, b"JFIF\0"), (1, EXIF_PREFIX), (1, XMP), (2, b"ICC_PROFILE\0"), (14, b"Adobe"))
# Segments that belong to the old pixels.
OLD = ((0, b"JFXX\0", THUMBNAIL), (2, b"MPF\0", ""), (2, b"urn:iso:std:iso:ts:21496", GAIN),
       (11, b"JP", SIGNATURE), (11, b"HDR_RI", "HDR residual"), (1, b"FLIR\0", THERMAL), (1, b"PARROT\0", THERMAL),
       (2, b"IJPEG\0", THERMAL), (8, b"SPIFF\0", "SPIFF header"))
# Numbers of segments in which cameras store samples without a header, and the bytes that are enough for a thumbnail.
RAW, ENOUGH = range(0xE3, 0xE9), 2**15
Segment = tuple[int, bytes]


def read_segments(data: bytes) -> list[Segment]:
    """Return the segments before the pixels, as marker (0xE0 for APP0) and data."""
    place, found = 2, []
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != SCAN:
        if data[place + 1] == 0xFF:
            place += 1
            continue
        size = int.from_bytes(data[place + 2:place + 4], "big")
        found.append((data[place + 1], data[place + 4:place + 2 + size]))
        place += 2 + size
    return found


def join_segments(segments: list[Segment]) -> bytes:
    """Return segments as they are stored in a file."""
    return b"".join(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)


def collect_segments(data: bytes, turn: int, notes: list[str], *, counted: bool = False) -> dict[str, Any]:
    """Return the metadata of a JPEG file beside EXIF: xmp, comment, and the segments of other programs.

    turn: the orientation the photo had. counted: whether the images behind it are in the notes already.
    """
    comments, other, xmp = list[bytes](), list[Segment](), list[bytes]()
    for marker, content in read_segments(data):
        number = marker - 0xE0
        if marker == COMMENT and has_picture(content):
            add_note(notes, describe_removed("preview in a comment"))
        elif marker == COMMENT:
            comments.append(content)
        elif content.startswith(XMP) and number == 1:
            xmp.append(content.removeprefix(XMP))
        elif 0 <= number < 16 and not _is_known(number, content, notes):
            other.append((marker, content))
    if len(xmp) > 1:
        add_note(notes, "second XMP not kept")
    main = clean_xmp(xmp[0], turn, notes) if xmp else b""
    other, main = _clean_extended(other, main, notes)
    other = _clean_photoshop(_drop_pictures(other, notes), turn, notes)
    _describe_rest(data, notes, counted)
    return {"xmp": main, "comment": b"\n".join(comments), "segments": join_segments(other)}


def read_density(data: bytes) -> dict[str, Any]:
    """Return "dpi" or "density", the resolution (across, down) of the JFIF header, and whether it is "metric"."""
    for marker, content in read_segments(data):
        if marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) >= 12:
            unit, across, down = struct.unpack_from(">BHH", content, 7)
            if not across or not down or unit > 2 or (unit, across, down) == (0, 1, 1):
                return {}
            scale = 2.54 if unit == 2 else 1.0
            return {"dpi" if unit else "density": (across * scale, down * scale), "metric": unit == 2}
    return {}


def has_profile(data: bytes) -> bool:
    """Return whether there are parts of a color profile, complete or not."""
    return any(marker == 0xE2 and content.startswith(b"ICC_PROFILE\0") for marker, content in read_segments(data))


def _is_known(number: int, content: bytes, notes: list[str]) -> bool:
    """Return whether a segment is written anew, or belongs to the old pixels, which is noted."""
    if number == 0 and content.startswith(b"JFIF\0") and len(content) > 14:
        add_note(notes, describe_removed(THUMBNAIL))
    for known, start, what in OLD:
        if number == known and content.startswith(start):
            if what:
                add_note(notes, describe_removed(what))
            return True
    return any(number == known and content.startswith(start) for known, start in WRITTEN)


def _drop_pictures(segments: list[Segment], notes: list[str]) -> list[Segment]:
    """Leave out previews, which may take several segments of one number."""
    for marker in {marker for marker, _ in segments}:
        own = [content for other, content in segments if other == marker and not content.startswith(PHOTOSHOP)]
        if has_picture(b"".join(own)) or any(map(has_picture, own)):
            add_note(notes, f"preview in segment APP{marker - 0xE0} not kept: it shows the photo before the filter")
            segments = [one for one in segments if one[0] != marker or one[1].startswith(PHOTOSHOP)]
        elif marker in RAW and sum(map(len, own)) >= ENOUGH:
            add_note(notes, f"data in segment APP{marker - 0xE0} not kept: it may show the photo before the filter")
            segments = [one for one in segments if one[0] != marker]
    return segments


def _clean_photoshop(segments: list[Segment], turn: int, notes: list[str]) -> list[Segment]:
    resources = _photoshop(segments)
    if not resources:
        return segments
    from .photoshop import clean_resources

    return _change_photoshop(segments, clean_resources(resources, notes, turn))


def _photoshop(segments: list[Segment]) -> bytes:
    """Return Photoshop's resources, which may take several segments."""
    return b"".join(content.removeprefix(PHOTOSHOP) for marker, content in segments
                    if marker == 0xED and content.startswith(PHOTOSHOP))


def _change_photoshop(segments: list[Segment], resources: bytes) -> list[Segment]:
    if resources == _photoshop(segments):
        return segments
    step = MOST - len(PHOTOSHOP)
    others = [one for one in segments if not (one[0] == 0xED and one[1].startswith(PHOTOSHOP))]
    return others + [(0xED, PHOTOSHOP + resources[k:k + step]) for k in range(0, len(resources), step)]


def update_segments(data: bytes, size: tuple[int, int], stride: tuple[int, int], notes: list[str]) -> bytes:
    """Set the size in Photoshop's segments, and divide the resolution by the strides (down, across)."""
    from .photoshop import update_resources

    segments = read_segments(b"\xff\xd8" + data)
    return join_segments(_change_photoshop(segments, update_resources(_photoshop(segments), size, stride, notes)))


def _clean_extended(segments: list[Segment], xmp: bytes, notes: list[str]) -> tuple[list[Segment], bytes]:
    """Clean the XMP that takes several segments, and store the new checksum in the main XMP."""
    parts = [content for marker, content in segments if marker == 0xE1 and content.startswith(EXTENDED)]
    head = len(EXTENDED) + GUID + 8
    whole = b"".join(part[head:] for part in sorted(parts, key=lambda part: part[head - 4:head]))
    clean = edit_xmp(whole, {}, notes) if whole else b""
    if clean == whole:
        return segments, xmp
    import hashlib  # few photos have XMP this long

    guid = hashlib.md5(clean, usedforsecurity=False).hexdigest().upper().encode()
    start, step = EXTENDED + guid + struct.pack(">I", len(clean)), MOST - head
    others = [one for one in segments if not (one[0] == 0xE1 and one[1].startswith(EXTENDED))]
    pieces = [(0xE1, start + struct.pack(">I", k) + clean[k:k + step]) for k in range(0, len(clean), step)]
    return others + pieces, edit_xmp(xmp, {(NOTE, b"HasExtendedXMP"): guid}, notes)


def _describe_rest(data: bytes, notes: list[str], counted: bool) -> None:
    """Note what follows the photo: films, gain maps, and other images."""
    end = end_of_jpeg(data, 0) or len(data)
    rest = data[end:]
    if b"ftyp" in rest:
        add_note(notes, describe_removed(FILM))
    if b"\xff\xd8\xff" in rest and not counted:
        add_note(notes, "images behind the photo (gain map, depth map or preview) not kept")
    elif rest.strip(b"\0\r\n") and not (counted or b"ftyp" in rest):
        add_note(notes, "data behind the photo not kept")


def set_density(data: bytes, key: str, sides: tuple[float, float], metric: bool, notes: list[str]) -> bytes:
    """Return a JPEG file whose JFIF header states a resolution.

    key: "dpi", or "density" if it has no unit. metric: whether the source states it per centimeter.
    """
    unit, stored = _choose_unit(key, sides, metric)
    jfif = data[6:11] == b"JFIF\0"
    cmyk = any(0xC0 <= marker <= 0xC2 and content[5] == 4 for marker, content in read_segments(data))
    if not all(0 < side < 2**16 for side in stored) or not (jfif or cmyk):  # a JFIF header says that RGB is YCbCr
        add_note(notes, "resolution not kept: JPEG cannot hold it")
        return data
    scale = 2.54 if unit == 2 else 1
    if any(abs(one * scale / side - 1) > 0.005 for one, side in zip(stored, sides, strict=True)):
        add_note(notes, f"resolution rounded to {stored[0]} x {stored[1]}: JPEG cannot hold it exactly")
    header = struct.pack(">BHH", unit, *stored)
    if jfif:
        return data[:13] + header + data[18:]
    return data[:2] + join_segments([(0xE0, b"JFIF\0\1\1" + header + b"\0\0")]) + data[2:]


def _choose_unit(key: str, sides: tuple[float, float], is_metric: bool) -> tuple[int, tuple[int, int]]:
    """Return JFIF's unit and the rounded sides: pixels per inch or centimeter, whichever is more exact."""
    if key == "density":
        whole = all(side == round(side) < 2**16 for side in sides)
        from fractions import Fraction

        ratio = Fraction(sides[0] / sides[1]).limit_denominator(65535)
        return 0, (round(sides[0]), round(sides[1])) if whole else (ratio.numerator, ratio.denominator)
    metric = (sides[0] / 2.54, sides[1] / 2.54)
    errors = [max(abs(side - round(side)) / side for side in given) for given in (sides, metric)]
    chosen = metric if errors[1] + 1e-9 < errors[0] or (is_metric and errors[1] < 1e-9) else sides
    return 1 if chosen is sides else 2, (round(chosen[0]), round(chosen[1]))
