"""The descriptive entries of TIFF pages as raw bytes, without those on how the old pixels are stored."""
from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from functools import partial
from heapq import nsmallest
from mmap import ACCESS_READ, mmap
from typing import IO

import numpy as np

from ..arrays.nodata import parse_nodata, read_text
from .descriptions import DESCRIPTION, Result, Stored, remove_statistics, update_descriptions
from .exif import MAKER_NOTE, ExifBlock, remove_note
from .georeference import update_georeference
from .microscopy import remove_curve, remove_outlines, remove_private
from .photo import MOST_NOTES, add_note
from .photoshop import clean_iptc, clean_resources, update_resources
from .tables import CHILDREN, EXPOSURE, PICTURES, Directory, Entry, Header, check_tables, parse_header, parse_tables

# Tags that describe how a page is stored, and not the photo. 700, 34675 and 42113 are XMP, the color profile and the
# value of pixels without data.
LAYOUT_TAGS = frozenset({
    *range(254, 260), 262, *range(263, 267), 273, *range(277, 282), 284, 288, 289, 290, 291, 292, 293, 317, 320,
    *range(322, 329), 330, 332, 338, 339, 340, 341, 347, *range(512, 522), *range(529, 533), 700, *range(32995, 32999),
    34675, 42113, 65426, 65432})
PAGE_KIND, COMPRESSION = 254, 259
LAYERS, RESOURCES, IPTC, NODATA = 37724, 34377, 33723, 42113
PALETTE, UNSIGNED = 3, 1  # of the tags Photometric and SampleFormat
RGB, REFERENCE = 2, 532
LEVELS = {291: "gray response curve", REFERENCE: "reference levels of black and white"}  # what results do not apply
POINTERS = (13, 18)  # types
WORDS = {3: 2, 8: 2, 4: 4, 5: 4, 9: 4, 10: 4, 11: 4, 13: 4, 12: 8, 16: 8, 17: 8, 18: 8}  # bytes of a number by type
NEAREST = 16  # place right behind the header of any TIFF file
FARTHEST = 2**20  # place of a maker note up to which a file is padded to keep it there
# Maker notes whose pointers count from their own beginning.
MOVABLE = (b"Nikon\0\2", b"OLYMPUS\0", b"OM SYSTEM\0", b"FUJIFILM", b"Apple iOS\0", b"PENTAX \0")


class PageTables:
    """The tables of all pages of a TIFF file; ValueError if they overlap so much that reading them takes long."""

    def __init__(self, stream: IO[bytes]) -> None:
        with _view(stream) as data:
            self.header: Header = parse_header(data)
            first, damaged = parse_tables(data, self.header, strict=True)
        self.damaged = nsmallest(MOST_NOTES + 1, {*damaged} - LAYOUT_TAGS)  # those that are noted
        self.pages: list[Directory] = []
        page: Directory | None = first
        while page is not None:
            self.pages.append(page)
            page, self.pages[-1].next = page.next, None

    def kind(self, number: int) -> int:
        """Return the purpose of a page: 1 for a reduced copy, 2 for one of several pages, 4 for a mask."""
        entry = self.pages[number].find(PAGE_KIND)
        return entry.integers(self.header.order)[0] if entry and entry.count == 1 else 0

    def stored(self, number: int) -> Stored:
        """Return how a page is stored: height, width, number of samples a pixel, and compression."""
        page = self.pages[number]
        height, width, bands, compression = (self._first(page, tag) for tag in (257, 256, 277, COMPRESSION))
        return Stored(height, width, bands, 1, compression, self.header.big)

    def _states_levels(self, page: Directory, levels: Entry) -> bool:
        """Return whether the reference levels of a page of RGB differ from the least and the largest sample."""
        order = self.header.order
        kinds, bits = ([*entry.integers(order), 0][0] if entry else 0 for entry in map(page.find, (262, 258)))
        if kinds != RGB or (levels.type, levels.count) != (5, 6):
            return False
        numbers = struct.unpack(order + "12I", levels.value)
        stated = [above / (below or 1) for above, below in zip(numbers[::2], numbers[1::2], strict=True)]
        return stated != [0, 2**bits - 1] * 3

    def nodata(self, number: int, notes: list[str]) -> bytes | None:
        """Return the value of samples without data as text, as decoded pages have it, or None."""
        page = self.pages[number]
        entry = page.find(NODATA)
        if entry is None:
            return None
        photometric, bits, kind = (self._first(page, tag) for tag in (262, 258, 339))
        text = read_text(entry.value)
        if photometric == PALETTE:
            add_note(notes, f"GDAL_NODATA {text} not kept: it is an entry of the palette, which becomes full color")
            return None
        level = parse_nodata(text, np.dtype(f"u{max(1, bits // 8)}")) if kind == UNSIGNED and bits <= 64 else None
        if level is None or (bits >= 8 and photometric):
            return entry.value
        top = 2**bits - 1
        level = level if photometric else top - level  # decoders turn white as 0 into black as 0, and 4 bits into 8
        return str(level * (255 // top if bits < 8 else 1)).encode()

    def _first(self, page: Directory, tag: int) -> int:
        """Return the first value of an entry; 1 if it is missing, as TIFF has it for the tags asked for here."""
        entry = page.find(tag)
        return entry.integers(self.header.order)[0] if entry and entry.count else 1

    def exif(self, number: int, notes: list[str]) -> bytes:
        """Return a page's entries as an EXIF block; notes: what is not kept."""
        page = self.pages[number]
        for tag in self.damaged:
            add_note(notes, f"TIFF tag {tag} not kept: it is damaged" if tag else "a damaged page is not kept")
        for tag, name in LEVELS.items():
            levels = page.find(tag)
            if levels and (tag != REFERENCE or self._states_levels(page, levels)):
                add_note(notes, f"{name} not kept")
        if PICTURES in page.children:
            add_note(notes, "images within a page not kept")
        kept = Directory([entry for entry in page.entries if entry.tag not in LAYOUT_TAGS], dict(page.children))
        kept.children.pop(PICTURES, None)
        block = ExifBlock(kept, self.header.order)
        _remove_pixels(kept, block.orientation, notes)
        _release_note(kept, notes)
        return block.to_bytes(notes)


def check_stream(stream: IO[bytes]) -> None:
    """Reject a TIFF file whose tables overlap so much that reading them takes long."""
    with _view(stream) as data:
        try:
            header = parse_header(data)
        except ValueError:  # opening the file reports it
            return
        check_tables(data, header)


@contextlib.contextmanager
def _view(stream: IO[bytes]) -> Iterator[bytes | mmap]:
    """Yield the bytes of a stream; those of a file are read on access."""
    try:
        data = mmap(stream.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError, io.UnsupportedOperation):
        stream.seek(0)
        yield stream.read()
        return
    with data:
        yield data


def _remove_pixels(page: Directory, turn: int, notes: list[str]) -> None:
    """Remove entries that show the old pixels, and pointers to tables that are not known."""
    if page.remove(LAYERS):
        add_note(notes, "Photoshop layers not kept: they show the photo before the filter")
    for tag, clean in ((RESOURCES, partial(clean_resources, turn=turn)), (IPTC, clean_iptc)):
        entry = page.find(tag)
        if entry and entry.type in (1, 7):
            value = clean(entry.value, notes)
            page.set(entry._replace(value=value, count=len(value))) if value else page.remove(tag)
    for entry in [entry for entry in page.entries if entry.type in POINTERS and entry.tag not in CHILDREN]:
        page.remove(entry.tag)
        add_note(notes, f"table of TIFF tag {entry.tag} not kept")


def _release_note(page: Directory, notes: list[str]) -> None:
    """Let a maker note move if that does it no harm; remove it where it is too far from the beginning of the file."""
    for directory in page.walk():
        entry = directory.find(MAKER_NOTE)
        if entry is None or entry.place <= FARTHEST:
            continue
        if entry.value.startswith(MOVABLE):
            directory.set(entry._replace(place=NEAREST))
        else:
            remove_note(directory, notes)


class FixedNote:
    """A maker note that stays at its place in a file, because offsets in it count from the beginning of the file.

    Before anything is appended to the file, the result of `before` must be.
    """

    def __init__(self, page: Directory, start: int, notes: list[str]) -> None:
        """Look for a maker note; one that belongs before the start of free space is removed with a note."""
        exposure = page.children.get(EXPOSURE, [Directory()])[0]
        note = exposure.find(MAKER_NOTE)
        self.entry = note if note and len(note.value) > 8 else None  # entries hold shorter ones themselves
        if self.entry and not start <= self.entry.place <= FARTHEST:
            remove_note(exposure, notes)
            self.entry = None
        self._left = self.entry is not None

    def before(self, place: int, size: int) -> bytes:
        """Return what to write before `size` bytes at `place`: the maker note, where they would cover its offset."""
        if self.entry is None or not self._left or place + size <= self.entry.place:
            return b""
        self._left = False
        return bytes(self.entry.place - place) + self.entry.value


def update_tiff_entries(exif: bytes, stored: Stored, result: Result, notes: list[str]) -> bytes:
    """Return a TIFF page's entries, as EXIF, with those updated that repeat the size of the page or of its pixels."""
    block = ExifBlock.parse(exif)
    before = list(block.first.entries)
    update_georeference(block.first, block.order, result, stored.turn, notes)
    update_descriptions(block.first, stored, result, notes)
    remove_statistics(block.first, notes)
    remove_curve(block.first, result.bits, notes)
    if stored.turn != 1 or result.stride != (1, 1):
        remove_outlines(block.first, block.order, notes)
    if result.stride != (1, 1):
        remove_private(block.first, notes)
    if (resources := block.first.find(RESOURCES)) and resources.type in (1, 7):
        value = update_resources(resources.value, result.size, result.stride, notes)
        block.first.set(resources._replace(value=value, count=len(value)))
    return exif if block.first.entries == before else block.to_bytes(notes)


def remove_description(exif: bytes, notes: list[str]) -> bytes:
    """Return the entries of a TIFF page, as EXIF, without a description of pages that have become one image."""
    block = ExifBlock.parse(exif)
    if not block.first.remove(DESCRIPTION):
        return exif
    add_note(notes, "description not kept: it describes several pages")
    return block.to_bytes(notes)


def set_order(page: Directory, before: str, after: str) -> None:
    """Convert the numbers of a page from one byte order to another; data of unknown structure cannot be."""
    if before == after:
        return
    for directory in page.walk():
        directory.entries = [
            entry._replace(value=np.frombuffer(entry.value, f"u{WORDS[entry.type]}").byteswap().tobytes())
            if entry.type in WORDS else entry for entry in directory.entries]
