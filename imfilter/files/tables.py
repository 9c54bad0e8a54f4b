"""Read and write TIFF tables, of which EXIF consists, with the raw bytes of every entry."""
from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from mmap import mmap
from typing import NamedTuple

# Bytes of a value by type; 13 is a pointer, 16 to 18 are those of BigTIFF, 129 is UTF-8 (EXIF 3.0).
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}  # of integers, in struct
SHORTER = {16: 4, 17: 9, 18: 13}  # the types of BigTIFF, and those with half their bytes
EXPOSURE, PLACE, INTEROP, PICTURES = 0x8769, 0x8825, 0xA005, 0x014A  # tags that point to directories
CHILDREN = frozenset((EXPOSURE, PLACE, INTEROP, PICTURES))
DEEPEST = 4  # directories within directories
MARKS = {"<": b"II", ">": b"MM"}  # of the byte orders
HEAD = {False: 8, True: 16}  # bytes of the header, by whether offsets have 64 bits


class Entry(NamedTuple):
    """An entry of a directory. value: in the byte order of its file. place: where the value was, from the header."""

    tag: int
    type: int
    count: int  # type: ignore[assignment]
    value: bytes
    place: int = 0

    def integers(self, order: str) -> tuple[int, ...]:
        """Return the values if they are integers, else nothing. order: "<" or ">"."""
        code = CODES.get(self.type)
        return struct.unpack(f"{order}{self.count}{code}", self.value) if code else ()


@dataclass
class Directory:
    """A directory: entries in the order of the file, those that pointers refer to by tag, and the next one.

    A pointer's entry is in `entries`, too, so that its type and its rank are kept.
    """

    entries: list[Entry] = field(default_factory=list)
    children: dict[int, list[Directory]] = field(default_factory=dict)
    next: Directory | None = None

    def find(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)

    def set(self, entry: Entry) -> None:
        """Replace the entry of this tag, or insert it before the first larger tag."""
        same = [k for k, other in enumerate(self.entries) if other.tag == entry.tag]
        if same:
            self.entries[same[0]] = entry
        else:
            later = (k for k, other in enumerate(self.entries) if other.tag > entry.tag)
            self.entries.insert(next(later, len(self.entries)), entry)

    def remove(self, *tags: int) -> bool:
        """Remove entries, and the directories they point to. Return whether there were any."""
        before = len(self.entries)
        self.entries = [entry for entry in self.entries if entry.tag not in tags]
        for tag in tags:
            self.children.pop(tag, None)
        return len(self.entries) < before

    def walk(self) -> Iterator[Directory]:
        """Yield this directory, those within it, and those after it."""
        directory: Directory | None = self
        while directory is not None:
            yield directory
            for children in directory.children.values():
                for child in children:
                    yield from child.walk()
            directory = directory.next


class Header(NamedTuple):
    """The first bytes of a file or a block. order: "<" or ">". big: 64-bit offsets. first: place of a directory."""

    order: str
    big: bool
    first: int


def parse_header(data: bytes | mmap) -> Header:
    """Read the header of a TIFF file or an EXIF block; ValueError if it is none."""
    order = {mark: order for order, mark in MARKS.items()}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        raise ValueError("TIFF tables must begin with a header")
    version, = struct.unpack_from(order + "H", data, 2)
    if version == 43 and len(data) >= 16:
        return Header(order, True, struct.unpack_from(order + "Q", data, 8)[0])
    return Header(order, False, struct.unpack_from(order + "I", data, 4)[0])


def make_header(order: str, *, big: bool = False, first: int = 0) -> bytes:
    """Return the header of a TIFF file. first: place of the first page's table. big: with 64-bit offsets."""
    return MARKS[order] + (struct.pack(order + "HHHQ", 43, 8, 0, first) if big else
                           struct.pack(order + "HI", 42, first))


def parse_tables(
    data: bytes | mmap, header: Header | None = None, *, strict: bool = False
) -> tuple[Directory, list[int]]:
    """Read the chain of directories, and return the first one and the tags that are damaged.

    Time and memory are linear in the size of the data: no directory is read twice, and the values must not take more
    than four times its bytes. ValueError if the first directory cannot be read. strict: also if there is more to read.
    """
    first, reader = _read_chain(data, header or parse_header(data))
    if strict:
        reader.check_rest()
    return first, reader.damaged


def check_tables(data: bytes | mmap, header: Header) -> None:
    """Raise ValueError if directories, or the values in them, overlap so much that reading them takes long.

    Pillow and tifffile take time for every mention of a byte.
    """
    try:
        reader = _read_chain(data, header)[1]
    except ValueError:  # the first directory cannot be read; opening the file reports that
        return
    reader.check_rest()


def _read_chain(data: bytes | mmap, header: Header) -> tuple[Directory, _Reader]:
    """Read the chain of directories, up to a damaged one."""
    reader = _Reader(data, header)
    first, place = reader.read(header.first, 0)
    last = first
    while place and place not in reader.visited:
        try:
            last.next, place = reader.read(place, 0)
        except ValueError:
            reader.damaged.append(0)
            break
        last = last.next
    return first, reader


class _Reader:
    """Reads directories. visited: their places. damaged: tags whose values cannot be read, 0 for a directory."""

    def __init__(self, data: bytes | mmap, header: Header) -> None:
        self.data, self.order, self.big = data, header.order, header.big
        self.visited = set[int]()
        self.damaged: list[int] = []
        self._left = 4 * len(data) + 64  # bytes of values to be read, at most
        self._exhausted = False

    def read(self, place: int, depth: int) -> tuple[Directory, int]:
        """Return the directory at a place, and the place of the next."""
        head, step, link = (8, 20, "Q") if self.big else (2, 12, "I")
        if place in self.visited or not 8 <= place <= len(self.data) - head or depth > DEEPEST:
            raise ValueError(f"no directory can be read at byte {place}")
        self.visited.add(place)
        count, = struct.unpack_from(self.order + ("Q" if self.big else "H"), self.data, place)
        end = place + head + step * count
        if end > len(self.data) or not self._take(step * count):
            raise ValueError(f"the directory at byte {place} is cut off")
        found = Directory()
        for at in range(place + head, end, step):
            self._read_entry(found, at, depth)
        links = end + struct.calcsize(link) <= len(self.data)  # some programs leave out the last one
        return found, struct.unpack_from(self.order + link, self.data, end)[0] if links else 0

    def check_rest(self) -> None:
        """Raise ValueError if there was more to read than the size of the data allows."""
        if self._exhausted:
            raise ValueError("its tables mention more data than it holds")

    def _take(self, size: int) -> bool:
        """Count bytes that are about to be read. Return whether they may be."""
        if size > self._left:
            self._exhausted = True
            return False
        self._left -= size
        return True

    def _read_entry(self, found: Directory, at: int, depth: int) -> None:
        tag, kind = struct.unpack_from(self.order + "HH", self.data, at)
        code, room = ("Q", 8) if self.big else ("I", 4)
        count, = struct.unpack_from(self.order + code, self.data, at + 4)
        size, place = SIZES.get(kind, 0) * count, at + 4 + room
        if size > room:
            place, = struct.unpack_from(self.order + code, self.data, place)
        if kind not in SIZES or place + size > len(self.data) or not self._take(size):
            self.damaged.append(tag)
            return
        entry = Entry(tag, kind, count, bytes(self.data[place:place + size]), place)
        if tag not in CHILDREN or self._follow(found, entry, depth):
            found.entries.append(entry)

    def _follow(self, found: Directory, entry: Entry, depth: int) -> bool:
        """Read the directories to which an entry points. Return whether there are any."""
        children = []
        for place in entry.integers(self.order):
            try:
                children.append(self.read(place, depth + 1)[0])
            except ValueError:
                self.damaged.append(entry.tag)
        if children:
            found.children[entry.tag] = children
        return bool(children)


def write_tables(first: Directory, order: str, *, big: bool = False, fixed: Entry | None = None) -> bytes:
    """Return a header and the directories, each with its values behind it.

    fixed: an entry whose value stays at its place, because offsets in it count from the header; everything else is
    laid out around it. ValueError if there is no room for it.
    """
    head = HEAD[big]
    writer = _Writer(order, big, _Space(head, fixed.place, len(fixed.value)) if fixed else _Space(head))
    writer.put(0, make_header(order, big=big))
    link, directory = head - (8 if big else 4), first
    while directory is not None:
        place, after = writer.write(directory, fixed)
        writer.put_link(link, place)
        link, directory = after, directory.next  # type: ignore[assignment]
    return bytes(writer.data)


def write_page(
    directory: Directory, order: str, start: int, *, big: bool = False, fixed: Entry | None = None
) -> tuple[bytes, int]:
    """Return the bytes of one directory at an even place of a file, and the place of its link to the next.

    fixed: an entry whose value is in the file already.
    """
    writer = _Writer(order, big, _Space(start), start)
    link = writer.write(directory, fixed)[1]
    return bytes(writer.data), link


class _Space:
    """Free space: before a fixed value, as far as it goes, and after it."""

    def __init__(self, start: int, place: int = 0, size: int = 0) -> None:
        if size and place < start:
            raise ValueError("a value cannot be kept in the header")
        self._front, self._wall, self._back = start, place, max(start, place + size)

    def take(self, size: int) -> int:
        if self._front + self._front % 2 + size <= self._wall:
            place = self._front + self._front % 2
            self._front = place + size
        else:
            place = self._back + self._back % 2
            self._back = place + size
        return place


class _Writer:
    """Writes directories into free space. origin: the place in the file of the first byte of `data`."""

    def __init__(self, order: str, big: bool, space: _Space, origin: int = 0) -> None:
        self.data, self.order, self.big, self._space, self._origin = bytearray(), order, big, space, origin
        self._code, self._room = ("Q", 8) if big else ("I", 4)

    def put(self, place: int, piece: bytes) -> None:
        place -= self._origin
        if place < 0:  # it is in the file already
            return
        self.data.extend(bytes(max(0, place + len(piece) - len(self.data))))
        self.data[place:place + len(piece)] = piece

    def put_link(self, place: int, link: int) -> None:
        self.put(place, struct.pack(self.order + self._code, link))

    def write(self, directory: Directory, fixed: Entry | None) -> tuple[int, int]:
        """Write a directory. Return its place, and the place of its link to the next."""
        count, head, step = len(directory.entries), 8 if self.big else 2, 4 + 2 * self._room
        place = self._space.take(head + step * count + self._room)
        self.put(place, struct.pack(self.order + ("Q" if self.big else "H"), count))
        for number, entry in enumerate(directory.entries):
            at, children = place + head + step * number, directory.children.get(entry.tag)
            if children is not None:
                places = [self.write(child, fixed)[0] for child in children]
                self._write_value(at, make_entry(entry.tag, 16 if self.big else 4, places, self.order))
            elif entry is fixed:
                self._write_value(at, entry, entry.place)
            else:
                self._write_value(at, entry if self.big else shorten_entry(entry, self.order))
        self.put_link(place + head + step * count, 0)
        return place, place + head + step * count

    def _write_value(self, at: int, entry: Entry, place: int = 0) -> None:
        """Write an entry, and its value into the entry if it fits, else to the place, by default into free space."""
        start = struct.pack(self.order + "HH" + self._code, entry.tag, entry.type, entry.count)
        if len(entry.value) <= self._room:
            self.put(at, start + entry.value.ljust(self._room, b"\0"))
            return
        place = place or self._space.take(len(entry.value))
        self.put(at, start + struct.pack(self.order + self._code, place))
        self.put(place, entry.value)


def make_entry(tag: int, kind: int, values: Iterable[int], order: str) -> Entry:
    """Return an entry of integers."""
    numbers = tuple(values)
    return Entry(tag, kind, len(numbers), struct.pack(f"{order}{len(numbers)}{CODES[kind]}", *numbers))


def make_fraction(tag: int, value: Fraction, order: str) -> Entry:
    """Return an entry of a fraction, with 32 bits above and below.

    Examples
    --------
    >>> struct.unpack("<II", make_fraction(282, Fraction(2 * 10**13 + 1, 10000), "<").value)
    (2000000000, 1)
    """
    most = (2**32 - 1) // value if value > 1 else 2**31  # of the denominator, so that the numerator fits
    value = value.limit_denominator(max(1, min(most, 2**31)))
    return Entry(tag, 5, 1, struct.pack(order + "II", min(value.numerator, 2**32 - 1), value.denominator))


def shorten_entry(entry: Entry, order: str) -> Entry:
    """Return an entry of BigTIFF as one of TIFF, or as it is if a value exceeds 32 bits."""
    if entry.type not in SHORTER:
        return entry
    try:
        return make_entry(entry.tag, SHORTER[entry.type], entry.integers(order), order)
    except struct.error:
        return entry
