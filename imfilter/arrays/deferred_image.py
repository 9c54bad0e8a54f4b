"""DeferredImage: an ArrayImage whose pixels are not there yet, because another thread decodes them."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .array_image import ArrayImage
from .dtypes import Array


class DeferredImage(ArrayImage):
    """An image of uint8 whose pixels a function returns when they are needed.

    Parameters
    ----------
    find_pixels : callable
        Returns the stored array, or raises what is wrong with it.
    shape : tuple of int
        Of that array.
    mode, info
        As of an ArrayImage.

    Examples
    --------
    >>> image = DeferredImage(lambda: np.full((2, 3), 7, np.uint8), (2, 3), "L", {})
    >>> image.size, image.getpixel((0, 0))
    ((3, 2), 7)
    """

    _find_pixels: Callable[[], Array] | None = None

    def __init__(
        self, find_pixels: Callable[[], Array], shape: tuple[int, ...], mode: str, info: dict[Any, Any]
    ) -> None:
        super().__init__(np.broadcast_to(np.uint8(0), shape), mode, info)
        self._pixels, self._find_pixels = None, find_pixels

    def _forget_pixels(self) -> None:
        super()._forget_pixels()
        self._find_pixels = None

    @property
    def is_changed(self) -> bool:
        """Whether Pillow has changed the image, so that only it knows the pixels."""
        return self._pixels is None and self._find_pixels is None

    @property
    def stored(self) -> Array:
        """The array as it is stored, once it is there."""
        if self._pixels is None and self._find_pixels is not None:
            self._pixels = self._find_pixels().view()
            self._pixels.flags.writeable = False
        return super().stored
