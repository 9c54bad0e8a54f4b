"""Encode PNG files fast: filter and deflate strips of rows on all threads; Pillow writes the metadata."""
from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, PngImagePlugin

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..errors import FileError
from ..runtime import threads
from . import _png, fast_zlib
from .chunks import SIGNATURE, png_chunk, png_chunks

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by number of channels: gray, gray and alpha, RGB, RGBA
STRIP = 2**20  # bytes deflated at once: three strips for a megapixel of RGB
SAMPLE, PLACES, PIECES, PIECE = 2**15, 4, 8, 512  # bytes of a strip's sample; its places down, and pieces across
FILTERS = 5  # none, left, above, mean, Paeth
SEARCHED = 6  # zlib's default level where searching for repetitions is worth it
GAIN = 0.88  # how much smaller a search, which takes ten times as long, must make the sample
FLAT = 16  # where runs make the sample smaller than this, a search is fast, and finds what samples do not show
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
    Each strip uses the filter that leaves the least entropy in samples of it. Without a search, only runs are coded,
    and each other byte by itself: what the filter leaves of a photo is noise, in which a search finds next to nothing.
    Strips are deflated separately and flushed to whole bytes, so that they can be concatenated, as pigz does.

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
    stream, pixel = io.BytesIO(), Image.new("L", (1, 1))
    pixel.encoderinfo = metadata
    PngImagePlugin._save(pixel, stream, "")  # Image.save imports four plugins more
    return png_chunks(stream, pixels=True)


def _combine_adler(first: int, second: int, size: int) -> int:
    """Return the Adler-32 of two concatenated pieces of data. size: length of the second."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % ADLER
    high = ((first >> 16) + (second >> 16) + size * ((first & 0xFFFF) - 1)) % ADLER
    return high << 16 | low


class _Strip:
    """Rows of an image, deflated to a chunk. adler, size: checksum and length of the data before deflating."""

    def __init__(self, pixels: Array, top: int, bottom: int, level: int | None) -> None:
        self._pixels, self._top, self._bottom, self._level = pixels, top, bottom, level
        self._step = pixels.itemsize * pixels.shape[2]
        self.chunk, self.adler, self.size = b"", 1, 0

    def deflate(self) -> None:
        settings = self._choose_settings()
        filtered = {kind: self._filter(self._top, self._bottom, kind) for kind in dict(settings)}
        packed = [(_deflate(filtered[kind], level), kind) for kind, level in settings]
        body, kind = min(packed, key=lambda one: len(one[0]))
        self.adler, self.size = fast_zlib.adler32(filtered[kind]), filtered[kind].size
        self.chunk = png_chunk(b"IDAT", body)

    def _filter(self, top: int, bottom: int, filter_type: int) -> Array:
        """Return rows (rows, 1 + bytes) as a filter leaves them, after its number."""
        rows = self._row_bytes(top, bottom)
        above = self._row_bytes(top - 1, top) if top else np.zeros(rows.shape[1], np.uint8)
        data = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
        _png.filter_rows(rows, above, self._step, filter_type, data)
        return data

    def _row_bytes(self, top: int, bottom: int) -> Array:
        """Return rows as they are stored, with the high byte of 16 bits first."""
        rows = np.ascontiguousarray(self._pixels[top:bottom], ">u2" if self._pixels.itemsize == 2 else np.uint8)
        return rows.view(np.uint8).reshape(bottom - top, -1)

    def _choose_settings(self) -> list[tuple[int, int | None]]:
        """Return the filter and zlib's level with the smallest sample, or all that may be where little is left."""
        if self._level == 0:
            return [(0, 0)]
        level = self._level or SEARCHED
        samples = [self._sample(filter_type) for filter_type in range(FILTERS)]
        best = min(range(FILTERS), key=lambda k: _entropy(samples[k]))
        runs = len(_deflate(samples[best], None))
        searches: list[tuple[int, int | None]] = [(best, level), (0, level)]
        if runs * FLAT < samples[best].size:
            return [(best, None), *searches]
        least, found = min((len(_deflate(samples[k], self._level or 1)), k) for k in (best, 0))
        return [(found, level)] if least < runs * (1 if self._level else GAIN) else [(best, None)]

    def _sample(self, filter_type: int) -> Array:
        """Return pieces of some filtered rows, spread over the strip."""
        rows, columns = self._bottom - self._top, self._pixels[0].nbytes
        tall = min(SAMPLE // PLACES // min(columns, PIECES * PIECE), rows)
        tops = {self._top + (rows - tall) * k // (PLACES - 1): None for k in range(PLACES)}  # no place twice
        ends = [k * columns // PIECES for k in range(PIECES + 1)]
        pieces = [slice(start + 1, min(start + PIECE, end) + 1) for start, end in pairwise(ends)]
        places = [self._filter(top, top + tall, filter_type) for top in tops]
        return np.concatenate([np.concatenate([data[:, piece] for piece in pieces], axis=1) for data in places])


def _deflate(data: Array, level: int | None) -> bytes:
    """Return data deflated to whole bytes, without a last block: by zlib or, without a level, as runs alone."""
    if level is None:
        return _png.deflate_runs(data)
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _entropy(samples: Array) -> float:
    """Return the entropy of the samples in bits, up to a constant."""
    counts = np.bincount(samples.ravel(), minlength=256)
    counts = counts[counts > 0]
    return -float((counts * np.log2(counts / samples.size)).sum())
