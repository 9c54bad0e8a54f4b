"""TIFF files written page by page: samples of any kind and number, deflated, with metadata of their own."""
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
STRIP = 2**18  # bytes, about, that are deflated together
LEVEL = 3  # of deflating: 6 takes four times as long for files that are 6 % smaller
DEFLATE = 8  # the number of the compression
CLASSIC = b"II*\0\0\0\0\0"  # how a file begins whose offsets have 32 bits
MOST = 2**32 - 2**16  # bytes of a file whose offsets have 32 bits


def pages(frames: Iterable[tuple[Picture, dict[str, Any]]]) -> bytes:
    """Return a TIFF file of frames and their metadata: icc_profile, exif, xmp and dpi."""
    file = io.BytesIO(b"II*\0" + bytes(4))
    link = 4  # where the place of the next page goes
    for frame, kept in frames:
        place = file.seek(0, 2)
        place += file.write(bytes(place % 2))
        strips, tags = _strips(frame, kept)
        table = tags.tobytes(place)
        file.write(table)
        file.writelines(strips)
        if file.tell() > MOST:
            raise FileError("TIFF holds at most 4 GB")
        file.seek(link)
        file.write(struct.pack("<I", place))
        link = place + 2 + 12 * struct.unpack("<H", table[:2])[0]
    return file.getvalue()


def _strips(frame: Picture, kept: dict[str, Any]) -> tuple[list[bytes], TiffImagePlugin.ImageFileDirectory_v2]:
    """Return a page's deflated strips and its table of tags."""
    pixels = as_array(frame)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    pixels = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    height, width, bands = pixels.shape
    rows = max(1, STRIP // (width * bands * pixels.itemsize))
    whole = pixels.dtype.kind != "f"
    strips = [b""] * -(-height // rows)

    def deflate(number: int) -> None:
        strips[number] = zlib.compress(differences(pixels[number * rows:(number + 1) * rows], whole), LEVEL)

    for_each(deflate, range(len(strips)))
    sizes = [len(strip) for strip in strips]
    tags = table(frame, kept)
    places = tuple(itertools.accumulate(sizes[:-1], initial=0))
    lay(tags, {259: DEFLATE, 278: rows, 317: 2 if whole else 1}, {273: places, 279: tuple(sizes)})
    return strips, tags


def table(frame: Picture, kept: dict[str, Any], head: bytes = CLASSIC) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return a page's tags, but for where its pixels are and how they are compressed."""
    pixels = as_array(frame)
    height, width, bands = pixels.shape if pixels.ndim == 3 else (*pixels.shape, 1)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head)
    _describe(tags, kept)
    colors, extra = _meaning(frame, bands)
    layout: dict[int, Any] = {
        256: width, 257: height, 258: (8 * pixels.itemsize,) * bands, 262: PHOTOMETRIC[colors], 277: bands, 284: 1,
        339: ({"u": 1, "i": 2, "f": 3}[pixels.dtype.kind],) * bands}
    if extra:
        layout[338] = extra
    if colors == "YCbCr":
        layout |= {530: (1, 1)}
    lay(tags, layout, {})
    return tags


def lay(tags: TiffImagePlugin.ImageFileDirectory_v2, layout: dict[int, Any], places: dict[int, tuple[int, ...]]
        ) -> None:
    """Put how the pixels lie into a page's tags, and with them places and lengths in the file."""
    for number, value in layout.items():
        tags[number] = value
    for number, values in places.items():
        tags.tagtype[number] = 16 if max(values) >= 2**32 else 4
        tags[number] = values


def differences(rows: Array, whole: bool) -> bytes:
    """Return samples as deflating likes them: whole numbers as differences from the pixel before."""
    if whole:
        bits = rows.view(f"<u{rows.itemsize}")
        rows = np.concatenate([bits[:, :1], bits[:, 1:] - bits[:, :-1]], axis=1)
    return rows.tobytes()


def _meaning(frame: Picture, bands: int) -> tuple[str, tuple[int, ...]]:
    """Return what the first bands are, and the meaning of the others: 2 for alpha, 0 for none that is known."""
    if not isinstance(frame, HighDepthImage):
        mode = {"I": "L", "F": "L", "I;16": "L"}.get(frame.mode, frame.mode)
        return mode, (2,) if mode.endswith("A") else ()
    colors = {1: "L", 3: "RGB", 4: "CMYK"}[frame.colors]
    return colors, (2,) if frame.alpha else (0,) * (bands - frame.colors)


def _describe(tags: TiffImagePlugin.ImageFileDirectory_v2, kept: dict[str, Any]) -> None:
    """Put the metadata into a page's tags."""
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
