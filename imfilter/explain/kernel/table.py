"""Kernels as tables of colored squares."""
from __future__ import annotations

import functools
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.checks import check_kernel
from ...engine.kernel_structure import absolute_sum
from ...errors import ImfilterError
from ..canvas.drawing import BLACK, WHITE, Box, Drawing, Raster, Shape, Words, font, png

if TYPE_CHECKING:
    import PIL.Image

# Below, at and above 0: ends and middle of ColorBrewer's RdBu (C. A. Brewer, 2002), which color-blind eyes tell apart.
BELOW, ZERO, ABOVE = np.array([33, 102, 172]), np.array([247, 247, 247]), np.array([178, 24, 43])
GRID = (160, 160, 160)
SIDE = 512  # pixels of the picture's longer side, about
LARGEST, LEAST_RULED = 56, 6  # pixels of a square: at most, and from which on lines part them
SMALLEST_TEXT = 9  # pixels
MOST_TAPS = 4096  # along an axis


class KernelPicture:
    """A picture of a kernel. Jupyter shows it; `image` is a Pillow image, `svg` a document, `save` writes either."""

    def __init__(self, drawing: Drawing, kernel: Array) -> None:
        self._drawing = drawing
        self._kernel = kernel

    def __repr__(self) -> str:
        height, width = self._kernel.shape
        return f"<picture of a {height} x {width} kernel that sums to {total(self._kernel):.4g}>"

    @functools.cached_property
    def image(self) -> PIL.Image.Image:
        """The picture as a Pillow image."""
        return self._drawing.image()

    @functools.cached_property
    def svg(self) -> str:
        """The picture as an SVG document, which stays sharp in any size."""
        return self._drawing.svg()

    def _repr_png_(self) -> bytes:
        return png(self.image)

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture in the format that the name ends in, also .svg; a file of that name is replaced."""
        self._drawing.save(path, force=True)


def show(kernel: Any) -> KernelPicture:
    """Draw a kernel: a square for each weight, blue below 0, white at 0, red above.

    Parameters
    ----------
    kernel : (kh, kw) array
        Finite weights. The largest of them, whatever its sign, has the full color.

    Returns
    -------
    KernelPicture
        Shown by Jupyter as it is. Its `image` is a Pillow image, its method `save(path)` writes it. Numbers stand
        in the squares where they fit, and a frame around the tap that stands on the pixel, (kh // 2, kw // 2).

    Raises
    ------
    ImfilterError
        When the kernel is not a table of finite numbers with a finite sum, or has more than 4096 along an axis.

    Examples
    --------
    >>> import imfilter
    >>> imfilter.show([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    <picture of a 3 x 3 kernel that sums to 1>
    """
    weights = checked(kernel)
    return KernelPicture(squares(weights), weights)


def checked(kernel: Any) -> Array:
    """Return the weights of a kernel that can be shown."""
    weights = check_kernel(kernel, "kernel", 2)
    if max(weights.shape) > MOST_TAPS:
        raise ImfilterError(f"a kernel to show must have at most {MOST_TAPS} taps along an axis, got {weights.shape}")
    if not math.isfinite(absolute_sum(weights)):
        raise ImfilterError("a kernel to show must have a finite sum, got weights too large to be added")
    return weights


def colors(weights: Array) -> Array:
    """Return (..., 3) uint8: from blue through white to red, the largest size of weight in full color."""
    largest = np.abs(weights).max()
    share = (weights / largest if largest else weights)[..., None]
    mixed: Array = ZERO + np.abs(share) * (np.where(share < 0, BELOW, ABOVE) - ZERO)
    return mixed.round().astype(np.uint8)


def total(kernel: Array) -> float:
    """Return the sum of the weights, 0 where only rounding keeps it from that."""
    found, size = float(kernel.sum()), float(np.abs(kernel).sum())
    return found if abs(found) > 1e-12 * size else 0.0


def squares(weights: Array, longest: int = SIDE, *, framed: bool = True) -> Drawing:
    """Return squares, lines between them, numbers where they fit, and a frame about the center.

    longest: pixels of the longer side, about.
    """
    side = max(1, min(LARGEST, longest // max(weights.shape)))
    rule = int(side >= LEAST_RULED)
    rows, columns = weights.shape
    drawing = Drawing(columns * side + rule, rows * side + rule)
    table = colors(weights)
    if not rule:
        drawing.put([Raster(0, 0, table.repeat(side, 0).repeat(side, 1))])
        return drawing
    for i, j in np.ndindex(weights.shape):
        drawing.put([Box(j * side, i * side, side, side, tuple(table[i, j].tolist()), GRID)])
    drawing.put(_numbers(weights, table, side))
    if framed:
        drawing.put([Box(side * (columns // 2), side * (rows // 2), side, side, None, BLACK, max(1, side // 24))])
    return drawing


def _numbers(weights: Array, table: Array, side: int) -> list[Shape]:
    """Return every weight as a number in its square, if all of them can be read there."""
    texts = [f"{weight:.3g}".replace("e-0", "e-") for weight in weights.ravel() + 0.0]  # a 0 without a sign
    size = side // 3
    while size >= SMALLEST_TEXT and max(map(font(size).getlength, set(texts))) > side - 6:
        size -= 1
    if size < SMALLEST_TEXT:
        return []
    dark = table @ (0.2125, 0.7154, 0.0721) > 128
    return [Words((j + 0.5) * side, (i + 0.5) * side, text, size, BLACK if dark[i, j] else WHITE)
            for text, (i, j) in zip(texts, np.ndindex(weights.shape), strict=True)]
