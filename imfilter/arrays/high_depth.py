"""HighDepthImage: images that Pillow has no mode for, such as 16-bit or float color."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .dtypes import Array


@dataclass
class HighDepthImage:
    """An image that Pillow has no mode for: 16-bit or float colors, or channels beyond alpha.

    Parameters
    ----------
    pixels : (H, W, C) array
    alpha : bool
        Whether the last channel is alpha.
    colors : int, optional
        How many channels are colors: 1 gray, 3 red, green and blue, 4 CMYK. Default: as many as fit.
    info : dict
        Metadata, as in a Pillow image.

    Examples
    --------
    >>> HighDepthImage(np.zeros((3, 4, 4), np.uint16), alpha=True).mode
    'RGBA uint16'
    """

    pixels: Array
    alpha: bool = False
    colors: int = 0
    info: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = self.pixels.shape[2] - self.alpha
        self.colors = self.colors or (count if count in (1, 3, 4) else 3 if count > 4 else 1)

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def mode(self) -> str:
        """The channels, by Pillow's names, and their dtype."""
        more = self.pixels.shape[2] - self.colors - self.alpha
        name = {1: "L", 3: "RGB", 4: "CMYK"}[self.colors] + "A" * self.alpha + f"+{more}" * bool(more)
        return f"{name} {self.pixels.dtype}"

    def getbands(self) -> tuple[str, ...]:
        """Return the names of the channels, as Pillow does; channels beyond the colors are numbered."""
        more = self.pixels.shape[2] - self.colors - self.alpha
        return (*{1: "L", 3: "RGB", 4: "CMYK"}[self.colors], *map(str, range(1, more + 1)), *"A" * self.alpha)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.pixels, dtype, copy=copy)
