"""Read TIFF files window by window: decode only the segments that overlap, or read uncompressed pixels in place."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...errors import FileError
from ...files.header import NO_IMAGE
from ...files.orientation import turn_pixels
from ...files.pillow_guards import explain_read_errors, quiet_headers
from ...files.samples import is_white_zero
from ...files.tiff_pages import TiffPages
from ...files.tiff_tables import check_stream, remove_description
from ..segment_cache import CACHE, assemble_block, check_segment
from ..source import Source, read_stamp
from .directory import TiffDirectory, read_directory
from .samples import Samples, identify_samples

LINES = 512  # rows, about, of the tiles of a file stored in strips


class TiffSource(Source):
    """The largest image of a TIFF file."""

    def __init__(self, path: str) -> None:
        with explain_read_errors(path, NO_IMAGE), open(path, "rb") as stream:
            notes: list[str] = []
            check_stream(stream)
            stored = read_directory(path, stream, notes)
            samples = identify_samples(stored.tags, stored.dtype, stored.bands, notes)
            if not stored.raw:
                check_segment((*stored.segment, stored.bands), stored.dtype, "tile" if stored.tiled else "strip")
            with quiet_headers():
                info, self._turn = TiffPages(stream).collect_metadata(0, notes)
        if stored.tags["pages"] > 1 and "exif" in info:
            info["exif"] = remove_description(info["exif"], notes)
        if is_white_zero({262: samples.photometric}, samples.dtype):
            info["white is zero"] = True
        sides = stored.size if self._turn < 5 else stored.size[::-1]
        tile = stored.segment if stored.tiled else _strip_tile(stored)
        shape = sides if samples.bands == 1 and not samples.alpha else (*sides, samples.bands)
        super().__init__(path, shape, samples.dtype, samples.alpha, samples.colors,
                         tile if self._turn < 5 else (tile[1], tile[0]), info, notes, read_stamp(path))
        self.compression, self.tiled = int(stored.tags["compression"]), stored.tiled
        self._stored: TiffDirectory | None = stored
        self._samples: Samples = samples

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stored": None}

    def read(self, block: Block) -> Array:
        """Return the pixels of a block, upright and interpreted."""
        block, stored = self._stored_block(block), self._open_directory()
        try:
            pixels = _read_raw(stored, block) if stored.raw else self._decode_block(stored, block)
        except OSError as error:
            raise FileError(f"{self.path}: {error.strerror or error}") from None
        pixels = turn_pixels(self._samples.interpret(pixels), self._turn)
        return pixels if len(self.shape) == 3 else pixels[..., 0]

    def _open_directory(self) -> TiffDirectory:
        if self._stored is None:
            if read_stamp(self.path) != self.stamp:
                raise FileError(f"{self.path}: has changed since it was opened")
            with explain_read_errors(self.path, NO_IMAGE), open(self.path, "rb") as stream:
                self._stored = read_directory(self.path, stream, [])
        return self._stored

    def _stored_block(self, block: Block) -> Block:
        """Return the stored block that becomes a block of the upright image."""
        (top, bottom, left, right), (height, width) = block, self.shape[:2]
        if self._turn in (3, 4, 7, 8):
            top, bottom = height - bottom, height - top
        if self._turn in (2, 3, 6, 7):
            left, right = width - right, width - left
        return Block(left, right, top, bottom) if self._turn > 4 else Block(top, bottom, left, right)

    def _decode_block(self, stored: TiffDirectory, block: Block) -> Array:
        out = np.empty((*block.size, stored.bands), stored.dtype)
        bands = stored.bands // stored.planes
        for plane in range(stored.planes):
            def load(row: int, column: int, plane: int = plane) -> Array:
                key = self.path, self.stamp, plane, row, column
                return CACHE.get(key, lambda: stored.decode_segment(plane, row, column))

            assemble_block(block, stored.segment, out[..., plane * bands:(plane + 1) * bands], load)
        return out


def _strip_tile(stored: TiffDirectory) -> tuple[int, int]:
    """Return the size of a tile of whole strips, which span the width of the image."""
    height, width = stored.size
    if stored.raw:
        return min(height, 2 * LINES), min(width, 2 * LINES)
    rows = stored.segment[0]
    return min(height, rows * max(1, math.ceil(LINES / rows))), width


def _read_raw(stored: TiffDirectory, block: Block) -> Array:
    """Read pixels that are stored uncompressed, row after row."""
    height, width = block.size
    bands = stored.bands // stored.planes
    out = np.empty((height, width, stored.bands), stored.dtype)
    pixel = bands * stored.dtype.itemsize
    line = stored.size[1] * pixel
    for plane, start in enumerate(stored.raw):
        place = start + block.top * line + block.left * pixel
        if width == stored.size[1]:
            pieces = [stored.read_bytes(place, height * line)]
        else:
            pieces = [stored.read_bytes(place + y * line, width * pixel) for y in range(height)]
        data = np.frombuffer(b"".join(pieces), stored.dtype.newbyteorder(stored.order))
        out[..., plane * bands:(plane + 1) * bands] = data.reshape(height, width, bands)
    return out
