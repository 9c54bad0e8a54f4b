"""OpenedImage: an image of any type, opened once, and the way back to its type."""
from typing import Any, NamedTuple

import numpy as np

from .conversion import pixels_of, to_input_type
from .dtypes import Array, supported_dtype
from .layout import ArrayLayout, layout_of


class OpenedImage(NamedTuple):
    """The pixels of an image that was passed in, and where its rows, columns and channels are.

    source: what was passed in, an array, a Pillow image or anything else that `as_array` accepts.
    """

    source: Any
    pixels: Array
    layout: ArrayLayout

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels in the machine's byte order; raises for unsupported dtypes."""
        return supported_dtype(self.pixels.dtype)

    def view(self) -> Array:
        """Return the pixels as (images, rows, columns, channels)."""
        return self.layout.images(self.pixels)

    def convert_back(self, result: Array) -> Any:
        """Convert a result to the type of the source."""
        return result if self.source is self.pixels else to_input_type(self.source, result)


def array_like(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array of a shape and dtype that takes no memory, to prepare filters of such arrays."""
    return np.broadcast_to(np.empty((), dtype), shape)


def open_image(image: Any, channel_axis: int | None) -> OpenedImage:
    """Open an image (H, W), (H, W, C) or (N, H, W, C)."""
    pixels = image if type(image) is np.ndarray else pixels_of(image, channel_axis)
    return OpenedImage(image, pixels, layout_of(pixels.shape, channel_axis))
