"""Write large TIFF files: compressed segments in the order of their arrival, and their directory at the end."""
from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...errors import FileError
from ...files import tiff
from ...files.atomic import Draft, explain_write_errors
from ...files.formats import TIFF
from ...files.metadata import fit_metadata
from ...files.tables import HEAD, make_header, write_page
from ...files.tiff_codecs import DEFLATE, NONE, choose_fast_codec
from ...files.tiff_tables import FixedNote
from ..source import Source
from ..target import Target, TargetOptions, outline
from .segments import Rows, Segments, Strips, Tiles
from .source import TiffSource

SIDE = 512  # of the largest tile in the file
STEP = 16  # sides of TIFF tiles must be multiples of this
LOWEST = 256  # rows of a block that spans the width: fewer would read many rows twice
LARGEST = 1024  # side of a source's tiles that a result takes over


class TiffTarget(Target):
    """A TIFF file, BigTIFF if its source is or if it might exceed 4 GB. It has no name before it is complete.

    It has strips if its source is a TIFF file in strips, else tiles.
    """

    def __init__(
        self, path: str, shape: tuple[int, ...], dtype: np.dtype[Any], tile: tuple[int, int], *, like: Source,
        options: TargetOptions,
    ) -> None:
        if dtype.kind not in "uif":
            raise FileError(f"{path}: TIFF cannot hold samples of {dtype}")
        self._frame = outline(shape, dtype, like)
        step, inner = _choose_sides(like, (shape[0], shape[1]))
        self._in_strips = isinstance(like, TiffSource) and not like.tiled
        tile = _span_width(tile, shape[1]) if self._in_strips else tile
        rounded = [-(-min(side, whole) // one) * one for side, whole, one in zip(tile, shape[:2], step, strict=True)]
        super().__init__(path, shape, dtype, (rounded[0], rounded[1]))
        info = options.metadata(like)
        self._kept = fit_metadata(info, TIFF, self._frame.mode, self._frame.size, self.notes, options.strip)
        self._order = tiff.byte_order(self._kept)
        self._choose_segments(like, inner)
        self._page = tiff.make_directory(self._frame, self._kept, self._order)
        self._note = FixedNote(self._page, HEAD[self.big], self.notes)
        self._places: dict[int, tuple[int, int]] = {}
        self._left = set(self.blocks())
        self._lock = threading.Lock()
        self._draft = Draft(path, force=options.force)
        try:
            self._draft.open()
            with explain_write_errors(path):
                self._begin()
        except BaseException:
            self._draft.drop()
            raise

    def _choose_segments(self, like: Source, inner: tuple[int, int]) -> None:
        """Choose how pixels are cut and compressed, and whether offsets have 64 bits."""
        number = like.compression if isinstance(like, TiffSource) else DEFLATE
        codec = choose_fast_codec(number, self.dtype, self._order)
        (height, width), pixel = self.shape[:2], self._frame.pixels.shape[2] * self.dtype.itemsize
        self._segments: Segments | Rows
        whole = [height, width]
        if not self._in_strips:
            sides = _file_tile_side(self.tile[0], height, inner[0]), _file_tile_side(self.tile[1], width, inner[1])
            self._segments = Tiles(sides, width, codec)
            whole = [-(-side // one) * one for side, one in zip(whole, sides, strict=True)]
        elif codec.number == NONE:
            self._segments = Rows((height, width), pixel, self._order)
        else:
            self._segments = Strips(self.tile[0], width, width * pixel, codec)
        # Compressed noise is a little larger than noise.
        self.big = tiff.is_big(like.info) or whole[0] * whole[1] * pixel * 1.01 + 2**20 > tiff.MOST
        self._coding = codec.layout

    def _begin(self) -> None:
        """Leave room for the header and, before uncompressed rows, for a maker note in their way."""
        stream = self._draft.stream
        stream.write(bytes(HEAD[self.big]))
        if isinstance(self._segments, Rows):
            size = sum(size for _, size in self._segments.locate(0))
            stream.write(self._note.before(stream.tell(), size))
            self._start = stream.tell()
            stream.flush()
            self._places = dict(enumerate(self._segments.locate(self._start)))

    def missing(self) -> list[Block]:
        """Return the blocks that are still to be written."""
        with self._lock:
            return [block for block in self.blocks() if block in self._left]

    def write(self, block: Block, pixels: Array) -> None:
        """Write a block, or compress the segments that it completes and append them to the file."""
        pixels = pixels.reshape(*block.size, -1).astype(self.dtype.newbyteorder("="), copy=False)
        if isinstance(self._segments, Rows):
            with explain_write_errors(self.path):
                for place, data in self._segments.cut(self._start, block, pixels):
                    self._put(place, data)
        else:
            for number, data in self._segments.encode(block, pixels):
                self._append(number, data)
        with self._lock:
            self._left.discard(block)

    def _put(self, place: int, data: bytes) -> None:
        """Write bytes at a place, from any thread."""
        if hasattr(os, "pwrite"):  # without a lock, and without flushing a buffer for each row
            while data:
                count = os.pwrite(self._draft.stream.fileno(), data, place)
                place, data = place + count, data[count:]
            return
        with self._lock:  # Windows
            self._draft.stream.seek(place)
            self._draft.stream.write(data)

    def _append(self, number: int, data: bytes) -> None:
        stream = self._draft.stream
        with self._lock, explain_write_errors(self.path):
            stream.write(self._note.before(stream.tell(), len(data)))
            place = stream.tell()
            self._places[number] = place, len(data)
            stream.write(data)
            if place + len(data) > tiff.MOST and not self.big:
                raise FileError(f"{self.path}: TIFF holds at most 4 GB")

    def finish(self) -> None:
        """Write the directory, and give the file its name."""
        if self._left:
            raise FileError(f"{self.path}: {len(self._left)} tiles are missing")
        try:
            with explain_write_errors(self.path):
                self._write_directory()
            self._draft.place()
        finally:
            self._draft.drop()

    def _write_directory(self) -> None:
        """Write the page's tags after the pixels, and their position into the file's header."""
        stream, places = self._draft.stream, [self._places[number] for number in range(len(self._places))]
        stream.seek(0, 2)
        stream.write(self._note.before(stream.tell(), tiff.MOST))
        place = stream.tell()
        place += stream.write(bytes(place % 8 and 8 - place % 8))
        layout, located = self._segments.layout([start for start, _ in places], [size for _, size in places])
        tiff.set_layout(self._page, self._coding | layout, located, self._order)
        stream.write(write_page(self._page, self._order, place, big=self.big, fixed=self._note.entry)[0])
        stream.seek(0)
        stream.write(make_header(self._order, big=self.big, first=place))

    def abandon(self) -> None:
        """Stop early, and delete the file."""
        self._draft.drop()


def _choose_sides(like: Source, size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what the sides of blocks must be multiples of, and the largest sides of tiles in the file."""
    if isinstance(like, TiffSource) and like.tiled and max(like.tile) <= LARGEST and not any(
            side % STEP for side in like.tile):
        sides = min(like.tile[0], _round_up(size[0])), min(like.tile[1], _round_up(size[1]))
        return sides, sides
    return (STEP, STEP), (SIDE, SIDE)


def _span_width(tile: tuple[int, int], width: int) -> tuple[int, int]:
    """Return the size of a block that spans the width in as many pixels, unless it would have too few rows."""
    rows = tile[0] * tile[1] // width // STEP * STEP
    return (rows, width) if tile[1] < width and rows >= LOWEST else tile


def _round_up(side: int) -> int:
    return -(-side // STEP) * STEP


def _file_tile_side(side: int, whole: int, most: int) -> int:
    """Return the side of the file's tiles, which must divide the target's if there are several."""
    if side >= whole:
        return min(most, side)
    return next(one for one in range(min(most, side), 0, -STEP) if side % one == 0)
