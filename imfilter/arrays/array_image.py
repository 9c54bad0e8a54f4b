"""ArrayImage: a Pillow image of an array, which Pillow's own functions get in their form when they need it."""
from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from .dtypes import Array

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "I;16": 1}  # of the modes of an ArrayImage
PADDED = 4  # bytes of a pixel of RGB as Pillow stores it; the last one counts for nothing
LARGEST_MAP = 2**31 - 1  # bytes of an array that Pillow takes without a copy


class ArrayImage(Image.Image):
    """A Pillow image of an array, which is there without a copy.

    Pillow stores RGB in four bytes, and copies when an array becomes an image, and again when that becomes an array. A
    photo that is decoded to an array and encoded from one needs neither.

    Parameters
    ----------
    pixels : contiguous array (H, W) or (H, W, C) of uint8, or (H, W) of uint16
        RGB may have four channels, as Pillow stores it: then Pillow needs no copy, either.
    mode : str
        One of CHANNELS.
    info : dict
        Metadata.

    Examples
    --------
    >>> image = ArrayImage(np.full((2, 3, 3), 7, np.uint8), "RGB", {})
    >>> image.size, image.getpixel((0, 0)), image.pixels is None
    ((3, 2), (7, 7, 7), False)
    """

    _pixels: Array | None = None  # None: Pillow's functions have changed the image since
    _is_padded = False

    def __init__(self, pixels: Array, mode: str, info: dict[Any, Any]) -> None:
        super().__init__()
        self._mode, self._size, self.info = mode, (pixels.shape[1], pixels.shape[0]), info
        self._is_padded = mode == "RGB" and pixels.shape[2] == PADDED
        self._pixels = pixels.view()
        self._pixels.flags.writeable = False  # results may share it
        self.readonly = 1  # Pillow copies it before a change

    @property
    def im(self) -> Any:
        """The image in Pillow's form, which is made on first access. To change it, Pillow makes a copy."""
        if self._im is None and not self.is_changed:
            self._im = _make_core(self.stored, self._mode, self._size)
        return super().im

    @im.setter
    def im(self, im: Any) -> None:
        self._im = im
        self._forget_pixels()

    def _forget_pixels(self) -> None:
        self._pixels, self._is_padded = None, False

    def load(self) -> Any:
        """Return access to the pixels, as Pillow's images do."""
        assert self.im is not None  # Pillow takes an image without it for one that is not there
        return super().load()

    @property
    def is_changed(self) -> bool:
        """Whether Pillow has changed the image, so that only it knows the pixels."""
        return self._pixels is None

    @property
    def pixels(self) -> Array | None:
        """The pixels (H, W) or (H, W, C); None: Pillow has changed the image."""
        if self.is_changed:
            return None
        return np.ascontiguousarray(self.stored[..., :3]) if self.is_padded else self.stored

    @property
    def is_padded(self) -> bool:
        """Whether RGB is stored in four channels."""
        return self._is_padded

    @property
    def stored(self) -> Array:
        """The array as it is stored, RGB in three or four channels."""
        assert self._pixels is not None
        return self._pixels

    def with_pixels(self, pixels: Array) -> ArrayImage:
        """Return an image of the same mode and metadata with other pixels, stored in the same way."""
        return ArrayImage(np.ascontiguousarray(pixels), self._mode, dict(self.info))

    def cut(self, top: int, bottom: int) -> Image.Image:
        """Return an image of some rows, which are not copied."""
        if self.is_changed:
            return self.crop((0, top, self.width, bottom))
        return self.with_pixels(self.stored[top:bottom])


def map_core(pixels: Array, mode: str) -> Any:
    """Return an array that is stored as Pillow stores this mode in Pillow's form, without a copy."""
    core: Any = Image.core  # type: ignore[attr-defined]
    return core.map_buffer(pixels, (pixels.shape[1], pixels.shape[0]), "raw", 0, (mode, 0, 1))


def _make_core(pixels: Array, mode: str, size: tuple[int, int]) -> Any:
    """Return an array in Pillow's form."""
    native = mode in ("L", "RGBA", "CMYK", "I;16") or (mode == "RGB" and pixels.shape[2] == PADDED)
    if native and pixels.nbytes <= LARGEST_MAP:
        return map_core(pixels, mode)
    raw = "RGBX" if native and mode == "RGB" else mode
    return Image.frombytes(mode, size, pixels.data, "raw", raw).im
