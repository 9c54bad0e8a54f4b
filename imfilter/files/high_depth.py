"""Files of deep color, of floats and of many channels, of which Pillow would read less than there is."""
from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image, TiffImagePlugin

from ..arrays.conversion import PIL_MODES
from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from .metadata import TABLES
from .photo import note
from .pillow_guards import Complaints
from .samples import separated

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

COLORS = {0: 1, 1: 1, 2: 3, 5: 4}  # of TIFF's photometric interpretations
ASSOCIATED, SEPARATE = 1, 2  # the meanings of an extra channel that is alpha


def library(name: str) -> Any:
    """Return the library that reads deep files, or say how it is installed."""
    try:
        return import_module(name)
    except ImportError:
        raise FileError("has more than 8 bits a color, or channels beyond alpha: reading and writing those needs "
                        "pip install 'imfilter[formats]'") from None


def png(stream: IO[bytes]) -> Picture:
    """Decode a PNG file of 16 bits a sample."""
    stream.seek(0)
    pixels: Array = library("imagecodecs").png_decode(stream.read())
    return HighDepthImage(pixels, alpha=pixels.shape[2] in (2, 4))


def ppm(stream: IO[bytes], header: Any) -> Picture:
    """Decode a PPM file of two bytes a sample, which are scaled to 16 bits."""
    _, _, offset, arguments = header.tile[0]
    most = arguments[1]
    count = header.width * header.height * 3
    stream.seek(offset)
    data = stream.read(2 * count)
    if len(data) < 2 * count:
        raise FileError("is damaged: its end is missing")
    pixels = np.frombuffer(data, ">u2").astype(np.uint16).reshape(header.height, header.width, 3)
    if most != 65535:
        pixels = ((pixels * 65535.0) / most + 0.5).clip(0, 65535).astype(np.uint16)
    return HighDepthImage(pixels)


def directories(stream: IO[bytes]) -> Iterator[tuple[int, TiffImagePlugin.ImageFileDirectory_v2]]:
    """Yield the place and the table of tags of every page of a TIFF file, maybe without an end."""
    stream.seek(0)
    head = stream.read(16)
    # Pillow looks for the 43 of BigTIFF files in the place of little-endian ones.
    head, prefix = (b"II\x2b\0" + head[4:] if b"\x2b" in head[2:4] else head[:8]), head[:2]
    place = TiffImagePlugin.ImageFileDirectory_v2(head, prefix).next
    while place:
        table = TiffImagePlugin.ImageFileDirectory_v2(head, prefix)
        stream.seek(place)
        table.load(stream)
        yield place, table
        place = table.next


class Tables:
    """The pages of a TIFF file as tables of tags, whether or not Pillow knows their samples."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        stream.seek(0)
        head = stream.read(4)
        self.endian, self.big = "<" if head.startswith(b"II") else ">", b"\x2b" in head[2:4]
        self.offsets: list[int] = []
        self.tags: list[dict[int, Any]] = []
        for place, table in directories(stream):
            if place in self.offsets:
                break
            self.offsets.append(place)
            self.tags.append(dict(table.items()))

    def size(self, page: int) -> tuple[int, int]:
        return self.tags[page][256], self.tags[page][257]

    def header(self, page: int, notes: list[str]) -> Image.Image:
        """Return a picture without pixels that carries the page's metadata as an opened file does."""
        tags = self.tags[page]
        image = Image.new("L", (1, 1))
        image.info = {"xmp": tags.get(700), "icc_profile": tags.get(34675)}
        scale = {2: 1.0, 3: 2.54}.get(tags.get(296, 2))
        if scale and 282 in tags and 283 in tags:
            image.info["dpi"] = tags[282] * scale, tags[283] * scale
        exif = image.getexif()
        if self.big and self.endian == ">":  # which Pillow does not read
            exif.update({number: value for number, value in tags.items() if number not in TABLES})
            if TABLES & set(tags):
                note(notes, "EXIF kept in part: of a big-endian BigTIFF file, exposure and place cannot be read")
        else:
            exif.endian, exif.bigtiff = self.endian, self.big
            exif.load_from_fp(self.stream, self.offsets[page])
        return image

    def picture(self, page: int) -> Picture:
        """Decode the samples of a page."""
        tifffile = library("tifffile")
        library("imagecodecs")
        tags = self.tags[page]
        photometric, bits = tags.get(262, 1), set(tags.get(258, (1,)))
        if photometric not in COLORS or not bits <= {8, 16, 32, 64} or len(bits) > 1:
            raise FileError(f"has samples that are not read here: TIFF photometric {photometric}, "
                            f"{', '.join(map(str, sorted(bits)))} bits")
        self.stream.seek(0)
        with Complaints("tifffile") as complaints, tifffile.TiffFile(self.stream) as file:
            own = file.pages[page]
            pixels = own.asarray()
            planes = own.axes.startswith("S")
        if complaints.said:  # it reads what is missing as 0
            raise ValueError(complaints.said[0])
        if planes:
            pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
        return _pictured(pixels.astype(pixels.dtype.newbyteorder("=")), photometric, tags.get(338, ()))


def _pictured(pixels: Array, photometric: int, extra: tuple[int, ...]) -> Picture:
    """Return decoded samples as a Pillow image if there is a mode for them, else as a HighDepthImage one."""
    if pixels.ndim not in (2, 3):
        raise FileError(f"has samples of {pixels.ndim} axes, which are not read here")
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    colors = COLORS[photometric]
    if photometric == 0 and pixels.dtype.kind == "u":
        pixels[..., 0] = np.iinfo(pixels.dtype).max - pixels[..., 0]
    alpha = pixels.shape[2] == colors + 1 and extra in ((ASSOCIATED,), (SEPARATE,))
    if alpha and extra == (ASSOCIATED,):
        pixels = separated(pixels)
    mode = PIL_MODES.get((pixels.dtype.char, pixels.shape[2]))
    if mode and not alpha:
        return Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[..., 0])
    if alpha and pixels.dtype == np.uint8 and colors in (1, 3):
        return Image.fromarray(pixels)
    return HighDepthImage(pixels, alpha, colors)


def turned(pixels: Array, orientation: int) -> Array:
    """Return stored samples upright, as EXIF's orientations 1 to 8 say."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    down, across = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(pixels[::-1 if down else 1, ::-1 if across else 1])


def encoded_ppm(frame: HighDepthImage) -> bytes:
    """Return 16-bit colors as a PPM file."""
    return b"P6\n%d %d\n65535\n" % frame.size + frame.pixels.astype(">u2").tobytes()
