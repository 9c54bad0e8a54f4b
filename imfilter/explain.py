"""Pictures that explain: a kernel as a table of coloured squares."""
from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .convolution import checked_weights
from .errors import ImfilterError
from .images import Array

if TYPE_CHECKING:
    import PIL.Image

# Below, at and above 0: ends and middle of ColorBrewer's RdBu (C. A. Brewer, 2002), which colour-blind eyes tell apart.
BELOW, ZERO, ABOVE = np.array([33, 102, 172]), np.array([247, 247, 247]), np.array([178, 24, 43])
GRID = (160, 160, 160)
CENTRE = (0, 0, 0)
SIDE = 512  # pixels of the picture's longer side, about
LARGEST, LEAST_RULED = 56, 6  # pixels of a square: at most, and from which on lines part them
SMALLEST_TEXT = 9  # pixels
MOST_TAPS = 4096  # along an axis


class KernelPicture:
    """A picture of a kernel. Jupyter shows it; `image` is the Pillow image, `save` writes it."""

    def __init__(self, image: PIL.Image.Image, kernel: Array) -> None:
        self.image = image
        self._kernel = kernel

    def __repr__(self) -> str:
        height, width = self._kernel.shape
        total, size = self._kernel.sum(), np.abs(self._kernel).sum()
        return f"<picture of a {height} x {width} kernel that sums to {total if abs(total) > 1e-12 * size else 0:.4g}>"

    def _repr_png_(self) -> bytes:
        room = io.BytesIO()
        self.image.save(room, "PNG")
        return room.getvalue()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture in the format that the name ends in; a file of that name is replaced."""
        from . import files

        data = files.encode(files.Photo([self.image]), Path(path).suffix)
        files.write(data, os.fspath(path), force=True)


def show(kernel: Any) -> KernelPicture:
    """Draw a kernel: a square for each weight, blue below 0, white at 0, red above.

    Parameters
    ----------
    kernel : (kh, kw) array
        Finite weights. The largest of them, whatever its sign, has the full colour.

    Returns
    -------
    KernelPicture
        Shown by Jupyter as it is. Its `image` is a Pillow image, its method `save(path)` writes it. Numbers stand
        in the squares where they fit, and a frame around the tap that stands on the pixel, (kh // 2, kw // 2).

    Raises
    ------
    ImfilterError
        When the kernel is not a table of finite numbers, or has more than 4096 along an axis.

    Examples
    --------
    >>> import imfilter
    >>> imfilter.show([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    <picture of a 3 x 3 kernel that sums to 1>
    """
    weights = checked_weights(kernel, "kernel", 2)
    if max(weights.shape) > MOST_TAPS:
        raise ImfilterError(f"a kernel to show must have at most {MOST_TAPS} taps along an axis, got {weights.shape}")
    return KernelPicture(_drawn(weights), weights)


def colours(weights: Array) -> Array:
    """Return (..., 3) uint8: from blue through white to red, the largest size of weight in full colour."""
    largest = np.abs(weights).max()
    share = (weights / largest if largest else weights)[..., None]
    mixed: Array = ZERO + np.abs(share) * (np.where(share < 0, BELOW, ABOVE) - ZERO)
    return mixed.round().astype(np.uint8)


def _drawn(weights: Array) -> PIL.Image.Image:
    """Return the picture: squares, lines between them, numbers where they fit, and a frame about the centre."""
    from PIL import Image, ImageDraw

    side = max(1, min(LARGEST, SIDE // max(weights.shape)))
    rule = int(side >= LEAST_RULED)
    table = colours(weights)
    squares = table.repeat(side, 0).repeat(side, 1)
    if rule:
        squares[::side] = squares[:, ::side] = GRID
        squares = np.pad(squares, ((0, 1), (0, 1), (0, 0)))
        squares[-1], squares[:, -1] = GRID, GRID
    image = Image.fromarray(squares)
    pen = ImageDraw.Draw(image)
    _number(pen, weights, table, side)
    if rule:
        top, left = (side * (k // 2) for k in weights.shape)
        pen.rectangle((left, top, left + side, top + side), outline=CENTRE, width=max(1, side // 24))
    return image


def _number(pen: Any, weights: Array, table: Array, side: int) -> None:
    """Write every weight into its square, if all of them can be read there."""
    from PIL import ImageFont

    texts = [f"{weight:.3g}".replace("e-0", "e-") for weight in weights.ravel() + 0.0]  # a 0 without a sign
    size = side // 3
    while size >= SMALLEST_TEXT:
        font = ImageFont.load_default(size)
        if max(map(font.getlength, set(texts))) <= side - 6:
            break
        size -= 1
    else:
        return
    for text, (i, j) in zip(texts, np.ndindex(weights.shape), strict=True):
        dark = table[i, j] @ (0.2125, 0.7154, 0.0721) > 128
        pen.text(((j + 0.5) * side, (i + 0.5) * side), text, (0, 0, 0) if dark else (255, 255, 255), font, anchor="mm")
