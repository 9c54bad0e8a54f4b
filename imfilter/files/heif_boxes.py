"""The boxes of AVIF and HEIC files (ISO 14496-12, 23008-12): what they hold beside the photo."""
from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image

from ..errors import FileError
from .photo import add_note
from .xmp import describe_removed

CONTENT_CREDENTIALS = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the identifier of C2PA
FULL = {b"meta": 4, b"iref": 4, b"iinf": 6}  # bytes before the boxes within a box; 8 in later versions of the last
NESTED = (b"iprp", b"ipco", b"meta", b"iref", b"iinf")
ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
AUXILIARY = {b"hdrgainmap": "gain map", b"depth": "depth map", b"hevc:2015:auxid:2": "depth map"}
DEEPEST = 4
HIGH_DEPTH, TWELVE_BITS = 0x40, 0x20  # flags in an AVIF file's description of its coding


def describe_extras(data: bytes) -> list[str]:
    """Return what a file holds that shows, fits or certifies the photo before a filter."""
    found = []
    for kind, content in _walk(data, 0):
        if kind == b"uuid" and content.startswith(CONTENT_CREDENTIALS):
            found.append("signature")
        elif kind == b"thmb":
            found.append("thumbnail")
        elif kind == b"infe" and b"tmap" in content[:16]:
            found.append("gain map")
        elif kind == b"auxC" and not content[4:].startswith(ALPHA):
            found.append(next((name for end, name in AUXILIARY.items() if end in content), "auxiliary image"))
        elif kind == b"jumb" and b"c2pa" in content[:64]:
            found.append("signature")
    return list(dict.fromkeys(found))


def _walk(data: bytes, depth: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the content of each box, and of those within."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1 and place + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, place + 8)[0], 16
        size = size or len(data) - place
        if size < head:
            return
        content = data[place + head:place + size] if kind != b"mdat" else b""
        yield kind, content
        if kind in NESTED and depth < DEEPEST:
            later = 2 * (kind == b"iinf" and content[:1] != b"\0")
            yield from _walk(content[FULL.get(kind, 0) + later:], depth + 1)
        place += size


def collect_heif(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Note what Pillow does not read of an AVIF or HEIC file; refuse samples that it would reduce to 8 bits."""
    depth = given.get("bit_depth") or _read_avif_depth(stream)
    if depth > 8:
        raise FileError(f"has colors of {depth} bits, of which 8 would be read: convert it to 16-bit PNG or TIFF")
    stream.seek(0)
    for what in describe_extras(stream.read()):
        add_note(notes, describe_removed(what))
    if given.get("depth_images"):
        add_note(notes, "depth images not kept")
    if given.get("aux"):
        add_note(notes, f"auxiliary images not kept: {', '.join(map(str, given['aux']))}")
    return {"plays": 0, "duration": given.get("duration")}


def _read_avif_depth(stream: IO[bytes]) -> int:
    """Return the bits of a sample of an AVIF file."""
    stream.seek(0)
    _, found, coding = stream.read(2**16).partition(b"av1C")
    flags = coding[2] if found and len(coding) > 2 else 0
    return 8 if not flags & HIGH_DEPTH else 12 if flags & TWELVE_BITS else 10
