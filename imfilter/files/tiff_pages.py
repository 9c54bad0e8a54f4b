"""The pages of TIFF files with samples that Pillow cannot read: their tags, metadata and pixels."""
from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, NoReturn

import numpy as np
from PIL import Image, TiffImagePlugin

from ..arrays.conversion import PIL_MODES
from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..arrays.nodata import Value, parse_nodata, read_text
from ..errors import FileError
from .high_depth import library
from .metadata import collect_metadata
from .pillow_guards import LogCapture, quiet_headers
from .samples import divide_by_alpha
from .tiff_tables import NODATA, PageTables

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

COLORS = {0: 1, 1: 1, 2: 3, 5: 4}  # number of colors by TIFF's photometric interpretation
ASSOCIATED, SEPARATE = 1, 2  # values of the ExtraSamples tag for alpha


def read_directories(stream: IO[bytes]) -> Iterator[tuple[int, TiffImagePlugin.ImageFileDirectory_v2]]:
    """Yield the position and the tags of each page of a TIFF file; endless if the pages form a loop."""
    stream.seek(0)
    head = stream.read(16)
    # Pillow expects BigTIFF's version 43 at the same place for both byte orders.
    head, prefix = (b"II\x2b\0" + head[4:] if b"\x2b" in head[2:4] else head[:8]), head[:2]
    place = TiffImagePlugin.ImageFileDirectory_v2(head, prefix).next
    while place:
        directory = TiffImagePlugin.ImageFileDirectory_v2(head, prefix)
        stream.seek(place)
        directory.load(stream)
        yield place, directory
        place = directory.next


class TiffPages:
    """The tags of each page of a TIFF file, whether or not Pillow knows its samples."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.tables = PageTables(stream)
        self._file: Any = None
        offsets: set[int] = set()
        self.tags: list[dict[int, Any]] = []
        for place, directory in read_directories(stream):
            if place in offsets:
                break
            offsets.add(place)
            self.tags.append(dict(directory.items()))

    def size(self, page: int) -> tuple[int, int]:
        """Return the width and height of a page."""
        try:
            return int(self.tags[page][256]), int(self.tags[page][257])
        except (KeyError, TypeError, ValueError):
            raise FileError("is damaged: it has a page without a size") from None

    def header(self, page: int, notes: list[str]) -> Image.Image:
        """Return an image of one pixel with the page's metadata, as an opened file would have it."""
        tags = self.tags[page]
        image = Image.new("L", (1, 1))
        image.info = {"xmp": tags.get(700), "icc_profile": tags.get(34675)}
        scale = {2: 1.0, 3: 2.54}.get(tags.get(296, 2))
        if scale and 282 in tags and 283 in tags:
            image.info["dpi"] = tags[282] * scale, tags[283] * scale
        image.info.update(describe_page(self.tables, page, notes))
        return image

    def collect_metadata(self, page: int, notes: list[str]) -> tuple[dict[str, Any], int]:
        """Return a page's metadata and its orientation."""
        with quiet_headers():
            return collect_metadata(self.header(page, notes), self.stream, "TIFF", notes)

    def keep_stream(self) -> None:
        """Read the whole file: it may have been deleted or replaced when the next page is requested."""
        self.stream.seek(0)
        self.stream = io.BytesIO(self.stream.read())

    def knows(self, page: int) -> bool:
        """Return whether `decode` knows the samples of a page."""
        photometric, bits = self._describe_samples(page)
        return photometric in COLORS and bits <= {8, 16, 32, 64} and len(bits) == 1

    def _describe_samples(self, page: int) -> tuple[int, set[int]]:
        return self.tags[page].get(262, 1), set(self.tags[page].get(258, (1,)))

    def reject(self, page: int) -> NoReturn:
        """Say that the samples of a page cannot be read."""
        photometric, bits = self._describe_samples(page)
        raise FileError(f"has unsupported samples: TIFF photometric {photometric}, "
                        f"{', '.join(map(str, sorted(bits)))} bits")

    def decode(self, page: int) -> Picture:
        """Decode the samples of a page."""
        tifffile = library("tifffile")
        library("imagecodecs")
        if not self.knows(page):
            self.reject(page)
        with LogCapture("tifffile") as log:
            if self._file is None:  # kept open: it would walk from the first page to this one again
                self.stream.seek(0)
                self._file = tifffile.TiffFile(self.stream)
            own = self._file.pages[page]
            own.nodata = read_fill(own)
            pixels = own.asarray()
            planes = own.axes.startswith("S")
        if log.messages:  # it logs missing data as an error, and returns zeros
            raise ValueError(log.messages[0])
        if planes:
            pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
        return to_picture(pixels.astype(pixels.dtype.newbyteorder("=")), self.tags[page])


def read_fill(page: Any) -> Value:
    """Return the value for strips and tiles that were never written: GDAL's, by default 0.

    tifffile itself takes 0 for values that need rounding, such as the lowest float32 as decimal text.
    """
    text = page.tags.valueof(NODATA)
    if not isinstance(text, str) or page.dtype is None:
        return 0
    return parse_nodata(read_text(text.encode("latin-1", "replace")), page.dtype) or 0


def describe_page(tables: PageTables, page: int, notes: list[str]) -> dict[str | tuple[int, int], Any]:
    """Return the metadata of a page that Pillow changes or leaves out, by the keys of an image's `info`."""
    info: dict[str | tuple[int, int], Any] = {"exif": tables.exif(page, notes), "page_kind": tables.kind(page)}
    return info | {"stored": tables.stored(page), "nodata": tables.nodata(page, notes)}


def to_picture(pixels: Array, tags: dict[int, Any]) -> Picture:
    """Convert decoded samples to a Pillow image if it has a mode for them, else to a HighDepthImage."""
    photometric, extra = tags.get(262, 1), tags.get(338, ())
    if pixels.ndim not in (2, 3):
        raise FileError(f"has unsupported samples: arrays of {pixels.ndim} axes")
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    colors = COLORS[photometric]
    check_bands(pixels.shape[2], colors)
    if photometric == 0 and pixels.dtype.kind == "u":
        pixels[..., 0] = np.iinfo(pixels.dtype).max - pixels[..., 0]
    alpha = pixels.shape[2] == colors + 1 and extra in ((ASSOCIATED,), (SEPARATE,))
    if alpha and extra == (ASSOCIATED,):
        pixels = divide_by_alpha(pixels)
    mode = PIL_MODES.get((pixels.dtype.char, pixels.shape[2]))
    if mode and not alpha:
        return Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[..., 0])
    if alpha and pixels.dtype == np.uint8 and colors in (1, 3):
        return Image.fromarray(pixels)
    return HighDepthImage(pixels, alpha, colors)


def check_bands(bands: int, colors: int) -> None:
    """Reject pixels of fewer samples than their colors need."""
    if bands < colors:
        raise FileError(f"is damaged: its colors must have {colors} samples a pixel, got {bands}")
