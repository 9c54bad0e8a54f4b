"""Lossless compressions of TIFF strips and tiles: the source's own if possible, else deflate."""
from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image, features

from ..arrays.dtypes import Array
from .tables import parse_tables

NONE, LZW, DEFLATE, ZSTD = 1, 5, 8, 50000  # TIFF's numbers
# TIFF 6.0 (1992) knows no deflate. Results of sources with its compressions have its compressions, too: readers and
# validators of that time accept them. 2, 6 and 32773 are CCITT, JPEG and PackBits.
CLASSIC = {NONE: NONE, 2: LZW, LZW: LZW, 6: LZW, 32773: LZW}
LEVEL = 3  # of deflate: level 6 takes four times as long for files that are 6 % smaller


class Codec:
    """A lossless compression. number: TIFF's number. predictor: 2 to compress differences between pixels, else 1."""

    def __init__(self, number: int, integers: bool, encode: Callable[[bytes], bytes], order: str) -> None:
        self._order = order
        self.number, self.predictor, self._encode = number, 2 if integers and number != NONE else 1, encode

    def __call__(self, rows: Array) -> bytes:
        return bytes(self._encode(encode_differences(rows, self.predictor == 2, self._order)))

    @property
    def layout(self) -> dict[int, Any]:
        """The tags that say how to decode."""
        return {259: self.number} | ({317: self.predictor} if self.predictor > 1 else {})


def encode_differences(rows: Array, integers: bool, order: str = "<") -> bytes:
    """Return the bytes to compress: for integers the differences from the pixel before, which compress better."""
    if integers:
        bits = rows.view(f"u{rows.itemsize}")
        rows = np.concatenate([bits[:, :1], bits[:, 1:] - bits[:, :-1]], axis=1)
    return rows.astype(rows.dtype.newbyteorder(order), copy=False).tobytes()


def choose_codec(number: int, dtype: np.dtype[Any], order: str) -> Codec:
    """Return a source's compression if it is lossless and needs no other library, else deflate."""
    integers, number = dtype.kind != "f", CLASSIC.get(number, DEFLATE)
    if number == LZW and not features.check("libtiff"):
        number = DEFLATE
    encoders: dict[int, Callable[[bytes], bytes]] = {NONE: bytes, LZW: _encode_lzw, DEFLATE: _deflate}
    return Codec(number, integers, encoders[number], order)


def choose_fast_codec(number: int, dtype: np.dtype[Any], order: str) -> Codec:
    """Return a codec of imagecodecs, which also knows Zstandard; without it, that of `choose_codec`."""
    integers = dtype.kind != "f"
    try:
        codecs = import_module("imagecodecs")
    except ImportError:
        return choose_codec(number, dtype, order)
    number = number if number == ZSTD else CLASSIC.get(number, DEFLATE)
    # Level 1 of libdeflate takes half the time of zlib's level 3, and makes smaller files.
    encoders: dict[int, Callable[[bytes], bytes]] = {
        NONE: bytes, LZW: codecs.lzw_encode, ZSTD: codecs.zstd_encode,
        DEFLATE: lambda data: codecs.deflate_encode(data, level=1)}
    return Codec(number, integers, encoders[number], order)


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data, LEVEL)


def _encode_lzw(data: bytes) -> bytes:
    """Compress data by Pillow's libtiff: write it as a picture of one row, and take its only strip."""
    file = io.BytesIO()
    Image.frombytes("L", (len(data), 1), data).save(file, "TIFF", compression="tiff_lzw")
    whole = file.getvalue()
    page, _ = parse_tables(whole)
    (place,), (size,) = (entry.integers("<") for entry in (page.find(273), page.find(279)) if entry)
    return whole[place:place + size]
