"""TIFF files as sources: strips or tiles are decoded as windows meet them, or pixels read where they lie bare."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...errors import FileError
from ...files.header import NO_IMAGE
from ...files.high_depth import Tables, turned
from ...files.metadata import gathered as metadata
from ...files.pillow_guards import blamed_on, headers_alone
from ..segment_cache import CACHE, check_segment, gathered
from ..source import Source, stamp
from .directory import Level, level
from .samples import Samples, samples

LINES = 512  # rows, about, of the tiles that are natural to strips


class TiffSource(Source):
    """The largest picture of a TIFF file."""

    def __init__(self, path: str) -> None:
        with blamed_on(path, NO_IMAGE), open(path, "rb") as stream:
            notes: list[str] = []
            stored = level(path, stream, notes)
            meant = samples(stored.tags, stored.dtype, stored.bands, notes)
            if not stored.bare:
                check_segment((*stored.segment, stored.bands), stored.dtype, "tile" if stored.tiled else "strip")
            with headers_alone():
                header = Tables(stream).header(0, notes)
                info, self._turn = metadata(header, stream, "TIFF", notes)
        sides = stored.size if self._turn < 5 else stored.size[::-1]
        tile = stored.segment if stored.tiled else _lines(stored)
        shape = sides if meant.bands == 1 and not meant.alpha else (*sides, meant.bands)
        super().__init__(path, shape, meant.dtype, meant.alpha, meant.colors,
                         tile if self._turn < 5 else (tile[1], tile[0]), info, notes, stamp(path))
        self.compression = int(stored.tags["compression"])
        self._stored: Level | None = stored
        self._samples: Samples = meant

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stored": None}

    def read(self, block: Block) -> Array:
        """Return the pixels of a block, upright and as they are meant."""
        block, stored = self._within(block), self._opened()
        try:
            pixels = _bare(stored, block) if stored.bare else self._decoded(stored, block)
        except OSError as error:
            raise FileError(f"{self.path}: {error.strerror or error}") from None
        pixels = turned(self._samples.meant(pixels), self._turn)
        return pixels if len(self.shape) == 3 else pixels[..., 0]

    def _opened(self) -> Level:
        if self._stored is None:
            if stamp(self.path) != self.stamp:
                raise FileError(f"{self.path}: has changed since it was opened")
            with blamed_on(self.path, NO_IMAGE), open(self.path, "rb") as stream:
                self._stored = level(self.path, stream, [])
        return self._stored

    def _within(self, block: Block) -> Block:
        """Return where a block of the upright picture is stored."""
        (top, bottom, left, right), (height, width) = block, self.shape[:2]
        if self._turn in (3, 4, 7, 8):
            top, bottom = height - bottom, height - top
        if self._turn in (2, 3, 6, 7):
            left, right = width - right, width - left
        return Block(left, right, top, bottom) if self._turn > 4 else Block(top, bottom, left, right)

    def _decoded(self, stored: Level, block: Block) -> Array:
        out = np.empty((*block.size, stored.bands), stored.dtype)
        each = stored.bands // stored.planes
        for plane in range(stored.planes):
            def load(row: int, column: int, plane: int = plane) -> Array:
                key = self.path, self.stamp, plane, row, column
                return CACHE.get(key, lambda: stored.decoded(plane, row, column))

            gathered(block, stored.segment, out[..., plane * each:(plane + 1) * each], load)
        return out


def opened(path: str) -> TiffSource:
    """Open a TIFF file."""
    return TiffSource(path)


def _lines(stored: Level) -> tuple[int, int]:
    """Return a tile of whole strips, which are decoded from one side of the picture to the other."""
    height, width = stored.size
    if stored.bare:
        return min(height, 2 * LINES), min(width, 2 * LINES)
    rows = stored.segment[0]
    return min(height, rows * max(1, math.ceil(LINES / rows))), width


def _bare(stored: Level, block: Block) -> Array:
    """Read pixels that lie in the file as they are, row after row."""
    height, width = block.size
    each = stored.bands // stored.planes
    out = np.empty((height, width, stored.bands), stored.dtype)
    pixel = each * stored.dtype.itemsize
    line = stored.size[1] * pixel
    for plane, start in enumerate(stored.bare):
        place = start + block.top * line + block.left * pixel
        if width == stored.size[1]:
            pieces = [stored.bytes(place, height * line)]
        else:
            pieces = [stored.bytes(place + y * line, width * pixel) for y in range(height)]
        data = np.frombuffer(b"".join(pieces), stored.dtype.newbyteorder(stored.order))
        out[..., plane * each:(plane + 1) * each] = data.reshape(height, width, each)
    return out


