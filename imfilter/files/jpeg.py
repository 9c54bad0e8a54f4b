"""Encode JPEG files as their source was coded: subsampling, RGB or YCbCr, quantization, progressive mode."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

from PIL import Image

from .jpeg_scans import RGB_NUMBERS, Factors, assemble_scans
from .jpeg_strips import encode_baseline
from .photo import add_note

SAMPLINGS = {"444": (1, 1), "422": (2, 1), "420": (2, 2), "440": (1, 2)}  # factors of Y; those of Cb and Cr are 1
PILLOW = {(1, 1): 0, (2, 1): 1, (2, 2): 2}  # Pillow's numbers of the samplings that it writes
QUALITY = 95  # for photos without a quality of their own


class JpegCoding(NamedTuple):
    """How a JPEG file codes its samples.

    factors: samples of each component, across and down, relative to the others. tables: the quantization of each
    component. rgb: whether the components are red, green and blue. ycck: whether CMYK is stored as YCbCr and black.
    """

    factors: Factors
    tables: tuple[tuple[int, ...], ...]
    progressive: bool = False
    rgb: bool = False
    ycck: bool = False


def read_coding(image: Any, turn: int) -> JpegCoding | None:
    """Return how an opened JPEG file is coded, once it is upright; None: unknown.

    A turn by 90 degrees swaps the directions: 4:2:2 becomes 4:4:0.
    """
    layers, info = getattr(image, "layer", []), image.info
    if not layers or any(layer[3] not in image.quantization for layer in layers):
        return None
    factors = _reduce_factors(tuple((across, down) for _, across, down, _ in layers))
    tables = tuple(tuple(image.quantization[layer[3]]) for layer in layers)
    if turn > 4:
        factors = tuple((down, across) for across, down in factors)
    transform = info.get("adobe_transform")
    rgb = len(layers) == 3 and "jfif" not in info and (
        transform == 0 or (transform is None and tuple(layer[0] for layer in layers) == RGB_NUMBERS))
    return JpegCoding(factors, tables, bool(info.get("progressive")), rgb, len(layers) == 4 and transform == 2)


def _reduce_factors(factors: Factors) -> Factors:
    """Divide the factors by what all of them have in common: some files say 2x2 for every component."""
    across, down = (math.gcd(*(factor[axis] for factor in factors)) for axis in (0, 1))
    return tuple((h // across, v // down) for h, v in factors) if across and down else factors


def encode_jpeg(
    image: Image.Image, coding: JpegCoding | None, quality: int | None, subsampling: str | None, notes: list[str],
    metadata: dict[str, Any],
) -> bytes:
    """Encode an image as JPEG.

    Parameters
    ----------
    image : Pillow image of mode L, RGB or CMYK
    coding : JpegCoding, optional
        Of the source, if that is a JPEG file.
    quality : int, optional
        Replaces the source's quantization.
    subsampling : str, optional
        A key of SAMPLINGS, which replaces the source's.
    notes : list of str
        Receives what is not kept.
    metadata : dict
        Options of Pillow's JPEG writer.

    Returns
    -------
    bytes

    Examples
    --------
    >>> import io
    >>> data = encode_jpeg(Image.new("RGB", (16, 16)), None, 90, "440", [], {})
    >>> [layer[1:3] for layer in Image.open(io.BytesIO(data)).layer]
    [(1, 2), (1, 1), (1, 1)]
    """
    bands = len(image.getbands())
    options = {**metadata, "progressive": bool(coding and coding.progressive)}
    if coding and quality is None:
        options["qtables"] = _shorten_tables(coding.tables[:bands])
    else:
        options["quality"] = quality or QUALITY
    own = coding if coding and len(coding.factors) == bands else None
    factors, rgb = _choose_factors(own, bands, subsampling, notes)
    ycck = own is not None and own.ycck
    if factors is None:
        return encode_baseline(image, options)
    number = PILLOW.get(factors[0]) if set(factors[1:]) == {(1, 1)} and bands == 3 else None
    if number is not None and not (rgb and number):
        return encode_baseline(image, {**options, "subsampling": number, "keep_rgb": rgb})
    if bands == 4 and not ycck and len(set(factors)) == 1:
        return encode_baseline(image, options)
    return assemble_scans(image, factors, options, rgb, ycck)


def _shorten_tables(tables: tuple[tuple[int, ...], ...]) -> list[list[int]]:
    """Return the tables without repetitions at the end: Pillow uses the last one for all further components."""
    count = len(tables)
    while count > 1 and tables[count - 1] == tables[count - 2]:
        count -= 1
    return [list(table) for table in tables[:count]]


def _choose_factors(
    coding: JpegCoding | None, bands: int, subsampling: str | None, notes: list[str]
) -> tuple[Factors | None, bool]:
    """Return the factors of each component, None for the encoder's own, and whether colors are stored as RGB."""
    rgb = coding is not None and coding.rgb
    if subsampling is not None and bands == 3:
        if rgb and subsampling != "444":
            add_note(notes, "RGB coding becomes YCbCr, whose colors can be stored with fewer samples")
            rgb = False
        return (SAMPLINGS[subsampling], (1, 1), (1, 1)), rgb
    if coding is None or bands == 1:
        return None, False
    across, down = (max(factor[axis] for factor in coding.factors) for axis in (0, 1))
    if any(across % h or down % v for h, v in coding.factors):
        add_note(notes, "chroma subsampling not kept: all samples are stored, as the ratio is no whole number")
        return ((1, 1),) * bands, rgb
    return coding.factors, rgb
