"""The boxes of AVIF and HEIC files (ISO 14496-12, 23008-12): what they hold beside the photo."""
from __future__ import annotations

import struct
from collections.abc import Iterator

CONTENT_CREDENTIALS = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the identifier of C2PA
FULL = {b"meta": 4, b"iref": 4, b"iinf": 6}  # bytes before the boxes within a box; 8 in later versions of the last
NESTED = (b"iprp", b"ipco", b"meta", b"iref", b"iinf")
ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
AUXILIARY = {b"hdrgainmap": "gain map", b"depth": "depth map", b"hevc:2015:auxid:2": "depth map"}
DEEPEST = 4


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
