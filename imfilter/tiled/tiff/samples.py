"""Samples of a TIFF file as they are meant: palettes, single bits, white as 0, and colors multiplied by alpha."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...errors import FileError
from ...files.high_depth import ASSOCIATED, COLORS, SEPARATE
from ...files.photo import note
from ...files.samples import separated
from .directory import JPEG

PALETTE, CMYK, YCBCR = 3, 5, 6  # of TIFF's photometric interpretations
WEBP, JPEG_XL, JPEG_2000 = 50001, 50002, 34712


@dataclass
class Samples:
    """What the stored samples of a pixel mean, as `files.read` understands them.

    photometric: the interpretation. bits: of a sample. palette: (entries, 3), where there is one. bands: of the result.
    """

    photometric: int
    bits: int
    dtype: np.dtype[Any]
    bands: int
    colors: int
    alpha: bool
    associated: bool
    palette: Array | None = None

    def meant(self, pixels: Array) -> Array:
        """Return the pixels (h, w, bands) of stored ones."""
        if self.palette is not None:
            return self.palette[pixels[..., 0]]
        if self.bits < 8:
            pixels = pixels.astype(np.uint8) * np.uint8(255 // (2**self.bits - 1))
        if self.photometric == 0 and pixels.dtype.kind == "u":
            pixels = np.array(pixels)
            pixels[..., 0] = np.iinfo(pixels.dtype).max - pixels[..., 0]
        if pixels.shape[2] > self.bands:
            pixels = pixels[..., :self.bands]
        return separated(pixels) if self.associated else pixels


def samples(tags: dict[str, Any], dtype: np.dtype[Any], bands: int, notes: list[str]) -> Samples:
    """Say what the samples of a picture mean, or refuse those that would be read as something else."""
    photometric, bits, extra = _interpretation(tags), tags["bits"], tags["extra"]
    if dtype.kind not in "buif":
        raise FileError(f"has samples that are not read here: {dtype}")
    if photometric == PALETTE:
        return _palette(tags, bands, notes)
    if photometric not in COLORS or bits not in (1, 2, 4, 8, 16, 32, 64) or (bits < 8 and bands > 1):
        raise FileError(f"has samples that are not read here: TIFF photometric {photometric}, {bits} bits")
    colors = COLORS[photometric]
    if bits == 1:
        note(notes, "1-bit picture becomes 8-bit gray")
    if bits < 8:
        dtype = np.dtype(np.uint8)
    alpha = bands == colors + 1 and extra in ((ASSOCIATED,), (SEPARATE,))
    if photometric == 2 and dtype == np.uint8 and bands == 4:  # of which Pillow has views of its own
        if not extra:
            alpha = True
        elif not alpha:
            note(notes, "fourth channel, whose meaning the file does not tell, not kept")
            bands = 3
    return Samples(photometric, bits, dtype, bands, colors, alpha, alpha and extra == (ASSOCIATED,))


def _interpretation(tags: dict[str, Any]) -> int:
    """Return what decoded samples are: decoders of JPEG turn YCbCr into RGB."""
    photometric = int(tags["photometric"])
    if photometric == CMYK and tags["compression"] in (JPEG, WEBP, JPEG_XL, JPEG_2000):
        raise FileError("holds CMYK colors in JPEG compression, which are not read in tiles: use --engine memory")
    if photometric != YCBCR:
        return photometric
    if tags["compression"] == JPEG and tags["samples"] == 3:
        return 2
    raise FileError("holds YCbCr colors without JPEG compression, which are not read in tiles: use --engine memory")


def _palette(tags: dict[str, Any], bands: int, notes: list[str]) -> Samples:
    table = tags["colormap"]
    if table is None or bands > 1 or tags["bits"] > 8:
        raise FileError("has a palette that is not read here: it must be of 8-bit numbers without alpha")
    note(notes, "palette becomes full color")
    palette = np.ascontiguousarray((np.asarray(table).T // 256).astype(np.uint8))
    return Samples(PALETTE, tags["bits"], palette.dtype, 3, 3, False, False, palette)
