"""Encode BMP files, with alpha as well: Pillow writes the fourth byte, but not the mask by which programs find it."""
from __future__ import annotations

import struct
from typing import Any

from PIL import Image

from .pillow_guards import save_image

MASKS = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)  # of red, green, blue and alpha
FILE_HEADER, HEADER = 14, 108  # bytes; the second is that of version 4, the first version with a mask for alpha
BITFIELDS, SRGB = 3, b"BGRs"
INCH = 39.3701  # inches in a meter


def encode_bmp(image: Image.Image, **kept: Any) -> bytes:
    """Encode an image of mode L, LA, RGB or RGBA as BMP; alpha makes it 32-bit.

    Examples
    --------
    >>> import io
    >>> data = encode_bmp(Image.new("RGBA", (2, 1), (1, 2, 3, 4)))
    >>> Image.open(io.BytesIO(data)).getpixel((1, 0))
    (1, 2, 3, 4)
    """
    if image.mode not in ("LA", "RGBA"):
        return save_image(image, "BMP", **kept)
    pixels = image.convert("RGBA").tobytes("raw", "BGRA", 0, -1)
    across, down = (round(side * INCH) for side in kept.get("dpi", (0, 0)))
    start = FILE_HEADER + HEADER
    return b"".join([
        struct.pack("<2sIII", b"BM", start + len(pixels), 0, start),
        struct.pack("<IiiHHIIiiII", HEADER, *image.size, 1, 32, BITFIELDS, len(pixels), across, down, 0, 0),
        MASKS, SRGB, bytes(HEADER - 60), pixels])
