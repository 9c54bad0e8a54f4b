"""Raw frames without headers, whose size and pixel format the user gives, by FFmpeg's names."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays.dtypes import Array
from ..errors import ImfilterError, suggest
from ..files.pillow_guards import check_pixels
from .bytes_in import ByteSource
from .frame import Chunk, Frame, Plane, check_samples, pack_samples, sample_dtype

# Channels in the order of the samples of a pixel, and how many bits of a pixel the name counts for each channel.
ORDERS = {"gray": "L", "ya": "LA", "rgb": "RGB", "bgr": "BGR", "rgba": "RGBA", "bgra": "BGRA", "argb": "ARGB",
          "abgr": "ABGR"}
EIGHT = {"gray": "gray", "gray8": "gray", "ya8": "ya", "rgb24": "rgb", "bgr24": "bgr", "rgba": "rgba", "bgra": "bgra",
         "argb": "argb", "abgr": "abgr"}
SIXTEEN = {"gray16": "gray", "ya16": "ya", "rgb48": "rgb", "bgr48": "bgr", "rgba64": "rgba", "bgra64": "bgra"}
PIXELS = (*EIGHT, *(f"gray{depth}{end}" for depth in (9, 10, 12, 14) for end in ("le", "be")),
          *(f"{name}{end}" for name in SIXTEEN for end in ("le", "be")))


@dataclass(frozen=True)
class PixelFormat:
    """How a pixel is stored. order: the names of its samples, by letter. byte_order: of two-byte samples."""

    order: str
    maxval: int
    byte_order: str = "<"

    @classmethod
    def named(cls, name: str) -> PixelFormat:
        """Return the format that FFmpeg calls by this name."""
        if name not in PIXELS:
            raise ImfilterError(f"pixel must be one of FFmpeg's formats {', '.join(PIXELS)}; got {name!r}"
                                f"{suggest(name, PIXELS)}")
        if name in EIGHT:
            return cls(ORDERS[EIGHT[name]], 255)
        stem, order = name[:-2], "<" if name.endswith("le") else ">"
        if stem in SIXTEEN:
            return cls(ORDERS[SIXTEEN[stem]], 65535, order)
        return cls("L", 2 ** int(re.sub(r"\D", "", stem)) - 1, order)


@dataclass(frozen=True)
class RawFrames:
    """The size and the pixel format of raw frames."""

    width: int
    height: int
    pixel: PixelFormat


class Raw:
    """A stream of raw frames."""

    suffixes = ()
    title = "raw frames"

    def __init__(self, source: ByteSource, frames: RawFrames, max_pixels: int | None = None) -> None:
        self._source, self._frames = source, frames
        check_pixels((frames.width, frames.height), max_pixels)
        self.notes: list[str] = []
        # Filters find red, green, blue and alpha in this order.
        self._names = tuple(letter for letter in "RGBLA" if letter in frames.pixel.order)
        self._places = [frames.pixel.order.index(letter) for letter in self._names]

    @property
    def channels(self) -> tuple[str, ...]:
        return self._names

    def header(self) -> bytes:
        """Return what precedes the first frame: nothing."""
        return b""

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end."""
        if not self._source.peek(1):
            return None
        form, count = self._frames, len(self._names)
        dtype = sample_dtype(form.pixel.maxval, form.pixel.byte_order)
        samples = self._source.read_array((form.height, form.width, count), dtype)
        check_samples(samples, form.pixel.maxval)
        ordered = samples[..., self._places] if self._places != list(range(count)) else samples
        return Frame((Plane(ordered[..., 0] if count == 1 else ordered, self._names),), form.pixel.maxval)

    def encode(self, frame: Frame, results: Sequence[Array]) -> list[Chunk]:
        """Return the bytes of a result in the same pixel format: gray results have equal red, green and blue."""
        pixels, count = results[0], len(self._names)
        if pixels.ndim == 2:
            pixels = pixels[..., None]
        if pixels.shape[2] != count:
            pixels = self._repeat_gray(pixels, count)
        stored = np.empty_like(pixels)
        stored[..., self._places] = pixels
        return [pack_samples(stored, frame.maxval, self._frames.pixel.byte_order)]

    def _repeat_gray(self, pixels: Array, count: int) -> Array:
        """Return gray, or gray and alpha, as the colors of the pixel format."""
        alpha = "A" in self._names
        if pixels.shape[2] != 1 + alpha:
            raise ImfilterError(f"the result must have {count} channels as the raw frames have, got {pixels.shape[2]}")
        gray = np.repeat(pixels[..., :1], count - alpha, axis=2)
        return np.concatenate([gray, pixels[..., 1:]], axis=2)
