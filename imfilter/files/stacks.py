"""Stacks whose planes share one table: ImageJ beyond 4 GB, truncated series of tifffile, and STK of MetaMorph."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import FileError
from .descriptions import DESCRIPTION, IMAGEJ, count_images, remove_truncated
from .exif import ACROSS, DOWN, UNIT, ExifBlock
from .photo import add_note
from .tables import Entry
from .tiff_pages import COLORS, TiffPages, to_picture
from .tiff_tables import PageTables

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

METAMORPH = (33628, 33629, 33630, 33631)  # tags of STK; the second has as many values as there are planes


class Stack(NamedTuple):
    """Planes one after the other. planes: their number. start: place of the first. shape: of one, with its samples."""

    planes: int
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    separate: bool


def find_stack(pages: TiffPages, notes: list[str]) -> Stack | None:
    """Return the planes that share the only table of a file, or None if there is one; note what cannot be read."""
    count = count_stacked(pages.tables) if len(pages.tags) == 1 else 1
    if count < 2:
        return None
    tags = pages.tags[0]
    bits, offsets, counts = set(tags.get(258, (1,))), tags.get(273, ()), tags.get(279, ())
    bands, separate = tags.get(277, 1), tags.get(284, 1) == 2
    kind = {1: "u", 2: "i", 3: "f"}.get(max(tags.get(339, (1,))), "")
    size, length = tags[256] * tags[257] * bands, pages.stream.seek(0, 2)
    places = np.cumsum([0, *counts[:-1]]) + offsets[0] if offsets and len(offsets) == len(counts) else []
    plain = tags.get(259, 1) == 1 and bits in ({8}, {16}, {32}, {64}) and kind and tags.get(262, 1) in COLORS
    if not plain or not np.array_equal(places, offsets) or offsets[0] + count * size * max(bits) // 8 > length:
        add_note(notes, f"the description states {count} planes: only the first can be read, and is filtered")
        return None
    dtype = np.dtype(f"{pages.tables.header.order}{kind}{max(bits) // 8}")
    shape = (bands, tags[257], tags[256]) if separate else (tags[257], tags[256], bands)
    return Stack(count, offsets[0], shape, dtype, separate)


def count_stacked(tables: PageTables) -> int:
    """Return how many planes, one after the other, the first table of a file states."""
    page = tables.pages[0]
    description, planes = page.find(DESCRIPTION), page.find(METAMORPH[1])
    text = description.value if description else b""
    if planes and not IMAGEJ.match(text):
        return planes.count
    return count_images(page, tables.stored(0)) if IMAGEJ.match(text) or b'"truncated"' in text else 1


def decode_plane(pages: TiffPages, stack: Stack, number: int) -> Picture:
    """Read a plane of a stack."""
    size = math.prod(stack.shape) * stack.dtype.itemsize
    pages.stream.seek(stack.start + number * size)
    data = pages.stream.read(size)
    if len(data) < size:
        raise FileError("is damaged: its end is missing")
    pixels = np.frombuffer(data, stack.dtype).reshape(stack.shape).astype(stack.dtype.newbyteorder("="))
    pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1)) if stack.separate else pixels
    return to_picture(pixels, pages.tags[0])


def describe_plane(info: dict[str, Any], number: int, notes: list[str]) -> dict[str, Any]:
    """Return the metadata of a plane, which gets its own table; planes after the first keep only the resolution."""
    block = ExifBlock.parse(info["exif"])
    if number:
        block.first.entries = [entry for entry in block.first.entries if entry.tag in (ACROSS, DOWN, UNIT)]
        block.first.children = {}
    elif block.first.remove(*METAMORPH):
        add_note(notes, "tables of MetaMorph not kept: they describe planes that share one table")
    if entry := block.first.find(DESCRIPTION):
        text = remove_truncated(entry.value)
        block.first.set(Entry(DESCRIPTION, entry.type, len(text), text))
    return {**info, "exif": block.to_bytes(notes)}
