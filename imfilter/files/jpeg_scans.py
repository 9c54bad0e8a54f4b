"""Assemble JPEG files with any chroma subsampling from gray files, one for each component."""
from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image, ImageChops

from .pillow_guards import save_image

Factors = tuple[tuple[int, int], ...]

START, END = b"\xff\xd8", b"\xff\xd9"
TABLES, HUFFMAN, SCAN = 0xDB, 0xC4, 0xDA  # markers
FRAMES = {0xC0, 0xC1, 0xC2}  # markers of the frame header: baseline, extended, progressive
NEXT = re.compile(rb"\xff[^\0\xd0-\xd7\xff]")  # what ends the data of a scan: any marker but a restart
RGB_NUMBERS = 82, 71, 66  # the component numbers "R", "G" and "B"
ADOBE = b"\xff\xee\0\x0eAdobe"
SMALL = 8, 8  # size of the image whose metadata is copied


def assemble_scans(image: Image.Image, factors: Factors, options: dict[str, Any], rgb: bool, ycck: bool) -> bytes:
    """Encode an image with any factors of its components.

    Pillow writes three samplings only. The blocks of a scan of one component are those of a gray image of its size, so
    the scans of gray files are valid scans of a file with any sampling.

    options: of Pillow's JPEG writer. rgb: store red, green and blue. ycck: store CMYK as YCbCr and black.
    """
    sample = save_image(image.resize(SMALL), "JPEG", **{**options, "keep_rgb": rgb, "subsampling": 0})
    tables = _component_tables(sample)
    across, down = (max(factor[axis] for factor in factors) for axis in (0, 1))
    stored, frame, scans = b"", b"", b""
    marker = 0
    for place, (plane, (h, v)) in enumerate(zip(_split_planes(image, rgb, ycck), factors, strict=True)):
        number = RGB_NUMBERS[place] if rgb else place + 1
        gray = save_image(plane.reduce((across // h, down // v)), "JPEG", qtables=[tables[place]], optimize=True,
                          progressive=options["progressive"])
        frame += bytes([number, h << 4 | v, place])
        for kind, data in split_segments(gray):
            if kind == TABLES:
                stored += data[:4] + bytes([data[4] & 0xF0 | place]) + data[5:]
            elif kind in FRAMES:
                marker = max(marker, kind)
            elif kind == HUFFMAN:
                scans += data
            elif kind == SCAN:
                scans += data[:5] + bytes([number]) + data[6:]
    head = struct.pack(">BBHBHHB", 0xFF, marker, 8 + len(frame), 8, image.height, image.width, len(frame) // 3)
    return b"".join([_copy_metadata(sample, ycck), stored, head, frame, scans, END])


def split_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the segments of a JPEG file by their markers; that of a scan includes its data."""
    place = len(START)
    while data[place:place + 2] != END:
        marker, size = struct.unpack_from(">xBH", data, place)
        end = place + 2 + size
        if marker == SCAN:
            found = NEXT.search(data, end)
            end = found.start() if found else len(data)
        yield marker, data[place:end]
        place = end


def _split_planes(image: Image.Image, rgb: bool, ycck: bool) -> Sequence[Image.Image]:
    """Return the components as they are stored. Adobe's CMYK is inverted, and inverted again before it becomes YCCK."""
    if image.mode == "CMYK":
        inverted = ImageChops.invert(image).split()
        return (*Image.merge("RGB", image.split()[:3]).convert("YCbCr").split(), inverted[3]) if ycck else inverted
    return image.split() if rgb else image.convert("YCbCr").split()


def _component_tables(data: bytes) -> list[list[int]]:
    """Return the quantization table of each component of a JPEG file."""
    with Image.open(io.BytesIO(data)) as image:
        return [list(image.quantization[layer[3]]) for layer in image.layer]  # type: ignore[attr-defined]


def _copy_metadata(sample: bytes, ycck: bool) -> bytes:
    """Return the start of a JPEG file up to its tables. ycck: set Adobe's number of the transform."""
    head = START + b"".join(data for kind, data in split_segments(sample) if kind >= 0xE0)
    place = head.find(ADOBE) + 15
    return head[:place] + b"\x02" + head[place + 1:] if ycck else head
