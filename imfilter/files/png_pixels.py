"""Decode the pixels of plain PNG files fast; Pillow reads everything else in them, and all other files."""
from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from PIL import Image

from ..arrays.dtypes import Array
from . import _png, fast_zlib
from .chunks import chunk_check, read_heads

PLAIN = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "I;16B": 2}  # bytes of a pixel by Pillow's name for how it is stored
PIECE = 2**18  # compressed bytes inflated at once: the rows stay in the cache until their filters are undone


def load_plain(image: Any) -> bool:
    """Decode the pixels of an opened PNG file into the image, if it is plain, complete and as long as it should be.

    Otherwise the image stays as it was: Pillow loads it, or explains what is wrong.
    """
    if len(image.tile) != 1 or image.is_animated or image.info.get("interlace"):
        return False
    stored = image.tile[0][3]
    if stored not in PLAIN:
        return False
    stream = image.fp
    place = stream.tell()
    found = _decode(stream, image.width * PLAIN[stored], image.height, PLAIN[stored])
    if found is None:
        stream.seek(place)
        return False
    rows, first, end = found
    image.im = Image.frombuffer(image.mode, image.size, rows, "raw", stored, 0, 1).im
    image.readonly, image.tile = 1, []
    image.load_prepare()
    stream.seek(end - first)
    image.load_end()  # skips the first chunk of pixels, and reads those after the last
    return True


def _decode(stream: IO[bytes], width: int, height: int, step: int) -> tuple[Array, int, int] | None:
    """Return rows of bytes, the size of their first chunk, and where the last one ends; None for damaged files."""
    rows, inflater, done = np.empty((height, width), np.uint8), fast_zlib.decompressobj(), 0
    above, rest, most, sizes, end = np.zeros(width, np.uint8), b"", height * (width + 1), [], 0
    for chunk, place in _pixel_chunks(stream):
        sizes.append(len(chunk))
        end = place
        for start in range(0, len(chunk), PIECE):
            try:
                data = inflater.decompress(chunk[start:start + PIECE], most - done * (width + 1) - len(rest) + 1)
            except fast_zlib.DAMAGED:
                return None
            data = rest + data if rest else data
            count, left = divmod(len(data), width + 1)
            if done + count > height or not _png.unfilter_rows(
                    memoryview(data)[:len(data) - left], rows[done - 1] if done else above, step,
                    rows[done:done + count]):
                return None
            done, rest = done + count, data[len(data) - left:]
    return (rows, sizes[0], end) if done == height and not rest and inflater.eof else None


def _pixel_chunks(stream: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield the chunks of pixels, which follow each other, and where each ends; an empty one if one is damaged."""
    for name, size in read_heads(stream, 0):
        if name == b"IDAT":
            data, place = stream.read(size), stream.tell()
            yield data if stream.read(4) == chunk_check(name, data) else b"", place
