"""TIFF tables byte for byte, in TIFF files and in EXIF: made by hand, and read by a reader of the tests' own."""
import struct

import awkward
import numpy as np

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
POINTERS = (0x8769, 0x8825, 0xA005)
NOTE = 37500  # the maker note


def table(order, entries, place, after=0):
    """Return a directory at a place: entries (tag, type, bytes or (function of a place, which returns a table))."""
    head, behind = struct.pack(order + "H", len(entries)), b""
    start = place + 6 + 12 * len(entries)
    for tag, kind, value in entries:
        if callable(value):
            value, more = struct.pack(order + "I", start + len(behind)), value(start + len(behind))
            behind += more + bytes(len(more) % 2)
        count = len(value) // SIZES[kind]
        if len(value) > 4:
            value, more = struct.pack(order + "I", start + len(behind)), value
            behind += more + bytes(len(more) % 2)
        head += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    return head + struct.pack(order + "I", after) + behind


def block(order, entries, second=None):
    """Return EXIF. second: entries of the second directory, of the thumbnail."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    if second is None:
        return head + table(order, entries, 8)
    after = 8 + len(table(order, entries, 8))
    return head + table(order, entries, 8, after) + table(order, second, after)


def entries_of(data, order=None, place=None, at=()):
    """Yield (path of tags, type, bytes) of every entry of EXIF, and ("next", ...) for a second directory."""
    order = order or {b"II": "<", b"MM": ">"}[data[:2]]
    place = place or struct.unpack_from(order + "I", data, 4)[0]
    count, = struct.unpack_from(order + "H", data, place)
    for k in range(count):
        tag, kind, number = struct.unpack_from(order + "HHI", data, place + 2 + 12 * k)
        value = place + 10 + 12 * k
        if SIZES[kind] * number > 4:
            value, = struct.unpack_from(order + "I", data, value)
        raw = data[value:value + SIZES[kind] * number]
        if tag in POINTERS:
            yield from entries_of(data, order, struct.unpack(order + "I", raw)[0], (*at, tag))
        else:
            yield (*at, tag), kind, raw
    after, = struct.unpack_from(order + "I", data, place + 2 + 12 * count)
    if after:
        yield from entries_of(data, order, after, ("next",))


def exif_of(data):
    """Return the EXIF block of a JPEG, PNG or WebP file."""
    if data.startswith(b"\x89PNG"):
        return dict(awkward.png_chunks(data))[b"eXIf"]
    if data.startswith(b"RIFF"):
        place = 12
        while data[place:place + 4] != b"EXIF":
            size, = struct.unpack_from("<I", data, place + 4)
            place += 8 + size + size % 2
        return data[place + 8:place + 8 + struct.unpack_from("<I", data, place + 4)[0]]
    start = data.index(b"Exif\0\0")
    return data[start + 6:start - 2 + struct.unpack_from(">H", data, start - 2)[0]]


def with_exif(suffix, data, image=None):
    """Return a file with an EXIF block."""
    image = image or awkward.photo(size=(16, 8))
    if suffix == ".jpg":
        plain = awkward.encoded(image, "JPEG")
        return plain[:20] + b"\xff\xe1" + struct.pack(">H", len(data) + 8) + b"Exif\0\0" + data + plain[20:]
    if suffix == ".png":
        plain = awkward.encoded(image, "PNG")
        return plain[:33] + awkward.chunk(b"eXIf", data) + plain[33:]
    return awkward.encoded(image, "WEBP", exif=data, lossless=True)


def make_tiff(order, entries, children=None, shape=(20, 30), note=b"", at=0, extra=()):
    """Return a gray TIFF file made by hand. children: entries by the tag that points to them. at: of the maker note."""
    height, width = shape
    pixels = np.arange(height * width).astype("u1").tobytes()
    own = {256: (4, 1, struct.pack(order + "I", width)), 257: (4, 1, struct.pack(order + "I", height)),
           258: (3, 1, struct.pack(order + "H", 8)), 259: (3, 1, struct.pack(order + "H", 1)),
           262: (3, 1, struct.pack(order + "H", 1)), 273: (4, 1, struct.pack(order + "I", 8)),
           277: (3, 1, struct.pack(order + "H", 1)), 278: (4, 1, struct.pack(order + "I", height)),
           279: (4, 1, struct.pack(order + "I", len(pixels)))}
    data = bytearray({"<": b"II*\0", ">": b"MM\0*"}[order] + bytes(4) + pixels)
    if note:
        data += bytes(at - len(data)) + note
    pointers = {tag: write_table(data, order, inner, note, at) for tag, inner in (children or {}).items()}
    place = write_table(data, order, own | entries | {
        tag: (4, 1, struct.pack(order + "I", where)) for tag, where in pointers.items()}, note, at)
    data[4:8] = struct.pack(order + "I", place)
    return bytes(data)


def write_table(data, order, entries, note=b"", at=0):
    """Append a table and its values, which may contain tables, and return its place."""
    rows = b""
    for tag, value in sorted(entries.items()):
        if isinstance(value, dict):
            value = (4, 1, struct.pack(order + "I", write_table(data, order, value, note, at)))
        kind, count, raw = value
        if tag == NOTE and note:
            raw = struct.pack(order + "I", at)
        elif len(raw) > 4:
            data += bytes(len(data) % 2)
            place = len(data)
            data += raw
            raw = struct.pack(order + "I", place)
        rows += struct.pack(order + "HHI", tag, kind, count) + raw.ljust(4, b"\0")
    data += bytes(len(data) % 2)
    place = len(data)
    data += struct.pack(order + "H", len(entries)) + rows + bytes(4)
    return place


def read_entries(data, place=None):
    """Return the entries of a table as (type, count, bytes), by tag, as an independent reader of a few lines."""
    order = "<" if data[:2] == b"II" else ">"
    place = struct.unpack_from(order + "I", data, 4)[0] if place is None else place
    found = {}
    for k in range(struct.unpack_from(order + "H", data, place)[0]):
        tag, kind, count = struct.unpack_from(order + "HHI", data, place + 2 + 12 * k)
        size, start = SIZES[kind] * count, place + 10 + 12 * k
        if size > 4:
            start = struct.unpack_from(order + "I", data, start)[0]
        found[tag] = kind, count, data[start:start + size]
    assert list(found) == sorted(found)
    return found


def child(data, *tags):
    """Return the entries of the table that pointers lead to."""
    order, found = "<" if data[:2] == b"II" else ">", read_entries(data)
    for tag in tags:
        found = read_entries(data, struct.unpack(order + "I", found[tag][2])[0])
    return found


def cut_chain(data):
    """Return a TIFF file without the pages after the first."""
    order = "<" if data[:2] == b"II" else ">"
    place, = struct.unpack_from(order + "I", data, 4)
    end = place + 2 + 12 * struct.unpack_from(order + "H", data, place)[0]
    return data[:end] + bytes(4) + data[end + 4:]
