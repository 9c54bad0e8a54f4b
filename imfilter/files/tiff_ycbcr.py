"""YCbCr pages of TIFF files (TIFF 6.0, 21): colors with fewer samples, coefficients and levels of their own."""
from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from ..arrays.dtypes import Array
from ..errors import FileError
from .high_depth import library

YCBCR, JPEG = 6, (6, 7)  # TIFF's numbers of the photometric interpretation and of the compressions
COEFFICIENTS = (0.299, 0.587, 0.114)  # of red, green and blue in Y
REFERENCE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)  # samples of the least and the largest Y, Cb and Cr
FACTORS = (1, 2, 4)  # pixels that share a sample of color


def is_subsampled(tags: Any) -> bool:
    """Return whether a page is YCbCr that no JPEG decoder unpacks, with colors of fewer samples."""
    return tags.get(262) == YCBCR and tags.get(259, 1) not in JPEG and _read_factors(tags) != (1, 1)


def has_own_colors(tags: Any) -> bool:
    """Return whether a page states other coefficients or levels than those of JPEG."""
    stated, default = (*_coefficients(tags), *_reference(tags)), (*COEFFICIENTS, *REFERENCE)
    return any(abs(one - other) > 1e-3 for one, other in zip(stated, default, strict=True))


def ycbcr_to_rgb(pixels: Array, tags: Any) -> Array:
    """Return red, green and blue of 8 bits by the coefficients and the levels that a page states."""
    (red, green, blue), levels = _coefficients(tags), _reference(tags)
    y, cb, cr = ((pixels[..., k] - levels[2 * k]) * (full / (levels[2 * k + 1] - levels[2 * k]))
                 for k, full in enumerate((255, 127, 127)))
    r, b = cr * (2 - 2 * red) + y, cb * (2 - 2 * blue) + y
    g = (y - blue * b - red * r) / green
    colors: Array = np.rint(np.stack([r, g, b], -1).clip(0, 255)).astype(np.uint8)
    return colors


def read_subsampled(stream: IO[bytes], tags: Any) -> Array:
    """Return the YCbCr pixels (H, W, 3) of a page whose colors have fewer samples; each is repeated."""
    (across, down), width, height = _read_factors(tags), tags[256], tags[257]
    tiled = 324 in tags
    size = (tags[323], tags[322]) if tiled else (min(tags.get(278, height), height), width)
    bits = tags.get(258, (8,))
    if set(bits) != {8} or tags.get(277, 3) != 3 or tags.get(284, 1) != 1 or tags.get(317, 1) != 1 or not (
            across in FACTORS and down in FACTORS):
        raise FileError(f"has unsupported samples: YCbCr of {max(bits)} bits with colors of {across}x{down} pixels")
    unpack = _choose_unpacker(tags.get(259, 1))
    columns = -(-width // size[1])
    pixels = np.zeros((height, width, 3), np.uint8)
    for number, (place, count) in enumerate(zip(tags[324 if tiled else 273], tags[325 if tiled else 279], strict=True)):
        top, left = number // columns * size[0], number % columns * size[1]
        rows = size[0] if tiled else min(size[0], height - top)
        stream.seek(place)
        part = _spread(unpack(stream.read(count)), (rows, size[1]), across, down)
        target = pixels[top:top + size[0], left:left + size[1]]
        target[...] = part[:target.shape[0], :target.shape[1]]
    return pixels


def _spread(data: bytes, size: tuple[int, int], across: int, down: int) -> Array:
    """Return the pixels of a segment, stored in units: the samples of Y, row by row, then Cb and Cr."""
    units = -(-size[0] // down), -(-size[1] // across)
    length = units[0] * units[1] * (across * down + 2)
    if len(data) < length:
        raise FileError(f"is damaged: a strip or tile must have {length} bytes, got {len(data)}")
    samples = np.frombuffer(data, np.uint8, length).reshape(*units, -1)
    luma = samples[..., :-2].reshape(*units, down, across).swapaxes(1, 2).reshape(units[0] * down, units[1] * across)
    colors = samples[..., -2:].repeat(down, 0).repeat(across, 1)
    return np.dstack([luma, colors])


def _choose_unpacker(compression: int) -> Callable[[bytes], bytes]:
    if compression == 1:
        return bytes
    if compression in (8, 32946):
        return zlib.decompress
    names = {5: "lzw_decode", 32773: "packbits_decode", 50000: "zstd_decode"}
    if compression not in names:
        raise FileError(f"has an unsupported compression of YCbCr: number {compression} of TIFF")
    decode: Callable[[bytes], bytes] = getattr(library("imagecodecs"), names[compression])
    return decode


def _read_factors(tags: Any) -> tuple[int, int]:
    """Return how many pixels share a sample of color, across and down: 2 and 2 by default."""
    stated = tags.get(530)
    if stated and len(stated) == 2:
        return int(stated[0]), int(stated[1])
    whole = tags.get(259, 1) == 1 and sum(tags.get(279, tags.get(325, ()))) >= 3 * tags[256] * tags[257]
    return (1, 1) if whole else (2, 2)


def _coefficients(tags: Any) -> tuple[float, ...]:
    stated = tuple(map(float, tags.get(529, ())))
    return stated if len(stated) == 3 and all(stated) else COEFFICIENTS


def _reference(tags: Any) -> tuple[float, ...]:
    stated = tuple(map(float, tags.get(532, ())))
    whole = len(stated) == 6 and all(stated[k] != stated[k + 1] for k in (0, 2, 4))
    return stated if whole else REFERENCE
