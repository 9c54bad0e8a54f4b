"""Decode the pixels of plain PNG files fast; Pillow reads everything else in them, and all other files."""
from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from . import _png, fast_zlib
from .chunks import chunk_check, read_heads

# Bytes of a pixel by Pillow's name for how it is stored, of images that Pillow can hold, and of others.
PLAIN = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "I;16B": 2}
DEEP = {"LA;16B": 4, "RGB;16B": 6, "RGBA;16B": 8}
PIECE = 2**18  # compressed bytes inflated at once: the rows stay in the cache until their filters are undone


class _Decoded(NamedTuple):
    """Rows of bytes, the size of the first chunk of pixels, and where the last one ends."""

    rows: Array
    first: int
    end: int


def load_plain(image: Any) -> Array | None:
    """Return the pixels (H, W) or (H, W, C) of an opened PNG file that is plain, complete and as long as it should be.

    None: the image stays as it was, and Pillow loads it, or explains what is wrong.
    """
    found = _decode_image(image, PLAIN)
    if found is None:
        return None
    _finish_loading(image, found)
    if image.mode == "I;16":
        return found.rows.view(">u2").astype(np.uint16)
    return found.rows.reshape(image.height, image.width, -1) if len(image.getbands()) > 1 else found.rows


def load_deep(image: Any) -> Array | None:
    """Return the samples (H, W, C) of 16 bits of an opened PNG file, as load_plain does."""
    found = _decode_image(image, DEEP)
    if found is None:
        return None
    _finish_loading(image, found)
    return found.rows.view(">u2").reshape(image.height, image.width, -1).astype(np.uint16)


def _finish_loading(image: Any, found: _Decoded) -> None:
    """Have Pillow skip the first chunk of pixels, as it means to, and read the chunks after the last."""
    image.tile = []
    image.load_prepare()
    image.fp.seek(found.end - found.first)
    image.load_end()


def _decode_image(image: Any, known: dict[str, int]) -> _Decoded | None:
    """Decode an opened file whose samples are stored in a known way, and whose rows follow each other."""
    if len(image.tile) != 1 or image.is_animated or image.info.get("interlace"):
        return None
    step = known.get(image.tile[0][3])
    if step is None:
        return None
    place = image.fp.tell()
    found = _decode(image.fp, image.width * step, image.height, step)
    if found is None:
        image.fp.seek(place)
    return found


def _decode(stream: IO[bytes], width: int, height: int, step: int) -> _Decoded | None:
    """Return rows of `width` bytes each; None for damaged files."""
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
    return _Decoded(rows, sizes[0], end) if done == height and not rest and inflater.eof else None


def _pixel_chunks(stream: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield the chunks of pixels, which follow each other, and where each ends; an empty one if one is damaged."""
    for name, size in read_heads(stream, 0):
        if name == b"IDAT":
            data, place = stream.read(size), stream.tell()
            yield data if stream.read(4) == chunk_check(name, data) else b"", place
