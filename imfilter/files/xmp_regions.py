"""Regions of a photo in XMP, such as faces (MWG and Microsoft): turn them upright, and state the size of the result."""
from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from .positions import turn_point

AREAS = b"http://ns.adobe.com/xmp/sType/Area#"
SIZES = b"http://ns.adobe.com/xap/1.0/sType/Dimensions#"
REGIONS = b"http://www.metadataworkinggroup.com/schemas/regions/"
RECTANGLES = b"http://ns.microsoft.com/photo/1.2/t/Region#"
NEAR, MOST = 1000, 4  # bytes from the name of a size to its values, and sizes in a text
DECLARED = rb"""xmlns:([\w.-]+)\s*=\s*["']%s["']"""


class Value(NamedTuple):
    """A value in XMP: the name of the property, and its place."""

    name: bytes
    start: int
    end: int


def turn_regions(xmp: bytes, turn: int) -> bytes:
    """Return XMP whose regions, which are relative to the stored image, are turned with it.

    Examples
    --------
    >>> xmp = b"<a xmlns:s='http://ns.adobe.com/xmp/sType/Area#' s:x='0.25' s:y='0.5' s:w='0.1' s:h='0.2'/>"
    >>> turn_regions(xmp, 6)[53:]
    b"'0.5' s:y='0.25' s:w='0.2' s:h='0.1'/>"
    """
    if turn == 1:
        return xmp
    changes: list[tuple[Value, bytes]] = []
    for area in _group(_find_values(xmp, AREAS, rb"[xywh]")):
        changes += _turn_area(xmp, area, turn)
    for value in _find_values(xmp, RECTANGLES, rb"Rectangle"):
        changes += _turn_rectangle(xmp, value, turn)
    return _replace(xmp, changes)


def size_regions(xmp: bytes, size: tuple[int, int]) -> bytes:
    """Return XMP whose regions apply to an image of this width and height."""
    places = [found.start() for prefix in _prefixes(xmp, REGIONS)
              for found in re.finditer(rb"<%s:AppliedToDimensions\b" % prefix, xmp)]
    values = [value for place in places[:MOST] for value in _first_sizes(xmp, place)]
    return _replace(xmp, [(value, b"%d" % size[value.name == b"h"]) for value in values])


def _first_sizes(xmp: bytes, place: int) -> list[Value]:
    """Return the width and the height that come first after a place."""
    area = next(_group(value._replace(start=value.start + place, end=value.end + place)
                       for value in _find_values(xmp[place:place + NEAR], SIZES, rb"[wh]", xmp)))
    return list(area.values())


def _prefixes(xmp: bytes, space: bytes) -> list[bytes]:
    return sorted({re.escape(found[1]) for found in re.finditer(DECLARED % re.escape(space), xmp)})


def _find_values(xmp: bytes, space: bytes, names: bytes, whole: bytes = b"") -> Iterator[Value]:
    """Yield the properties of a namespace, as attributes or elements, in the order of the text.

    whole: the text that declares the namespace, if that is another.
    """
    prefixes = b"|".join(_prefixes(whole or xmp, space))
    if not prefixes:
        return
    pattern = rb"""\b(?:%s):(%s)\s*(?:=\s*["']\s*([^"'<]*?)\s*["']|>\s*([^<]*?)\s*</)""" % (prefixes, names)
    for found in re.finditer(pattern, xmp):
        yield Value(found[1], *found.span(2 if found[2] is not None else 3))


def _group(values: Iterator[Value]) -> Iterator[dict[bytes, Value]]:
    """Yield the values of one area after the other; a name that comes again belongs to the next."""
    group: dict[bytes, Value] = {}
    for value in values:
        if value.name in group:
            yield group
            group = {}
        group[value.name] = value
    yield group


def _turn_area(xmp: bytes, area: dict[bytes, Value], turn: int) -> Iterator[tuple[Value, bytes]]:
    """Yield the new values of an area, whose place is its center."""
    numbers = {name: _read_number(xmp[value.start:value.end]) for name, value in area.items()}
    x, y = numbers.get(b"x"), numbers.get(b"y")
    if x is None or y is None:
        return
    new: dict[bytes, object] = dict(zip((b"x", b"y"), turn_point(x, y, turn, (1, 1)), strict=True))
    if turn > 4:
        new |= {b"w": numbers.get(b"h"), b"h": numbers.get(b"w")}
    for name, value in area.items():
        if new.get(name) is not None:
            yield value, str(new[name]).encode()


def _turn_rectangle(xmp: bytes, value: Value, turn: int) -> Iterator[tuple[Value, bytes]]:
    """Yield the new value of a rectangle: the corner, the width and the height."""
    numbers = [_read_number(text) for text in xmp[value.start:value.end].split(b",")]
    if len(numbers) != 4 or None in numbers:
        return
    x, y, w, h = (number or Decimal(0) for number in numbers)
    ends = [turn_point(*point, turn, (1, 1)) for point in ((x, y), (x + w, y + h))]
    sides = (h, w) if turn > 4 else (w, h)
    corner = min(end[0] for end in ends), min(end[1] for end in ends)
    yield value, ", ".join(map(str, (*corner, *sides))).encode()


def _read_number(text: bytes) -> Decimal | None:
    try:
        number = Decimal(text.decode("ascii").strip())
    except (InvalidOperation, UnicodeDecodeError):
        return None
    return number if number.is_finite() else None


def _replace(xmp: bytes, changes: list[tuple[Value, bytes]]) -> bytes:
    parts, place = [], 0
    for value, new in sorted(changes, key=lambda change: change[0].start):
        parts += [xmp[place:value.start], new]
        place = value.end
    return b"".join([*parts, xmp[place:]])
