"""Photoshop's image resources, as JPEG and TIFF files hold them: remove what shows the old pixels."""
from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from .exif import clean_exif, update_exif
from .photo import add_note
from .pictures import has_picture
from .xmp import SIGNATURE, clean_xmp, describe_removed, update_xmp

MARKS = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
RESOLUTION, THUMBNAILS, IPTC, IPTC_DIGEST, EXIF, XMP = 1005, (1033, 1036), 1028, 1061, (1058, 1059), 1060
PREVIEWS = ((2, 200), (2, 201), (2, 202), (8, 10))  # IPTC: format, version and data of the preview, and the object
SHOWN = "Photoshop thumbnail not kept: it shows the photo before the filter"


class Resource(NamedTuple):
    """A resource. head: everything before the length of the data."""

    number: int
    head: bytes
    data: bytes

    def to_bytes(self) -> bytes:
        return b"".join((self.head, struct.pack(">I", len(self.data)), self.data, bytes(len(self.data) % 2)))


def parse_resources(data: bytes, notes: list[str]) -> Iterator[Resource]:
    """Yield the resources; those after a damaged one are left out with a note."""
    place = 0
    while place < len(data):
        name = data[place + 6] + 1 if place + 6 < len(data) else 0
        start = place + 6 + name + name % 2
        size = int.from_bytes(data[start:start + 4], "big")
        if data[place:place + 4] not in MARKS or not name or start + 4 + size > len(data):
            if data[place:].strip(b"\0"):
                add_note(notes, "Photoshop data not kept in full: it is damaged")
            return
        number = int.from_bytes(data[place + 4:place + 6], "big")
        yield Resource(number, data[place:start], data[start + 4:start + 4 + size])
        place = start + 4 + size + size % 2


def clean_resources(data: bytes, notes: list[str], turn: int = 1) -> bytes:
    """Return resources that show no old pixels, and whose resolution is turned; the same bytes if nothing changes."""
    found = list(parse_resources(data, notes))
    kept = [resource for resource in (_clean(resource, notes, turn) for resource in found) if resource]
    if any(old.number == IPTC and old not in kept for old in found):
        kept = [resource for resource in kept if resource.number != IPTC_DIGEST]
    return data if kept == found and data == _join(kept) else _join(kept)


def update_resources(data: bytes, size: tuple[int, int], stride: tuple[int, int], notes: list[str]) -> bytes:
    """Return resources that state the size of the result, and whose resolution is divided by the strides."""
    found = list(parse_resources(data, []))
    updated = [_update(resource, size, stride, notes) for resource in found]
    return data if updated == found else _join(updated)


def _update(resource: Resource, size: tuple[int, int], stride: tuple[int, int], notes: list[str]) -> Resource:
    if resource.number == RESOLUTION and stride != (1, 1):
        return _change_resolution(resource, lambda across, down: (across / stride[1], down / stride[0]))
    if resource.number in EXIF and resource.data:
        return resource._replace(data=update_exif(resource.data, size, stride, notes))
    if resource.number == XMP and resource.data:
        return resource._replace(data=update_xmp(resource.data, size, stride, notes))
    return resource


def _join(resources: list[Resource]) -> bytes:
    return b"".join(resource.to_bytes() for resource in resources)


def _clean(resource: Resource, notes: list[str], turn: int) -> Resource | None:
    """Return a resource without what shows the old pixels, or None if nothing is left."""
    number, data = resource.number, resource.data
    if number == IPTC:
        data = clean_iptc(data, notes)
    elif number in EXIF:
        data = clean_exif(data, notes)[0] if data else data
    elif number == XMP:
        data = clean_xmp(data, turn, notes)
    elif number == RESOLUTION and turn > 4:
        return _change_resolution(resource, lambda across, down: (down, across))
    elif number in THUMBNAILS or has_picture(data):
        add_note(notes, SHOWN)
        return None
    elif b"jumb" in data[:64] and b"c2pa" in data[:256]:
        add_note(notes, describe_removed(SIGNATURE))
        return None
    return resource._replace(data=data) if data or not resource.data else None


def _change_resolution(
    resource: Resource, change: Callable[[Fraction, Fraction], tuple[Fraction, Fraction]]
) -> Resource:
    """Return the resource of the resolution, whose numbers (16.16 bits, per inch) a function changes."""
    if len(resource.data) < 16:
        return resource
    across, units, down, rest = struct.unpack(">I4sI4s", resource.data[:16])
    sides = [min(round(side), 2**32 - 1) for side in change(Fraction(across), Fraction(down))]
    return resource._replace(data=struct.pack(">I4sI4s", sides[0], units, sides[1], rest) + resource.data[16:])


def clean_iptc(data: bytes, notes: list[str]) -> bytes:
    """Return IPTC records without the preview; the same bytes if there is none."""
    kept, place, shown = [], 0, False
    while place + 5 <= len(data) and data[place] == 0x1C:
        size = int.from_bytes(data[place + 3:place + 5], "big")
        start = place + 5
        if size & 0x8000:  # the length of the length
            start += size & 0x7FFF
            size = int.from_bytes(data[place + 5:start], "big")
        end = start + size
        if (data[place + 1], data[place + 2]) in PREVIEWS:
            shown = True
        else:
            kept.append(data[place:end])
        place = end
    if not shown:
        return data
    add_note(notes, "preview in IPTC not kept: it shows the photo before the filter")
    return b"".join(kept)
