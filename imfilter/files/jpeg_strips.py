"""Encode strips of a large photo as JPEG on all threads, and join them to one file."""
from __future__ import annotations

import contextlib
import io
import os
import struct
from typing import IO, Any

from PIL import Image

from ..arrays.array_image import ArrayImage
from ..runtime.threads import for_each
from .jpeg_scans import END, FRAMES, SCAN, START, split_segments
from .pillow_guards import save_image

SMALLEST = 2**20  # pixels of an image that is worth the threads
ROWS = 128  # of a strip; 16, the height of the largest blocks that Pillow writes, divides it
RESTARTS = 0xDD  # the marker of the number of blocks between restarts
COARSEST = 255  # step of quantization in a baseline file
MOST_BLOCKS = 2**16 - 1  # of a strip
CODING = ("quality", "qtables", "subsampling", "keep_rgb")  # options of Pillow's writer that are no metadata


def encode_baseline(image: Image.Image, options: dict[str, Any]) -> bytes:
    """Encode an image as JPEG; a large one strip by strip, which takes a few bytes more for the same pixels.

    A strip ends where a restart marker may be, so that none needs to know those before. All systems write the same
    bytes, but only on Linux do several threads encode.

    options: of Pillow's JPEG writer.
    """
    coarse = any(max(table) > COARSEST for table in options.get("qtables", ()))  # the library warns of each such file
    if image.width * image.height < SMALLEST or options.get("progressive") or coarse:
        return save_image(image, "JPEG", **options)
    rows = min(ROWS, MOST_BLOCKS // -(-image.width // 8) * 8 // 16 * 16)
    tops = range(0, image.height, rows)
    strips = [b""] * len(tops)

    def encode(number: int) -> None:
        own = options if number == 0 else {"comment": b"", **{key: options[key] for key in CODING if key in options}}
        with _open_buffer() as buffer:
            _cut_strip(image, tops[number], rows).save(buffer, "JPEG", **own)
            buffer.seek(0)
            strips[number] = buffer.read()

    for_each(encode, range(len(tops)))
    return _join_strips(strips, image.height, rows)


def _open_buffer() -> IO[bytes]:
    """Return a file in memory. Pillow lets other threads run only where it has a descriptor."""
    with contextlib.suppress(AttributeError, OSError):
        return os.fdopen(os.memfd_create("strip"), "w+b")
    return io.BytesIO()


def _cut_strip(image: Image.Image, top: int, rows: int) -> Image.Image:
    bottom = min(top + rows, image.height)
    return image.cut(top, bottom) if isinstance(image, ArrayImage) else image.crop((0, top, image.width, bottom))


def _join_strips(strips: list[bytes], height: int, rows: int) -> bytes:
    """Return the file of an image whose strips are files of their own. rows: of each strip but the last."""
    parts, blocks = [START], 0
    for marker, segment in split_segments(strips[0]):
        if marker in FRAMES:
            blocks = _count_blocks(segment, rows)
            parts.append(segment[:5] + struct.pack(">H", height) + segment[7:])
        elif marker == SCAN:
            parts += [struct.pack(">BBHH", 0xFF, RESTARTS, 4, blocks), segment]
        else:
            parts.append(segment)
    for number, strip in enumerate(strips[1:]):
        *_, (_, scan) = split_segments(strip)
        parts += [bytes([0xFF, 0xD0 + number % 8]), scan[2 + int.from_bytes(scan[2:4], "big"):]]
    return b"".join([*parts, END])


def _count_blocks(frame: bytes, rows: int) -> int:
    """Return how many blocks (the samples of all components that are coded together) `rows` rows have.

    frame: the segment of the frame's header.
    """
    width, count = int.from_bytes(frame[7:9], "big"), frame[9]
    across, down = (max(frame[11 + 3 * k] >> shift & 15 for k in range(count)) for shift in (4, 0))
    if count == 1:  # a single component is coded block by block, whatever its factors are
        across = down = 1
    return -(-width // (8 * across)) * (rows // (8 * down))
