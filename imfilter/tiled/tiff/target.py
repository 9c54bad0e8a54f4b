"""Tiled TIFF files as targets: compressed tiles in the order in which they come, and their table at the end."""
from __future__ import annotations

import struct
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
from ...files.atomic import Draft, complaints
from ...files.formats import TIFF
from ...files.metadata import fitted
from ..source import Source
from ..target import Target, outline
from .source import TiffSource

SIDE = 512  # of a tile in the file, where it divides that of the target
STEP = 16  # of which TIFF has tiles be multiples
BIG = b"II+\0\x08\0\0\0\0\0\0\0\0\0\0\0"  # how a file begins whose offsets have 64 bits
HEAD = {True: 16, False: 8}  # bytes before the first tile
NONE, LZW, ZSTD = 1, 5, 50000  # lossless compressions, by their numbers


class TiffTarget(Target):
    """A TIFF file of tiles, BigTIFF where 4 GB might not do. Nothing of it has a name before it is whole."""

    def __init__(self, path: str, shape: tuple[int, ...], dtype: np.dtype[Any], tile: tuple[int, int], *,
                 like: Source, force: bool, strip: bool = False) -> None:
        sides = shape[0], shape[1]
        rounded = tuple(-(-min(side, whole) // STEP) * STEP for side, whole in zip(tile, sides, strict=True))
        super().__init__(path, shape, dtype, (rounded[0], rounded[1]))
        if dtype.kind not in "uif":
            raise FileError(f"{path}: TIFF cannot hold samples of {dtype}")
        self._inner = tuple(_inner(side, whole) for side, whole in zip(rounded, sides, strict=True))
        self._frame = outline(shape, dtype, like)
        self._kept = fitted(like.info, TIFF, self._frame.mode, self._frame.size, self.notes, strip)
        self._grid = -(-sides[0] // self._inner[0]), -(-sides[1] // self._inner[1])
        self._size = self._inner[0] * self._inner[1] * self._frame.pixels.shape[2] * dtype.itemsize
        self._codec = _codec(like.compression if isinstance(like, TiffSource) else tiff.DEFLATE, dtype)
        # Deflated noise is a little larger than noise.
        self.big = self._size * self._grid[0] * self._grid[1] * 1.01 + 2**20 > tiff.MOST
        self._places: dict[int, tuple[int, int]] = {}
        self._left = set(self.blocks())
        self._lock = threading.Lock()
        self._draft = Draft(path, force=force)
        try:
            self._draft.open()
            with complaints(path):
                self._draft.stream.write(bytes(HEAD[self.big]))
        except BaseException:
            self._draft.drop()
            raise

    def missing(self) -> list[Block]:
        """Return the blocks that are still to be written."""
        with self._lock:
            return [block for block in self.blocks() if block in self._left]

    def write(self, block: Block, pixels: Array) -> None:
        """Compress the tiles of a block, and append them to the file."""
        pixels = pixels.reshape(*block.size, -1).astype(self.dtype.newbyteorder("<"), copy=False)
        (height, width), across = self._inner, self._grid[1]
        for top in range(0, block.size[0], height):
            for left in range(0, block.size[1], width):
                data = self._codec(_whole(pixels[top:top + height, left:left + width], self._inner))
                number = (block.top + top) // height * across + (block.left + left) // width
                self._append(number, data)
        with self._lock:
            self._left.discard(block)

    def _append(self, number: int, data: bytes) -> None:
        stream = self._draft.stream
        with self._lock, complaints(self.path):
            place = stream.tell()
            self._places[number] = place, len(data)
            stream.write(data)
            if place + len(data) > tiff.MOST and not self.big:
                raise FileError(f"{self.path}: TIFF holds at most 4 GB")

    def finish(self) -> None:
        """Write the table of the tiles, and give the file its name."""
        if self._left:
            raise FileError(f"{self.path}: {len(self._left)} tiles are missing")
        try:
            with complaints(self.path):
                self._close()
            self._draft.place()
        finally:
            self._draft.drop()

    def _close(self) -> None:
        """Write the page's tags behind the tiles, and their place into the head of the file."""
        stream, order = self._draft.stream, range(len(self._places))
        place = stream.tell()
        place += stream.write(bytes(place % 8 and 8 - place % 8))
        tags = tiff.table(self._frame, self._kept, BIG if self.big else tiff.CLASSIC)
        codec = {259: self._codec.number} | ({317: self._codec.predictor} if self._codec.predictor > 1 else {})
        tiff.lay(tags, {**codec, 322: self._inner[1], 323: self._inner[0]},
                 {324: tuple(self._places[k][0] for k in order), 325: tuple(self._places[k][1] for k in order)})
        stream.write(tags.tobytes(place))
        stream.seek(0)
        stream.write(BIG[:8] + struct.pack("<Q", place) if self.big else tiff.CLASSIC[:4] + struct.pack("<I", place))

    def leave(self) -> None:
        """Stop: nothing of the file stays."""
        self._draft.drop()


class Codec:
    """A lossless compression. number: TIFF's. predictor: 2 where differences between pixels are compressed."""

    def __init__(self, number: int, whole: bool, encode: Callable[[bytes], bytes]) -> None:
        self.number, self.predictor, self._encode = number, 2 if whole and number != NONE else 1, encode

    def __call__(self, tile: Array) -> bytes:
        return bytes(self._encode(tiff.differences(tile, self.predictor == 2)))


def _codec(number: int, dtype: np.dtype[Any]) -> Codec:
    """Return the source's own compression, if it is lossless and can be had; else deflate."""
    whole = dtype.kind != "f"
    if number == NONE:
        return Codec(NONE, whole, bytes)
    try:
        codecs = import_module("imagecodecs")
    except ImportError:
        return Codec(tiff.DEFLATE, whole, lambda data: zlib.compress(data, tiff.LEVEL))
    # Level 1 of this deflate takes half the time of zlib's 3, and makes smaller files.
    encode = {LZW: codecs.lzw_encode, ZSTD: codecs.zstd_encode}.get(number)
    return Codec(number, whole, encode) if encode else Codec(
        tiff.DEFLATE, whole, lambda data: codecs.deflate_encode(data, level=1))


def _inner(side: int, whole: int) -> int:
    """Return the side of the file's tiles: at most that of the target's, which it divides if there are several."""
    if side >= whole:
        return min(SIDE, side)
    return next(one for one in range(min(SIDE, side), 0, -STEP) if side % one == 0)


def _whole(pixels: Array, size: tuple[int, ...]) -> Array:
    """Return a tile of its full size: at the far edges of the picture its last pixels are repeated."""
    missing = [whole - side for whole, side in zip(size, pixels.shape, strict=False)]
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge") if any(missing) else pixels
