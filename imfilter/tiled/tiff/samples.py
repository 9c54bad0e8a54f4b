"""Interpret the stored samples of a TIFF file: palettes, single bits, white as 0, premultiplied alpha."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...errors import FileError
from ...files.photo import add_note
from ...files.samples import divide_by_alpha
from ...files.tiff_pages import ASSOCIATED, COLORS, SEPARATE, check_bands
from .directory import JPEG

PALETTE, CMYK, YCBCR = 3, 5, 6  # of TIFF's photometric interpretations
WEBP, JPEG_XL, JPEG_2000 = 50001, 50002, 34712


@dataclass
class Samples:
    """What the stored samples of a pixel mean, the same as in `files.read_photo`.

    photometric: TIFF's interpretation. bits: of a sample. bands: of the result. associated: whether colors are
    premultiplied by alpha. palette: (entries, 3), if there is one.
    """

    photometric: int
    bits: int
    dtype: np.dtype[Any]
    bands: int
    colors: int
    alpha: bool
    associated: bool
    palette: Array | None = None

    def interpret(self, pixels: Array) -> Array:
        """Convert stored pixels to pixels (h, w, bands)."""
        if self.palette is not None:
            return self.palette[pixels[..., 0]]
        if self.bits < 8:
            pixels = pixels.astype(np.uint8) * np.uint8(255 // (2**self.bits - 1))
        if self.photometric == 0 and pixels.dtype.kind == "u":
            pixels = np.array(pixels)
            pixels[..., 0] = np.iinfo(pixels.dtype).max - pixels[..., 0]
        if pixels.shape[2] > self.bands:
            pixels = pixels[..., :self.bands]
        return divide_by_alpha(pixels) if self.associated else pixels


def identify_samples(tags: dict[str, Any], dtype: np.dtype[Any], bands: int, notes: list[str]) -> Samples:
    """Find out what the samples of an image mean; reject those that would be misread."""
    photometric, bits, extra = _find_interpretation(tags), tags["bits"], tags["extra"]
    if dtype.kind not in "buif":
        raise FileError(f"has unsupported samples: {dtype}")
    if photometric == PALETTE:
        return _read_palette(tags, bands, notes)
    if photometric not in COLORS or bits not in (1, 2, 4, 8, 16, 32, 64) or (bits < 8 and bands > 1):
        raise FileError(f"has unsupported samples: TIFF photometric {photometric}, {bits} bits")
    colors = COLORS[photometric]
    check_bands(bands, colors)
    if bits == 1:
        add_note(notes, "1-bit image becomes 8-bit gray")
    if bits < 8:
        dtype = np.dtype(np.uint8)
    alpha = bands == colors + 1 and extra in ((ASSOCIATED,), (SEPARATE,))
    if photometric == 2 and dtype == np.uint8 and bands == 4:  # where `files.read_photo` follows Pillow
        if not extra:
            alpha = True
        elif not alpha:
            add_note(notes, "fourth channel of unknown meaning not kept")
            bands = 3
    return Samples(photometric, bits, dtype, bands, colors, alpha, alpha and extra == (ASSOCIATED,))


def _find_interpretation(tags: dict[str, Any]) -> int:
    """Return the photometric interpretation after decoding: JPEG decoders turn YCbCr into RGB."""
    photometric = int(tags["photometric"])
    if photometric == CMYK and tags["compression"] in (JPEG, WEBP, JPEG_XL, JPEG_2000):
        raise FileError("holds JPEG-compressed CMYK colors, which cannot be read in tiles: use --engine memory")
    if photometric != YCBCR:
        return photometric
    if tags["compression"] == JPEG and tags["samples"] == 3:
        return 2
    raise FileError("holds YCbCr colors without JPEG compression, which cannot be read in tiles: use --engine memory")


def _read_palette(tags: dict[str, Any], bands: int, notes: list[str]) -> Samples:
    table = tags["colormap"]
    if table is None or bands > 1 or tags["bits"] > 8:
        raise FileError("has an unsupported palette: it must have at most 8 bits, and no alpha")
    add_note(notes, "palette becomes full color")
    palette = np.ascontiguousarray((np.asarray(table).T // 256).astype(np.uint8))
    return Samples(PALETTE, tags["bits"], palette.dtype, 3, 3, False, False, palette)
