"""Check color profiles (ICC): whether their header and their table of tags can be read."""
from __future__ import annotations

import struct

HEADER, ENTRY = 128, 12  # bytes


def is_profile(data: bytes) -> bool:
    """Return whether a color profile is whole: its signature, its length, and the places of its tags.

    Examples
    --------
    >>> is_profile(b"not a profile")
    False
    """
    if len(data) < HEADER + 4 or data[36:40] != b"acsp":
        return False
    size, = struct.unpack_from(">I", data)
    count, = struct.unpack_from(">I", data, HEADER)
    table = HEADER + 4 + ENTRY * count
    if not table <= size <= len(data):
        return False
    places = (struct.unpack_from(">II", data, at + 4) for at in range(HEADER + 4, table, ENTRY))
    return all(place + length <= size for place, length in places)
