"""Find JPEG pictures within other data, as previews within maker notes are, and blank them."""
from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# The start of a JPEG file; Minolta stores another first byte.
START = re.compile(rb"(?s).\xd8\xff[\xc0-\xcf\xdb\xdd\xe0-\xef\xfe]")
MARKER = re.compile(rb"\xff[^\0\xff\xd0-\xd7]")
SCAN, END = 0xDA, 0xD9
ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def end_of_jpeg(data: bytes, start: int) -> int | None:
    """Return the place after the JPEG file that starts there, or None if it does not end."""
    place = start + 2
    while place + 2 <= len(data):
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
    """Yield the start and the end of the JPEG pictures within data; one that is cut off reaches to the end."""
    place = 0
    while found := START.search(value, place):
        start = found.start()
        end = end_of_jpeg(value, start)
        if end is None and value[start] == 0xFF:
            end = len(value)
        if end is not None:
            yield start, end
        place = end or start + 1


def blank_pictures(value: bytes) -> bytes | None:
    """Return a value of the same length whose JPEG pictures are zeros, or None if it has none."""
    out = bytearray(value)
    for start, end in find_pictures(value):
        out[start:end] = bytes(end - start)
    return None if out == value else bytes(out)


def has_picture(data: bytes) -> bool:
    """Return whether a JPEG or PNG picture is within the data."""
    return b"\x89PNG\r\n\x1a\n" in data or next(find_pictures(data), None) is not None
