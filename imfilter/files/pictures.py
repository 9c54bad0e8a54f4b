"""Find pictures within other data, as previews within maker notes are, and blank them."""
from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# The start of a JPEG file; Minolta stores another first byte.
START = re.compile(rb"(?s).\xd8\xff[\xc0-\xcf\xdb\xdd\xe0-\xef\xfe]")
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xae\x42\x60\x82"
# The starts of other pictures, and which of their bytes are the length of what follows, if any: WebP, GIF, JPEG 2000,
# JPEG XL, AVIF and HEIC. A picture without a length reaches to the end.
OTHERS = re.compile(rb"(?s)RIFF(?P<riff>....)WEBP|GIF8[79]a(?=....[\x80-\xff])|\xff\x4f\xff\x51\0|"
                    rb"\0\0\0\x0cJXL \r\n\x87\n|\0\0\0\x0cjP  \r\n\x87\n|"
                    rb"\0\0\0.ftyp(?:avif|avis|heic|heix|mif1|msf1)")
# Base64 of a JPEG, PNG or WebP file, with line breaks as XML writes them.
ENCODED = re.compile(rb"(?:/9j/|iVBORw0KGgo|UklGR)(?:[A-Za-z0-9+/=\s]|&#x?[0-9A-Fa-f]{1,4};){64,}")
MARKER = re.compile(rb"\xff[^\0\xff\xd0-\xd7]")
SCAN, END = 0xDA, 0xD9
ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def end_of_jpeg(data: bytes, start: int, failed: set[int] | None = None) -> int | None:
    """Return the place after the JPEG file that starts there, or None if it does not end.

    failed: places of markers from which no end is reached; it saves reading them again.
    """
    place, failed = start + 2, set() if failed is None else failed
    while place + 2 <= len(data) and place not in failed:
        failed.add(place)
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == END:
            return place + 2
        if marker == 0xFF:
            place += 1
            continue
        if marker in ALONE:
            place += 2
            continue
        if place + 4 > len(data):
            return None
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]
        if marker == SCAN:
            place = _end_of_scan(data, place)
    return None


def _end_of_scan(data: bytes, place: int) -> int:
    """Return the place of the next marker that is not part of compressed samples."""
    found = MARKER.search(data, place)
    return found.start() if found else len(data)


def find_pictures(value: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of the pictures within data; one that is cut off reaches to the end."""
    yield from _find_jpeg(value)
    place = 0
    while (start := value.find(PNG_START, place)) >= 0:
        end = value.find(PNG_END, start)
        place = len(value) if end < 0 else end + len(PNG_END)
        yield start, place
    place = 0
    while other := OTHERS.search(value, place):
        length = other["riff"]
        place = other.start() + 8 + int.from_bytes(length, "little") if length else len(value)
        place = max(min(place, len(value)), other.end())
        yield other.start(), place
    for found in ENCODED.finditer(value):
        yield found.span()


def _find_jpeg(value: bytes) -> Iterator[tuple[int, int]]:
    place, failed = 0, set[int]()
    while found := START.search(value, place):
        start = found.start()
        end = end_of_jpeg(value, start, failed)
        if end is None and value[start] == 0xFF:
            end = len(value)
        if end is not None:
            yield start, end
        place = end or start + 1


def blank_pictures(value: bytes) -> bytes | None:
    """Return a value of the same length whose pictures are zeros, or None if it has none.

    Examples
    --------
    >>> blank_pictures(b"note \\xff\\xd8\\xff\\xfe\\0\\x02\\xff\\xd9 end")
    b'note \\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00 end'
    """
    out = bytearray(value)
    for start, end in find_pictures(value):
        out[start:end] = bytes(end - start)
    return None if out == value else bytes(out)


def has_picture(data: bytes) -> bool:
    """Return whether a picture is within the data."""
    return next(find_pictures(data), None) is not None
