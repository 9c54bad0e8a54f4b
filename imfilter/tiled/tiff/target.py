"""Write tiled TIFF files: compressed tiles in the order of their arrival, and their directory at the end."""
from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...errors import FileError
from ...files import tiff
from ...files.atomic import Draft, explain_write_errors
from ...files.formats import TIFF
from ...files.metadata import fit_metadata
from ...files.tables import write_page
from ...files.tiff_tables import FixedNote
from ..source import Source
from ..target import Target, TargetOptions, outline
from .source import TiffSource

SIDE = 512  # of the largest tile in the file
STEP = 16  # sides of TIFF tiles must be multiples of this
NONE, LZW, ZSTD = 1, 5, 50000  # TIFF's numbers of lossless compressions


class TiffTarget(Target):
    """A tiled TIFF file, BigTIFF if it might exceed 4 GB. It has no name before it is complete."""

    def __init__(
        self, path: str, shape: tuple[int, ...], dtype: np.dtype[Any], tile: tuple[int, int], *, like: Source,
        options: TargetOptions,
    ) -> None:
        sides = shape[0], shape[1]
        rounded = tuple(-(-min(side, whole) // STEP) * STEP for side, whole in zip(tile, sides, strict=True))
        super().__init__(path, shape, dtype, (rounded[0], rounded[1]))
        if dtype.kind not in "uif":
            raise FileError(f"{path}: TIFF cannot hold samples of {dtype}")
        self._inner = tuple(_file_tile_side(side, whole) for side, whole in zip(rounded, sides, strict=True))
        self._frame = outline(shape, dtype, like)
        info = options.metadata(like)
        self._kept = fit_metadata(info, TIFF, self._frame.mode, self._frame.size, self.notes, options.strip)
        self._grid = -(-sides[0] // self._inner[0]), -(-sides[1] // self._inner[1])
        self._size = self._inner[0] * self._inner[1] * self._frame.pixels.shape[2] * dtype.itemsize
        self._order = tiff.byte_order(self._kept)
        number = like.compression if isinstance(like, TiffSource) else tiff.DEFLATE
        self._codec = _choose_codec(number, dtype, self._order)
        # Compressed noise is a little larger than noise.
        self.big = self._size * self._grid[0] * self._grid[1] * 1.01 + 2**20 > tiff.MOST
        self._page = tiff.make_directory(self._frame, self._kept, self._order)
        self._note = FixedNote(self._page, tiff.HEAD[self.big], self.notes)
        self._places: dict[int, tuple[int, int]] = {}
        self._left = set(self.blocks())
        self._lock = threading.Lock()
        self._draft = Draft(path, force=options.force)
        try:
            self._draft.open()
            with explain_write_errors(path):
                self._draft.stream.write(bytes(tiff.HEAD[self.big]))
        except BaseException:
            self._draft.drop()
            raise

    def missing(self) -> list[Block]:
        """Return the blocks that are still to be written."""
        with self._lock:
            return [block for block in self.blocks() if block in self._left]

    def write(self, block: Block, pixels: Array) -> None:
        """Compress the tiles of a block, and append them to the file."""
        pixels = pixels.reshape(*block.size, -1).astype(self.dtype.newbyteorder("="), copy=False)
        (height, width), across = self._inner, self._grid[1]
        for top in range(0, block.size[0], height):
            for left in range(0, block.size[1], width):
                data = self._codec(_pad_tile(pixels[top:top + height, left:left + width], self._inner))
                number = (block.top + top) // height * across + (block.left + left) // width
                self._append(number, data)
        with self._lock:
            self._left.discard(block)

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
        """Write the page's tags after the tiles, and their position into the file's header."""
        stream, places = self._draft.stream, [self._places[number] for number in range(len(self._places))]
        stream.write(self._note.before(stream.tell(), tiff.MOST))
        place = stream.tell()
        place += stream.write(bytes(place % 8 and 8 - place % 8))
        codec = {259: self._codec.number} | ({317: self._codec.predictor} if self._codec.predictor > 1 else {})
        tiff.set_layout(self._page, {**codec, 322: self._inner[1], 323: self._inner[0]},
                        {324: [start for start, _ in places], 325: [size for _, size in places]}, self._order)
        stream.write(write_page(self._page, self._order, place, big=self.big, fixed=self._note.entry)[0])
        stream.seek(0)
        stream.write(tiff.make_header(self._order, big=self.big, first=place))

    def abandon(self) -> None:
        """Stop early, and delete the file."""
        self._draft.drop()


class Codec:
    """A lossless compression. number: TIFF's number. predictor: 2 to compress differences between pixels, else 1."""

    def __init__(self, number: int, integers: bool, encode: Callable[[bytes], bytes], order: str) -> None:
        self._order = order
        self.number, self.predictor, self._encode = number, 2 if integers and number != NONE else 1, encode

    def __call__(self, tile: Array) -> bytes:
        return bytes(self._encode(tiff.encode_differences(tile, self.predictor == 2, self._order)))


def _choose_codec(number: int, dtype: np.dtype[Any], order: str) -> Codec:
    """Return the source's own compression if it is lossless and available, else deflate."""
    integers = dtype.kind != "f"
    if number == NONE:
        return Codec(NONE, integers, bytes, order)
    try:
        codecs = import_module("imagecodecs")
    except ImportError:
        return Codec(tiff.DEFLATE, integers, lambda data: zlib.compress(data, tiff.LEVEL), order)
    # Level 1 of libdeflate takes half the time of zlib's level 3, and makes smaller files.
    encode = {LZW: codecs.lzw_encode, ZSTD: codecs.zstd_encode}.get(number)
    return Codec(number, integers, encode, order) if encode else Codec(
        tiff.DEFLATE, integers, lambda data: codecs.deflate_encode(data, level=1), order)


def _file_tile_side(side: int, whole: int) -> int:
    """Return the side of the file's tiles, which must divide the target's if there are several."""
    if side >= whole:
        return min(SIDE, side)
    return next(one for one in range(min(SIDE, side), 0, -STEP) if side % one == 0)


def _pad_tile(pixels: Array, size: tuple[int, ...]) -> Array:
    """Pad a tile at the far edges of the image to its full size, by repeating the last pixels."""
    missing = [whole - side for whole, side in zip(size, pixels.shape, strict=False)]
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge") if any(missing) else pixels
