"""Descriptions in TIFF files that repeat the size of the pixels: OME-XML, and the JSON of tifffile."""
from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from .microscopy import APERIO, scale_aperio
from .photo import add_note
from .tables import Directory, Entry

DESCRIPTION, GDAL_METADATA = 270, 42112
# No pattern looks at a byte again for each start of a match: time is linear for any text.
PIXELS = re.compile(rb"<(?:\w+:)?Pixels\b[^<>]*>")
ATTRIBUTE = re.compile(rb"""(\s)((?:Physical)?Size[XY](?:Unit)?)(\s*=\s*["'])([^"']*)""")
TYPE = re.compile(rb"""(\sType\s*=\s*["'])[^"']*""")
SAMPLES = {"F": "float32", "I": "int32", "I;16": "uint16"}  # of Pillow's modes that have others than bytes
OME_TYPES = {"float32": "float", "float64": "double"}  # NumPy's names, where OME-XML has others
SHAPED = re.compile(rb'\s*\{.*"shape"\s*:', re.DOTALL)
SHAPE = re.compile(rb'("shape"\s*:\s*\[)([\d,\s]*)(\])')
TRUNCATED = re.compile(rb',\s*"truncated"\s*:\s*true|"truncated"\s*:\s*true\s*,?\s*')
IMAGEJ = re.compile(rb"ImageJ=.*?\nimages=(\d{1,9})\b", re.DOTALL)
STATISTICS = re.compile(
    rb"(?:(?<!\s)\s++)?<Item\b(?>[^<>]*?\bname=[\"']STATISTICS_)[^<>]*+>(?:(?<=/>)|[^<]*+</Item>)")


class Stored(NamedTuple):
    """How a page was stored: its height, width and number of samples a pixel, and its orientation.

    compression: TIFF's number. big: whether offsets have 64 bits.
    """

    height: int
    width: int
    bands: int
    turn: int = 1
    compression: int = 1
    big: bool = False


class Result(NamedTuple):
    """A result: its width and height, its mode, and the stride and the offset (down, across) of the filter."""

    size: tuple[int, int]
    mode: str
    stride: tuple[int, int]
    offset: tuple[float, float] = (0.0, 0.0)

    @property
    def kind(self) -> str:
        """NumPy's name of the samples."""
        return self.mode.partition(" ")[2] or SAMPLES.get(self.mode, "uint8")

    @property
    def bits(self) -> int:
        """Bits of a sample."""
        return 8 * np.dtype(self.kind).itemsize


def update_descriptions(page: Directory, stored: Stored, result: Result, notes: list[str]) -> None:
    """Set the size in a page's description, and multiply the size of a pixel by the strides."""
    entry = page.find(DESCRIPTION)
    text = entry.value.rstrip(b"\0") if entry else b""
    new: bytes | None = text
    if b"<OME" in text[:2000] or b":OME" in text[:2000]:
        new = PIXELS.sub(lambda found: _update_ome(found[0], stored, result), text)
    elif SHAPED.match(text):
        new = _update_shape(text, stored, result.size)
    elif text.startswith(APERIO):
        new = scale_aperio(text, (stored.width, stored.height), result.size, result.stride)
    if new is None:
        page.remove(DESCRIPTION)
        add_note(notes, "description not kept: it states the shape of other pixels")
    elif new != text:
        _set_text(page, DESCRIPTION, new)


def remove_statistics(page: Directory, notes: list[str]) -> None:
    """Remove the statistics of the old pixels from GDAL's metadata."""
    entry = page.find(GDAL_METADATA)
    new = STATISTICS.sub(b"", entry.value) if entry else b""
    if entry and new != entry.value:
        _set_text(page, GDAL_METADATA, new.rstrip(b"\0"))
        add_note(notes, "GDAL's statistics not kept: they are those before the filter")


def _set_text(page: Directory, tag: int, text: bytes) -> None:
    page.set(Entry(tag, 2, len(text) + 1, text + b"\0"))


def _update_ome(tag: bytes, stored: Stored, result: Result) -> bytes:
    """Return a tag of OME-XML with the samples, width and height of the result. Other images may have other sizes."""
    size, stride, kind = result.size, result.stride, result.kind
    tag = TYPE.sub(rb"\g<1>" + OME_TYPES.get(kind, kind).encode(), tag)
    sides = {b"X": (stored.width, size[0], stride[1]), b"Y": (stored.height, size[1], stride[0])}
    if stored.turn > 4:  # what is called X in the file becomes Y
        sides = {b"X": (stored.width, size[1], stride[0]), b"Y": (stored.height, size[0], stride[1])}

    def replace(found: re.Match[bytes]) -> bytes:
        space, name, equals, value = found.groups()
        axis = b"X" if b"X" in name else b"Y"
        before, after, step = sides[axis]
        if stored.turn > 4:
            name = name.replace(b"SizeX", b"SizeY") if axis == b"X" else name.replace(b"SizeY", b"SizeX")
        if name.endswith(b"Unit"):
            return b"".join((space, name, equals, value))
        try:
            if name.startswith(b"Size"):
                value = b"%d" % (after if int(value) == before else -(-int(value) // step))
            elif step > 1:
                value = repr(float(value) * step).encode()
        except ValueError:
            pass
        return b"".join((space, name, equals, value))

    return ATTRIBUTE.sub(replace, tag)


def _update_shape(text: bytes, stored: Stored, size: tuple[int, int]) -> bytes | None:
    """Return tifffile's description with the shape of the result; None if it describes something else."""
    found = SHAPE.search(text)
    shape = read_shape(text)
    if not found or not shape:
        return text
    before, (width, height) = [stored.height, stored.width], size
    if stored.bands > 1 and shape[-3:] == [*before, stored.bands]:
        shape[-3:-1] = height, width
    elif stored.bands > 1 and shape[-3:] == [stored.bands, *before]:
        shape[-3:] = height, width, stored.bands  # the result's samples are beside each other
    elif shape[-2:] == before:
        shape[-2:] = height, width
    else:
        return None
    if [int(side) for side in found[2].split(b",")] == shape:
        return text
    return SHAPE.sub(lambda match: match[1] + ", ".join(map(str, shape)).encode() + match[3], text, count=1)


def read_shape(text: bytes) -> list[int]:
    """Return the shape of an array of images in tifffile's description, if it is one."""
    if not SHAPED.match(text):
        return []
    import json

    try:
        shape = json.loads(text.rstrip(b"\0"))["shape"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return shape if isinstance(shape, list) and all(isinstance(side, int) for side in shape) else []


def count_images(page: Directory, stored: Stored) -> int:
    """Return how many images the description of ImageJ or tifffile states, 1 by default."""
    entry = page.find(DESCRIPTION)
    text = entry.value if entry else b""
    if found := IMAGEJ.match(text):
        return int(found[1])
    shape = read_shape(text)
    return math.prod(shape) // (stored.height * stored.width * stored.bands or 1) if shape else 1


def remove_truncated(text: bytes) -> bytes:
    """Return tifffile's description of a stack whose planes get a table each."""
    return TRUNCATED.sub(b"", text) if SHAPED.match(text) else text
