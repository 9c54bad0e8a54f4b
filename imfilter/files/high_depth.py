"""Read and write PNG and PPM files of 16-bit colors, which Pillow would reduce to 8 bits."""
from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from ..runtime.extras import import_library

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


def library(name: str) -> Any:
    """Import a library for images of high depth, or say how to install it."""
    purpose = "has more than 8 bits a color, or channels beyond alpha: reading and writing it"
    return import_library(name, "formats", purpose)


def decode_png(stream: IO[bytes]) -> Picture:
    """Decode a PNG file of 16 bits a sample."""
    stream.seek(0)
    pixels: Array = library("imagecodecs").png_decode(stream.read())
    return HighDepthImage(pixels, alpha=pixels.shape[2] in (2, 4))


def decode_ppm(stream: IO[bytes], header: Any) -> Picture:
    """Decode a PPM file of two bytes a sample, and scale it to the full range of 16 bits."""
    _, _, offset, arguments = header.tile[0]
    most = arguments[1]
    count = header.width * header.height * 3
    stream.seek(offset)
    data = stream.read(2 * count)
    if len(data) < 2 * count:
        raise FileError("is damaged: its end is missing")
    pixels = np.frombuffer(data, ">u2").astype(np.uint16).reshape(header.height, header.width, 3)
    if most != 65535:
        pixels = ((pixels * 65535.0) / most + 0.5).clip(0, 65535).astype(np.uint16)
    return HighDepthImage(pixels)


def encode_ppm(frame: HighDepthImage) -> bytes:
    """Encode 16-bit colors as a PPM file."""
    return b"P6\n%d %d\n65535\n" % frame.size + frame.pixels.astype(">u2").tobytes()
