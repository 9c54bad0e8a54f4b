"""Read and write PNG and PPM files of 16-bit colors, which Pillow would reduce to 8 bits."""
from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from ..runtime.extras import import_library

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


def library(name: str) -> Any:
    """Import a library for images of high depth, or say how to install it."""
    purpose = ("has more than 8 bits a color, channels beyond alpha, or segments that Pillow cannot decode: reading "
               "and writing it")
    return import_library(name, "formats", purpose)


def decode_png(stream: IO[bytes]) -> Array:
    """Return the samples (H, W, C) of a PNG file of 16-bit colors, also of an interlaced one."""
    stream.seek(0)
    pixels: Array = library("imagecodecs").png_decode(stream.read())
    return pixels


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
    return HighDepthImage(pixels, info={"maxval": most})


def encode_ppm(frame: Picture) -> bytes:
    """Encode gray or colors of 8 or 16 bits as a PGM or PPM file, with the largest value of the source's samples."""
    pixels = as_array(frame)
    full = 65535 if pixels.dtype == np.uint16 else 255
    most = frame.info.get("maxval", full)
    if (most > 255) != (full > 255):  # the samples have another depth now
        most = full
    if most != full:
        pixels = np.rint(pixels * (most / full))
    kind = 5 if pixels.ndim == 2 or pixels.shape[2] == 1 else 6
    return b"P%d\n%d %d\n%d\n" % (kind, *frame.size, most) + pixels.astype(">u2" if full > 255 else "u1").tobytes()


def read_maxval(header: Any) -> int | None:
    """Return the largest value of the samples of an opened PPM file, if its header gives one."""
    arguments = header.tile[0][3]
    if isinstance(arguments, tuple):
        return int(arguments[1]) if arguments[1] > 0 else None
    return {"I;16B": 65535, "L": 255, "RGB": 255}.get(arguments)
