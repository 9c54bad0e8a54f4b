"""The directory of a TIFF file's largest image: where its segments are, and how to decode one."""
from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Literal

import numpy as np

from ...arrays.dtypes import Array
from ...errors import FileError
from ...files.photo import add_note
from ...files.pillow_guards import LogCapture
from ...files.tiff_pages import read_fill
from ...runtime.extras import import_library
from ..segment_cache import explain_decoding

REDUCED, MASK = 1, 4  # bits of NewSubfileType, the purpose of a page
JPEG, OLD_JPEG, APERIO_YCBCR = 7, 6, 33003
END = b"\xff\xd9"  # of JPEG data; decoders silently invent what is missing
SEEKING = threading.Lock()


@dataclass
class TiffDirectory:
    """How an image is stored.

    size: height and width. bands: of all planes together. segment: rows and columns of a strip or tile. offsets,
    counts: of the segments of each plane. first: the number of each plane's first segment in its page. order: of the
    bytes. tables: arguments of decode. raw: where the samples of each plane begin, if they are stored uncompressed, row
    after row; else empty.
    """

    path: str
    size: tuple[int, int]
    dtype: np.dtype[Any]
    bands: int
    planes: int
    segment: tuple[int, int]
    tiled: bool
    tags: dict[str, Any]
    offsets: list[Sequence[int]]
    counts: list[Sequence[int]]
    first: list[int]
    order: Literal["<", ">"]
    decode: Callable[..., Any]
    tables: dict[str, Any]
    raw: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._handle)

    def read_bytes(self, place: int, count: int) -> bytes:
        """Read bytes of the file, from any thread."""
        pieces: list[bytes] = []
        while count:
            piece = _read_at(self._handle, count, place)
            if not piece:
                raise FileError(f"{self.path}: is damaged: its end is missing")
            pieces.append(piece)
            place, count = place + len(piece), count - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def decode_segment(self, plane: int, row: int, column: int) -> Array:
        """Decode the segment of a plane at a row and column of segments: (h, w, bands of the plane)."""
        number = row * -(-self.size[1] // self.segment[1]) + column
        try:
            place, count = int(self.offsets[plane][number]), int(self.counts[plane][number])
            if not place and not count:  # sparse: a segment that was never written
                return self._fill_segment(row)
            if not place or not count:
                raise ValueError("it is missing")
            data = self.read_bytes(place, count)
            if self.tags["compression"] == JPEG and END not in data[-16:]:
                raise ValueError("its end is missing")
            with LogCapture("tifffile") as log:
                pixels = self.decode(data, self.first[plane] + number, **self.tables)[0]
            if log.messages:
                raise ValueError(log.messages[0])
            return np.asarray(pixels[0], self.dtype)
        except Exception as error:  # every decoder raises its own exceptions
            name, pixel = "tile" if self.tiled else "strip", (row * self.segment[0], column * self.segment[1])
            raise explain_decoding(error, self.path, name, pixel) from None

    def _fill_segment(self, row: int) -> Array:
        """Return a segment of the value for missing data, 0 by default, as tifffile does."""
        rows = self.segment[0] if self.tiled else min(self.segment[0], self.size[0] - row * self.segment[0])
        return np.full((rows, self.segment[1], self.bands // self.planes), self.tags["nodata"], self.dtype)


def _read_at(handle: int, count: int, place: int) -> bytes:
    """Read at a position of an open file that other threads read as well."""
    if hasattr(os, "pread"):
        return os.pread(handle, count, place)
    with SEEKING:  # Windows
        os.lseek(handle, place, os.SEEK_SET)
        return os.read(handle, count)


def library() -> Any:
    """Import tifffile, or say how to install it."""
    return import_library("tifffile", "formats", "reading TIFF files in tiles")


def read_directory(path: str, stream: IO[bytes], notes: list[str]) -> TiffDirectory:
    """Find the largest image of a file, and how it is stored."""
    tifffile = library()
    with LogCapture("tifffile") as log, tifffile.TiffFile(stream) as file:
        if not file.pages:
            raise FileError("holds no image")
        pages, key = _find_pages(file, notes)
        stored = _describe_storage(path, pages, key, file.byteorder)
    if log.messages:
        raise ValueError(log.messages[0])
    _check_length(stored, os.fstat(stream.fileno()).st_size)
    return stored


def _find_pages(file: Any, notes: list[str]) -> tuple[list[Any], Any]:
    """Return the pages that hold the planes of the largest image, and the page that describes them."""
    series = file.series[0]
    key = series.keyframe
    if any(side > 1 for side, axis in zip(series.shape, series.axes, strict=True) if axis not in "YXSC"):
        raise FileError(f"holds {len(series.pages)} images with the axes {series.axes}, and only a single one is "
                        "filtered in tiles: use --engine memory")
    pages = list(series.pages)
    if len(pages) > 1 and not file.is_ome:
        raise FileError(f"holds {len(pages)} pages, and only a single one is filtered in tiles: use --engine memory")
    if len(pages) > 1:
        add_note(notes, f"{len(pages)} pages with one channel each become one image")
    own = {page.index for one in [series, *series.levels] for page in one.pages if page is not None}
    others = [page for page in file.pages if page.index not in own]
    unknown = [page for page in others if not page.aspage().subfiletype & (REDUCED | MASK)]
    if unknown and not (file.is_svs or file.is_ome or series.is_pyramidal):
        raise FileError(f"holds {len(file.pages)} pages, and only a single one is filtered in tiles: "
                        "use --engine memory")
    if others:
        add_note(notes, "additional smaller images not kept")
    elif len(series.levels) > 1:
        add_note(notes, "reduced copies of the image not kept")
    return pages, key


def _describe_storage(path: str, pages: list[Any], key: Any, order: Literal["<", ">"]) -> TiffDirectory:
    """Return how the planes of an image are stored, in one page or several."""
    if key.compression in (OLD_JPEG, APERIO_YCBCR):
        raise FileError(f"has an unsupported compression: number {int(key.compression)} of TIFF")
    if key.imagedepth > 1 or key.dtype is None:
        raise FileError(f"has unsupported samples: depth {key.imagedepth}, {key.bitspersample} bits")
    separate = key.planarconfig == 2 and key.samplesperpixel > 1
    size = key.imagelength, key.imagewidth
    segment = (key.tilelength, key.tilewidth) if key.is_tiled else (min(key.rowsperstrip, size[0]), size[1])
    count = -(-size[0] // segment[0]) * -(-size[1] // segment[1])
    starts = [count * plane for plane in range(key.samplesperpixel if separate else 1)]
    planes = [(page, start) for page in pages for start in starts]
    offsets = [page.dataoffsets[start:start + count] for page, start in planes]
    counts = [page.databytecounts[start:start + count] for page, start in planes]
    if any(len(part) != count for part in offsets + counts):
        raise FileError("is damaged: the positions of some pixels are missing")
    tags = {"photometric": int(key.photometric), "bits": key.bitspersample, "compression": int(key.compression),
            "extra": tuple(int(one) for one in key.extrasamples), "colormap": key.colormap,
            "nodata": read_fill(key), "samples": key.samplesperpixel, "pages": len(pages)}
    dtype = np.dtype(key.dtype).newbyteorder("=")
    stored = TiffDirectory(
        path, size, dtype, key.samplesperpixel * len(pages), len(planes), segment, key.is_tiled, tags, offsets, counts,
        [start for _, start in planes], order, key.decode,
        {"jpegtables": key.jpegtables, "jpegheader": key.jpegheader})
    if key.compression == 1 and key.predictor == 1 and key.fillorder == 1 and key.bitspersample == 8 * dtype.itemsize:
        stored.raw = _find_raw_starts(stored)
    return stored


def _find_raw_starts(stored: TiffDirectory) -> list[int]:
    """Return where the strips of each plane begin if they are contiguous, else nothing."""
    if stored.tiled:
        return []
    bands = stored.bands // stored.planes
    line = stored.size[1] * bands * stored.dtype.itemsize
    heights = np.full(len(stored.offsets[0]), stored.segment[0], np.int64)
    heights[-1] = stored.size[0] - stored.segment[0] * (len(heights) - 1)
    sizes = heights * line
    for offsets, counts in zip(stored.offsets, stored.counts, strict=True):
        places = np.asarray(offsets, np.int64)
        if not np.array_equal(np.diff(places), sizes[:-1]) or not np.array_equal(np.asarray(counts, np.int64), sizes):
            return []
    return [int(offsets[0]) for offsets in stored.offsets]


def _check_length(stored: TiffDirectory, length: int) -> None:
    """Reject a truncated file before any of its pixels are read."""
    ends = [int(np.max(np.add(offsets, counts, dtype=np.int64))) for offsets, counts in
            zip(stored.offsets, stored.counts, strict=True)]
    if max(ends) > length:
        raise FileError(f"is damaged: its end is missing: it must have {max(ends)} bytes, got {length}")
