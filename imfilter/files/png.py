"""Encode PNG files fast: filter and deflate strips of rows on all threads; Pillow writes the metadata."""
from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..errors import FileError
from ..runtime import threads
from .chunks import SIGNATURE, png_chunk, png_chunks

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by number of channels: gray, gray and alpha, RGB, RGBA
STRIP = 2**20  # bytes deflated at once: three strips for a megapixel of RGB
SAMPLE, PIECES, PIECE = 2**14, 8, 512  # bytes of a strip's sample, taken in PIECES pieces of each row
SEARCHED = 6  # zlib's default level where searching for repetitions is worth it
GAIN = 0.88  # how much smaller a search, which takes ten times as long, must make the sample
ADLER = 65521  # the modulus of Adler-32


def encode_png(
    image: Picture | Array, level: int | None = None, resolution: bytes = b"", **metadata: Any
) -> bytes:
    """Encode an image as PNG.

    Parameters
    ----------
    image : Pillow image of mode L, LA, RGB, RGBA or I;16, or array (H, W) or (H, W, 1 to 4) of uint8 or uint16
    level : int, 0 to 9, optional
        How long zlib searches for repetitions if they make a strip smaller; 0: do not compress. Default: search only
        where it is worth the time, in flat graphics but not in photos.
    resolution : bytes, optional
        The data of the chunk pHYs.
    **metadata
        Options of Pillow's PNG writer: dpi, exif, icc_profile, pnginfo.

    Returns
    -------
    bytes

    Raises
    ------
    FileError
        If PNG cannot hold the samples.

    Notes
    -----
    Each strip uses the filter that leaves the least entropy in a sample of it. Without a search, only runs are coded
    (zlib's Z_RLE): what the filter leaves of a photo is noise, in which a search finds next to nothing. Strips are
    deflated separately and flushed to whole bytes, so that they can be concatenated, as pigz does.

    Examples
    --------
    >>> import numpy as np
    >>> encode_png(np.zeros((2, 3), np.uint8))[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """
    pixels = as_array(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    if pixels.dtype.kind != "u" or pixels.itemsize > 2 or channels not in COLOR_TYPES or not pixels.size:
        raise FileError(f"PNG must have 1 to 4 channels of uint8 or uint16, got {pixels.dtype} of shape {pixels.shape}")
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, COLOR_TYPES[channels], 0, 0, 0)
    stated = [png_chunk(b"pHYs", resolution)] if resolution else []
    own = {b"IHDR": [png_chunk(b"IHDR", header)], b"IDAT": stated + _encode_pixels(pixels, level)}
    parts = [part for kind, data in _metadata_chunks(metadata) for part in own.get(kind, [png_chunk(kind, data)])]
    return b"".join([SIGNATURE, *parts])


def _encode_pixels(pixels: Array, level: int | None) -> list[bytes]:
    """Return the chunks of pixels: one zlib stream, with a chunk for each strip."""
    height, rows = len(pixels), max(1, STRIP // pixels[0].nbytes)
    strips = [_Strip(pixels, top, min(top + rows, height), level) for top in range(0, height, rows)]
    threads.for_each(_Strip.deflate, strips)
    adler = 1
    for strip in strips:
        adler = _combine_adler(adler, strip.adler, strip.size)
    end = b"\x03\x00" + struct.pack(">I", adler)  # an empty last block, and the checksum
    return [png_chunk(b"IDAT", b"\x78\x01"), *(strip.chunk for strip in strips), png_chunk(b"IDAT", end)]


def _metadata_chunks(metadata: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a file of one pixel that Pillow writes with the metadata."""
    stream = io.BytesIO()
    Image.new("L", (1, 1)).save(stream, "PNG", **metadata)
    return png_chunks(stream, pixels=True)


def _combine_adler(first: int, second: int, size: int) -> int:
    """Return the Adler-32 of two concatenated pieces of data. size: length of the second."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % ADLER
    high = ((first >> 16) + (second >> 16) + size * ((first & 0xFFFF) - 1)) % ADLER
    return high << 16 | low


class _Neighbors(NamedTuple):
    """The bytes of rows, of the pixels to their left, and of the pixels above; 0 outside the image."""

    here: Array
    left: Array
    above: Array

    def sample(self) -> _Neighbors:
        """Return pieces of some rows in the middle, spread over the width."""
        rows, columns = self.here.shape
        tall = SAMPLE // min(columns, PIECES * PIECE)
        middle = slice(max(0, (rows - tall) // 2), (rows + tall + 1) // 2)
        ends = [k * columns // PIECES for k in range(PIECES + 1)]
        pieces = [slice(start, min(start + PIECE, end)) for start, end in pairwise(ends)]
        return _Neighbors(*(np.concatenate([part[middle, piece] for piece in pieces], axis=1) for part in self))


def _filter_average(near: _Neighbors) -> Array:
    return near.here - ((near.left & near.above) + ((near.left ^ near.above) >> 1))


# In the order of PNG's numbers. The fifth, Paeth, takes ten times as long and saves at most 5 % on photos.
FILTERS: list[Callable[[_Neighbors], Array]] = [
    lambda near: near.here, lambda near: near.here - near.left, lambda near: near.here - near.above, _filter_average]


class _Strip:
    """Rows of an image, deflated to a chunk. adler, size: checksum and length of the data before deflating."""

    def __init__(self, pixels: Array, top: int, bottom: int, level: int | None) -> None:
        self._pixels, self._top, self._bottom, self._level = pixels, top, bottom, level
        self.chunk, self.adler, self.size = b"", 1, 0

    def deflate(self) -> None:
        near = self._neighbors()
        filter_type, level, strategy = self._choose_settings(near)
        data = np.empty((near.here.shape[0], near.here.shape[1] + 1), np.uint8)
        data[:, 0], data[:, 1:] = filter_type, FILTERS[filter_type](near)
        self.adler, self.size = zlib.adler32(data), data.size
        self.chunk = png_chunk(b"IDAT", _deflate(data, level, strategy))

    def _neighbors(self) -> _Neighbors:
        rows = self._pixels[max(self._top - 1, 0):self._bottom]
        step = rows.itemsize * rows.shape[2]
        samples = np.ascontiguousarray(rows, ">u2" if rows.itemsize == 2 else np.uint8).view(np.uint8)
        framed = np.zeros((self._bottom - self._top + 1, step + rows.shape[1] * step), np.uint8)
        framed[-len(rows):, step:] = samples.reshape(len(rows), -1)
        return _Neighbors(framed[1:, step:], framed[1:, :-step], framed[:-1, step:])

    def _choose_settings(self, near: _Neighbors) -> tuple[int, int, int]:
        """Return the filter, and zlib's level and strategy, with the smallest sample."""
        if self._level == 0:
            return 0, 0, zlib.Z_DEFAULT_STRATEGY
        level = self._level or SEARCHED
        tile = near.sample()
        samples = [np.ascontiguousarray(apply(tile)) for apply in FILTERS]
        best = min(range(len(FILTERS)), key=lambda k: _entropy(samples[k]))
        runs = len(_deflate(samples[best], 1, zlib.Z_RLE)) * (GAIN if self._level is None else 1)
        sizes = {k: len(_deflate(samples[k], level, zlib.Z_DEFAULT_STRATEGY)) for k in (best, 0)}
        least = min(sizes, key=sizes.__getitem__)
        return (least, level, zlib.Z_DEFAULT_STRATEGY) if sizes[least] < runs else (best, 1, zlib.Z_RLE)


def _deflate(data: Array, level: int, strategy: int) -> bytes:
    """Return raw deflated data, flushed to whole bytes, without a last block."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _entropy(samples: Array) -> float:
    """Return the entropy of the samples in bits, up to a constant."""
    counts = np.bincount(samples.ravel(), minlength=256)
    counts = counts[counts > 0]
    return -float((counts * np.log2(counts / samples.size)).sum())
