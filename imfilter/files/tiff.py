"""Encode TIFF files page by page: any samples and channels, each page with its own metadata."""
from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..arrays.conversion import as_array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from ..runtime.threads import for_each
from .exif import ACROSS, DOWN, UNIT, ExifBlock
from .tables import Directory, Entry, make_entry, make_fraction, make_header, parse_header, write_page
from .tiff_codecs import DEFLATE, choose_codec
from .tiff_tables import LAYOUT_TAGS, NODATA, PAGE_KIND, FixedNote, set_order

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

PHOTOMETRIC = {"L": 1, "LA": 1, "RGB": 2, "RGBA": 2, "CMYK": 5, "YCbCr": 6}
STRIP = 2**18  # bytes, about, that are compressed at once
MOST = 2**32 - 2**16  # bytes of a file with 32-bit offsets
LONG_TAGS = {256, 257, 278, 322, 323}  # with 32 bits; other numbers on the layout have 16


def encode_tiff(frames: Iterable[tuple[Picture, dict[str, Any]]], notes: list[str] | None = None) -> bytes:
    """Encode frames and their metadata (icc_profile, exif, xmp, dpi, ...) as a TIFF file.

    The file has the byte order of the first frame's EXIF, so that raw values and maker notes stay valid, and is BigTIFF
    if its source is. notes: what is not kept.
    """
    file, order, big = io.BytesIO(), "", False
    for frame, kept in frames:
        if not order:
            order, big = byte_order(kept), is_big(frame.info)
            link = file.write(make_header(order, big=big)) - (8 if big else 4)  # where the place of a page is stored
        place, after = _append_page(file, frame, kept, (order, big), [] if notes is None else notes)
        if file.tell() > MOST and not big:
            raise FileError("TIFF must have at most 4 GB")
        file.seek(link)
        file.write(struct.pack(order + ("Q" if big else "I"), place))
        link = after
    return file.getvalue()


def is_big(info: dict[Any, Any]) -> bool:
    """Return whether a photo is from a BigTIFF file, as the result will be."""
    return "stored" in info and info["stored"].big


def byte_order(kept: dict[str, Any]) -> str:
    """Return the byte order of a frame's EXIF; "<" if there is none."""
    return parse_header(kept["exif"].removeprefix(b"Exif\0\0")).order if "exif" in kept else "<"


def _append_page(
    file: io.BytesIO, frame: Picture, kept: dict[str, Any], kind: tuple[str, bool], notes: list[str]
) -> tuple[int, int]:
    """Append a page's strips and its table. Return the place of the table, and that of its link.

    kind: the byte order, and whether offsets have 64 bits.
    """
    order, big = kind
    strips, layout = _encode_strips(frame, order)
    page = make_directory(frame, kept, order)
    start = file.seek(0, 2)
    note = FixedNote(page, start, notes)
    places = []
    for strip in strips:
        file.write(note.before(file.tell(), len(strip)))
        places.append(file.tell())
        file.write(strip)
    file.write(note.before(file.tell(), MOST))
    set_layout(page, layout, {273: places, 279: [len(strip) for strip in strips]}, order)
    place = file.tell()
    place += file.write(bytes(place % 2))
    table, link = write_page(page, order, place, big=big, fixed=note.entry)
    file.write(table)
    return place, link


def _encode_strips(frame: Picture, order: str) -> tuple[list[bytes], dict[int, Any]]:
    """Return a page's compressed strips, and the tags that describe them."""
    pixels = as_array(frame)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    height, width, bands = pixels.shape
    rows = max(1, STRIP // (width * bands * pixels.itemsize))
    stored = frame.info.get("stored")
    codec = choose_codec(stored.compression if stored else DEFLATE, pixels.dtype, order)
    strips = [b""] * -(-height // rows)

    def encode(number: int) -> None:
        strips[number] = codec(pixels[number * rows:(number + 1) * rows])

    for_each(encode, range(len(strips)))
    return strips, {**codec.layout, 278: rows}


def make_directory(frame: Picture, kept: dict[str, Any], order: str) -> Directory:
    """Return a page's table, without the tags on the place and the compression of its pixels."""
    pixels = as_array(frame)
    height, width, bands = pixels.shape if pixels.ndim == 3 else (*pixels.shape, 1)
    page = _copy_metadata(kept, order)
    colors, extra = _identify_channels(frame, bands)
    layout: dict[int, Any] = {
        256: width, 257: height, 258: (8 * pixels.itemsize,) * bands,
        262: 0 if colors == "L" and frame.info.get("white is zero") else PHOTOMETRIC[colors], 277: bands, 284: 1,
        339: ({"u": 1, "i": 2, "f": 3}[pixels.dtype.kind],) * bands}
    if extra:
        layout[338] = extra
    if colors == "YCbCr":
        layout |= {530: (1, 1)}
    if kept.get("page_kind"):
        page.set(make_entry(PAGE_KIND, 4, [kept["page_kind"]], order))
    set_layout(page, layout, {}, order)
    return page


def set_layout(page: Directory, layout: dict[int, Any], places: dict[int, list[int]], order: str) -> None:
    """Set the tags on how pixels are stored, and those with places and lengths in the file."""
    for number, value in layout.items():
        values = value if isinstance(value, tuple) else (value,)
        page.set(make_entry(number, 4 if number in LONG_TAGS else 3, values, order))
    for number, offsets in places.items():
        page.set(make_entry(number, 16 if max(offsets) >= 2**32 else 4, offsets, order))


def _identify_channels(frame: Picture, bands: int) -> tuple[str, tuple[int, ...]]:
    """Return the mode of the color channels, and the meaning of the others: 2 for alpha, 0 for unknown."""
    if not isinstance(frame, HighDepthImage):
        mode = {"I": "L", "F": "L", "I;16": "L"}.get(frame.mode, frame.mode)
        return mode, (2,) if mode.endswith("A") else ()
    colors = {1: "L", 3: "RGB", 4: "CMYK"}[frame.colors]
    return colors, (2,) if frame.alpha else (0,) * (bands - frame.colors)


def _copy_metadata(kept: dict[str, Any], order: str) -> Directory:
    """Return a table with the metadata: entries of EXIF as they are, XMP, color profile and resolution."""
    page = Directory()
    if "exif" in kept:
        block = ExifBlock.parse(kept["exif"])
        page = block.first
        page.next = None
        set_order(page, block.order, order)
        page.remove(*LAYOUT_TAGS)
    for number, kind, key in ((700, 1, "xmp"), (34675, 7, "icc_profile")):
        if key in kept:
            page.set(Entry(number, kind, len(kept[key]), kept[key]))
    if "nodata" in kept:
        text = kept["nodata"].rstrip(b"\0") + b"\0"
        page.set(Entry(NODATA, 2, len(text), text))
    _set_resolution(page, kept, order)
    return page


def _set_resolution(page: Directory, kept: dict[str, Any], order: str) -> None:
    """Set the resolution, unless the entries of the page state the same."""
    pair, unit = kept.get("dpi"), 2
    if pair is None:
        pair, unit = kept.get("density"), 1
    if pair is None or _states_resolution(page, pair, unit, order):
        return
    for tag, side in zip((ACROSS, DOWN), pair, strict=True):
        page.set(make_fraction(tag, Fraction(side).limit_denominator(10000), order))
    page.set(make_entry(UNIT, 3, [unit], order))


def _states_resolution(page: Directory, pair: tuple[float, float], unit: int, order: str) -> bool:
    """Return whether the entries of a page have a resolution, in pixels per inch (unit 2) or without a unit (1)."""
    block = ExifBlock(page, order)
    own = block.integer(page, UNIT) or 2
    scale = 2.54 if own == 3 else 1.0
    for tag, side in zip((ACROSS, DOWN), pair, strict=True):
        value = block.fraction(tag)
        if value is None or (own == 1) != (unit == 1) or abs(float(value) * scale - side) > 1e-4 * side:
            return False
    return True
