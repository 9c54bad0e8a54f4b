"""How the pixels of a TIFF result are cut: into compressed tiles, compressed strips, or rows without compression."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...files.tiff import STRIP
from ...files.tiff_codecs import Codec

Piece = tuple[int, bytes]  # a segment's number and its bytes


class Segments(Protocol):
    """Cuts blocks into compressed segments."""

    def encode(self, block: Block, pixels: Array) -> Iterator[Piece]:
        """Yield the segments that are complete once a block (h, w, bands) is there."""

    def layout(self, places: list[int], sizes: list[int]) -> tuple[dict[int, Any], dict[int, list[int]]]:
        """Return the tags with the size of a segment, and those with the places of segments."""


class Tiles:
    """Tiles of a size (h, w) of an image of a width."""

    def __init__(self, size: tuple[int, int], width: int, codec: Codec) -> None:
        self._size, self._across, self._codec = size, -(-width // size[1]), codec

    def encode(self, block: Block, pixels: Array) -> Iterator[Piece]:
        height, width = self._size
        for top in range(0, block.size[0], height):
            for left in range(0, block.size[1], width):
                data = self._codec(_pad_tile(pixels[top:top + height, left:left + width], self._size))
                yield (block.top + top) // height * self._across + (block.left + left) // width, data

    def layout(self, places: list[int], sizes: list[int]) -> tuple[dict[int, Any], dict[int, list[int]]]:
        return {322: self._size[1], 323: self._size[0]}, {324: places, 325: sizes}


class Strips:
    """Strips of an image of a width, each encoded once all blocks beside each other have arrived.

    lines: rows of a block, except in the last row of blocks. row: bytes of a row.
    """

    def __init__(self, lines: int, width: int, row: int, codec: Codec) -> None:
        self.rows = _strip_rows(lines, row)
        self._width, self._codec = width, codec
        self._bands: dict[int, Array] = {}
        self._left: dict[int, int] = {}  # columns that are missing in a band
        self._lock = threading.Lock()

    def encode(self, block: Block, pixels: Array) -> Iterator[Piece]:
        band = self._collect(block, pixels)
        for top in range(0, len(band), self.rows):
            yield (block.top + top) // self.rows, self._codec(band[top:top + self.rows])

    def _collect(self, block: Block, pixels: Array) -> Array:
        """Return the rows of a block over the whole width if they are complete, else no rows."""
        if block.size[1] == self._width:
            return pixels
        with self._lock:
            if block.top not in self._bands:
                shape = block.size[0], self._width, pixels.shape[2]
                self._bands[block.top], self._left[block.top] = np.empty(shape, pixels.dtype), self._width
            band = self._bands[block.top]
        band[:, block.left:block.right] = pixels
        with self._lock:
            self._left[block.top] -= block.size[1]
            return self._bands.pop(block.top) if not self._left[block.top] else band[:0]

    def layout(self, places: list[int], sizes: list[int]) -> tuple[dict[int, Any], dict[int, list[int]]]:
        return {278: self.rows}, {273: places, 279: sizes}


class Rows:
    """Rows without compression, whose places are known in advance: one after the other, from a place in the file.

    size: height and width. pixel: bytes of a pixel.
    """

    def __init__(self, size: tuple[int, int], pixel: int, order: str) -> None:
        self._height, self._order, self._pixel, self._row = size[0], order, pixel, size[1] * pixel
        self._rows = max(1, STRIP // self._row)

    def locate(self, start: int) -> list[tuple[int, int]]:
        """Return the place and the number of bytes of each strip."""
        tops = range(0, self._height, self._rows)
        return [(start + top * self._row, min(self._rows, self._height - top) * self._row) for top in tops]

    def cut(self, start: int, block: Block, pixels: Array) -> Iterator[Piece]:
        """Yield the places of a block's pixels, and their bytes."""
        pixels = pixels.astype(pixels.dtype.newbyteorder(self._order), copy=False)
        if block.size[1] * self._pixel == self._row:
            yield start + block.top * self._row, pixels.tobytes()
            return
        for y, line in enumerate(pixels, block.top):
            yield start + y * self._row + block.left * self._pixel, line.tobytes()

    def layout(self, places: list[int], sizes: list[int]) -> tuple[dict[int, Any], dict[int, list[int]]]:
        return {278: self._rows}, {273: places, 279: sizes}


def _strip_rows(lines: int, row: int) -> int:
    """Return the rows of a strip of about STRIP bytes, which divide the rows of a block."""
    most = min(lines, max(1, STRIP // row))
    return next(rows for rows in range(most, 0, -1) if lines % rows == 0)


def _pad_tile(pixels: Array, size: tuple[int, ...]) -> Array:
    """Pad a tile at the far edges of the image to its full size, by repeating the last pixels."""
    missing = [whole - side for whole, side in zip(size, pixels.shape, strict=False)]
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge") if any(missing) else pixels
