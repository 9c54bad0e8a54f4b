"""Previews within maker notes, given by tables of the makers: blank them, whatever their format is."""
from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from .tables import SIZES, Entry

# The starts of notes, where their table is, and whether its offsets count from the beginning of the note: else they
# count from the header of EXIF. Nikon and Fujifilm state where the table is.
LAYOUTS = (
    (b"OLYMPUS\0", 12, True), (b"OM SYSTEM\0", 16, True), (b"OLYMP\0", 8, False), (b"EPSON\0", 8, False),
    (b"MINOL\0", 8, False), (b"CAMER\0", 8, False), (b"SANYO\0", 8, False), (b"AGFA", 8, False), (b"SONY ", 12, False),
    (b"PENTAX \0", 10, True), (b"AOC\0", 6, False), (b"Panasonic\0", 12, False), (b"LEICA", 8, False),
    (b"LEICA CAMERA AG\0", 18, False), (b"QVC\0", 6, False), (b"DCI\0", 6, False), (b"Ricoh", 8, False),
    (b"RICOH", 8, False), (b"Apple iOS\0", 14, True), (b"SIGMA\0", 10, False), (b"FOVEON\0", 10, False),
    (b"KYOCERA", 22, True), (b"ISLMAKERNOTE", 8, True), (b"Nikon\0\1", 8, False))
# Tags with the place and the length of a preview: strips, thumbnails, Olympus and Minolta, Olympus' camera settings,
# Casio and Pentax.
PLACES = ((0x0111, 0x0117), (0x0201, 0x0202), (0x0088, 0x0089), (0x0101, 0x0102), (0x0004, 0x0003))
# Tags whose value is a preview: Olympus, Minolta, Sony and Casio, Leica.
DATA = (0x0081, 0x0100, 0x2000, 0x2001, 0x0300)
# Tags of tables within the table, by the start of the note: previews, and settings that contain them.
TABLES = ((b"Nikon", (0x0011,)), (b"OLYMP", (0x2010, 0x2020)), (b"OM SYSTEM", (0x2010, 0x2020)), (b"", (0x0035,)))
LENGTHS = (0x0117, 0x0202)  # which may have 16 bits; other makers store settings of 16 bits under the tags of PLACES
LEAST = 512  # bytes of a preview that is a value: smaller values under the same tags are settings
MOST = 512  # entries of a table
DEEPEST = 2


class _Note(NamedTuple):
    """A maker note. base: what offsets count from, as a place in the note, which may be negative."""

    value: bytes
    order: str
    base: int


def blank_previews(entry: Entry, order: str) -> bytes | None:
    """Return the value of a maker note whose previews are zeros, or None if it has none that tables give.

    Examples
    --------
    >>> table = struct.pack("<HHHII", 1, 0x2001, 7, 600, 136) + bytes(4)
    >>> note = Entry(0x927C, 7, 718, table + bytes(100) + b"p" * 600, 18)
    >>> blank_previews(note, "<") == table + bytes(700)
    True
    """
    out = bytearray(entry.value)
    for start, end in _find_previews(entry, order):
        start, end = max(start, 0), min(end, len(out))
        out[start:end] = bytes(max(end - start, 0))
    return None if out == entry.value else bytes(out)


def _find_previews(entry: Entry, order: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each preview in the note."""
    value, place, own = entry.value, 0, False
    if value.startswith(b"Nikon\0\2"):
        order, place, base = _read_order(value, 10, order), 18, 10
    elif value.startswith((b"FUJIFILM", b"GENERALE")):
        order, place, base = "<", int.from_bytes(value[8:12], "little"), 0
    else:
        # The longest start that fits: some begin alike.
        fitting = [layout for layout in LAYOUTS if value.startswith(layout[0])]
        _, place, own = max(fitting, key=lambda layout: len(layout[0]), default=(b"", 0, False))
        order = _guess_order(value, place, order)
        base = 0 if own else -entry.place
    yield from _read_table(_Note(value, order, base), place, 0)


def _read_order(value: bytes, place: int, order: str) -> str:
    return {b"II": "<", b"MM": ">"}.get(value[max(place, 0):max(place, 0) + 2], order)


def _guess_order(value: bytes, place: int, order: str) -> str:
    """Return the byte order in which there is a table at a place, the given one if both or none are possible."""
    for code in (order, "<", ">"):
        if place + 6 <= len(value):
            count, _, kind = struct.unpack_from(code + "HHH", value, place)
            if count <= MOST and kind in SIZES:
                return code
    return order


def _read_table(note: _Note, place: int, depth: int) -> Iterator[tuple[int, int]]:
    order, value = note.order, note.value
    if not 0 <= place <= len(value) - 2:
        return
    count = min(struct.unpack_from(order + "H", value, place)[0], MOST)
    numbers: dict[int, tuple[int, ...]] = {}
    tables = next(tags for start, tags in TABLES if value.startswith(start))
    for at in range(place + 2, min(place + 2 + 12 * count, len(value) - 11), 12):
        tag, kind, many = struct.unpack_from(order + "HHI", value, at)
        size = SIZES.get(kind, 0) * many
        pointer = note.base + struct.unpack_from(order + "I", value, at + 8)[0]
        start = pointer if size > 4 else at + 8
        if tag in DATA and kind in (1, 6, 7) and size >= LEAST:
            yield start, start + size
        if tag in tables and kind in (4, 7, 13) and depth < DEEPEST:
            yield from _read_table(note, pointer, depth + 1)
        if (kind == 4 or (kind == 3 and tag in LENGTHS)) and start >= 0 and start + size <= len(value):
            numbers[tag] = struct.unpack_from(f"{order}{many}{'HI'[kind == 4]}", value, start)
    for place_tag, length_tag in PLACES:
        for start, size in zip(numbers.get(place_tag, ()), numbers.get(length_tag, ()), strict=False):
            yield from [(note.base + start, note.base + start + size)] if size >= LEAST else []
