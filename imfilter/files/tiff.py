"""Encode TIFF files page by page: any samples and channels, deflated, each page with its own metadata."""
from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, TiffImagePlugin

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from ..runtime.threads import for_each
from .metadata import TABLES

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

PHOTOMETRIC = {"L": 1, "LA": 1, "RGB": 2, "RGBA": 2, "CMYK": 5, "YCbCr": 6}
STRIP = 2**18  # bytes, about, that are deflated at once
LEVEL = 3  # of deflate: level 6 takes four times as long for files that are 6 % smaller
DEFLATE = 8  # TIFF's number of the compression
CLASSIC = b"II*\0\0\0\0\0"  # the header of a file with 32-bit offsets
MOST = 2**32 - 2**16  # bytes of a file with 32-bit offsets


def encode_tiff(frames: Iterable[tuple[Picture, dict[str, Any]]]) -> bytes:
    """Encode frames and their metadata (icc_profile, exif, xmp and dpi) as a TIFF file."""
    file = io.BytesIO(b"II*\0" + bytes(4))
    link = 4  # where the offset of the next page is stored
    for frame, kept in frames:
        place = file.seek(0, 2)
        place += file.write(bytes(place % 2))
        strips, tags = _encode_strips(frame, kept)
        directory = tags.tobytes(place)
        file.write(directory)
        file.writelines(strips)
        if file.tell() > MOST:
            raise FileError("TIFF must have at most 4 GB")
        file.seek(link)
        file.write(struct.pack("<I", place))
        link = place + 2 + 12 * struct.unpack("<H", directory[:2])[0]
    return file.getvalue()


def _encode_strips(frame: Picture, kept: dict[str, Any]) -> tuple[list[bytes], TiffImagePlugin.ImageFileDirectory_v2]:
    """Return a page's deflated strips and its tags."""
    pixels = as_array(frame)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    pixels = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    height, width, bands = pixels.shape
    rows = max(1, STRIP // (width * bands * pixels.itemsize))
    integers = pixels.dtype.kind != "f"
    strips = [b""] * -(-height // rows)

    def deflate(number: int) -> None:
        strips[number] = zlib.compress(encode_differences(pixels[number * rows:(number + 1) * rows], integers), LEVEL)

    for_each(deflate, range(len(strips)))
    sizes = [len(strip) for strip in strips]
    tags = make_directory(frame, kept)
    places = tuple(itertools.accumulate(sizes[:-1], initial=0))
    set_layout(tags, {259: DEFLATE, 278: rows, 317: 2 if integers else 1}, {273: places, 279: tuple(sizes)})
    return strips, tags


def make_directory(
    frame: Picture, kept: dict[str, Any], head: bytes = CLASSIC
) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return a page's tags, except those on the place and the compression of its pixels."""
    pixels = as_array(frame)
    height, width, bands = pixels.shape if pixels.ndim == 3 else (*pixels.shape, 1)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head)
    _set_metadata(tags, kept)
    colors, extra = _identify_channels(frame, bands)
    layout: dict[int, Any] = {
        256: width, 257: height, 258: (8 * pixels.itemsize,) * bands,
        262: 0 if colors == "L" and frame.info.get("white is zero") else PHOTOMETRIC[colors], 277: bands, 284: 1,
        339: ({"u": 1, "i": 2, "f": 3}[pixels.dtype.kind],) * bands}
    if extra:
        layout[338] = extra
    if colors == "YCbCr":
        layout |= {530: (1, 1)}
    set_layout(tags, layout, {})
    return tags


def set_layout(
    tags: TiffImagePlugin.ImageFileDirectory_v2, layout: dict[int, Any], places: dict[int, tuple[int, ...]]
) -> None:
    """Set the tags on how pixels are stored, and those with places and lengths in the file."""
    for number, value in layout.items():
        tags[number] = value
    for number, values in places.items():
        tags.tagtype[number] = 16 if max(values) >= 2**32 else 4
        tags[number] = values


def encode_differences(rows: Array, integers: bool) -> bytes:
    """Return the bytes to deflate: for integers the differences from the pixel before, which compress better."""
    if integers:
        bits = rows.view(f"<u{rows.itemsize}")
        rows = np.concatenate([bits[:, :1], bits[:, 1:] - bits[:, :-1]], axis=1)
    return rows.tobytes()


def _identify_channels(frame: Picture, bands: int) -> tuple[str, tuple[int, ...]]:
    """Return the mode of the color channels, and the meaning of the others: 2 for alpha, 0 for unknown."""
    if not isinstance(frame, HighDepthImage):
        mode = {"I": "L", "F": "L", "I;16": "L"}.get(frame.mode, frame.mode)
        return mode, (2,) if mode.endswith("A") else ()
    colors = {1: "L", 3: "RGB", 4: "CMYK"}[frame.colors]
    return colors, (2,) if frame.alpha else (0,) * (bands - frame.colors)


def _set_metadata(tags: TiffImagePlugin.ImageFileDirectory_v2, kept: dict[str, Any]) -> None:
    """Add the metadata to a page's tags."""
    if "exif" in kept:
        exif = Image.Exif()
        exif.load(kept["exif"])
        for number in exif:
            tags[number] = exif.get_ifd(number) if number in TABLES else exif[number]
    for number, key in ((700, "xmp"), (34675, "icc_profile")):
        if key in kept:
            tags.tagtype[number] = 1 if number == 700 else 7
            tags[number] = kept[key]
    if "dpi" in kept:
        (tags[282], tags[283]), tags[296] = kept["dpi"], 2
