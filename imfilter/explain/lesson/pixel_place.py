"""Draw a thumbnail of an image with a mark where a pixel is."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.conversion import as_array, is_picture
from ..canvas.palette import rgb
from ..canvas.scene import Panel, Pixels, Text
from ..view.display import MODES, flatten_alpha
from .grids import HEAD, add_frame
from .neighborhood import KernelSum

SIDE, MAX_CELL = 160, 24  # of the longer side of a thumbnail, and of a pixel of a small image
MARK = 11  # smallest side of a mark
MARGIN = MARK / 2 + 3  # around the thumbnail, for marks at its edges


def draw_place(image: Any, x: int, y: int, one: KernelSum | None) -> Panel:
    """Draw an image with a mark at column x and row y. one: whose pixels are framed, too, if the frame is large."""
    pixels, scale = _reduce(image)
    cell = max(1, int(scale))
    high, wide = pixels.shape[0] * cell, pixels.shape[1] * cell
    panel = Panel(max(wide, 110) + 2 * MARGIN, HEAD + high + 2 * MARGIN, f"the image; column {x}, row {y} is marked")
    panel.add(Text(1, HEAD / 2 - 2, "image", 13, "quiet", "start"), Pixels(MARGIN, HEAD + MARGIN, pixels, cell))
    if one is not None and (field := _field(one, x, y, scale, (wide, high))):
        _mark(panel, *field)
    side = max(MARK, scale)
    _mark(panel, (x + 0.5) * scale - side / 2, (y + 0.5) * scale - side / 2, side, side)
    return panel


def _reduce(image: Any) -> tuple[Any, float]:
    """Return an image as bytes (height, width, 3) of at most SIDE pixels a side, and its scale."""
    pixels = image if is_picture(image) else as_array(image)
    if not is_picture(image) and pixels.ndim == 3 and pixels.shape[2] not in MODES:
        pixels = pixels[..., 0]
    shown = flatten_alpha(pixels, rgb("paper"))
    longest = max(shown.size)
    if longest > SIDE:
        shown.thumbnail((SIDE, SIDE))
        return np.asarray(shown), SIDE / longest
    return np.asarray(shown), float(min(MAX_CELL, SIDE // longest))


def _field(
    one: KernelSum, x: int, y: int, scale: float, size: tuple[int, int]
) -> tuple[float, float, float, float] | None:
    """Return left, top, width and height of the pixels under a kernel, cut at the image; None: the mark covers them."""
    spans = []
    for at, taps, anchor, most in zip((x, y), one.pixels.shape[::-1], one.kernel.anchor[::-1], size, strict=True):
        start, end = max(0.0, (at - anchor) * scale), min(float(most), (at - anchor + taps) * scale)
        spans.append((start, end - start))
    (left, wide), (top, high) = spans
    return (left, top, wide, high) if max(one.pixels.shape) * scale > 2 * MARK else None


def _mark(panel: Panel, left: float, top: float, wide: float, high: float) -> None:
    add_frame(panel, MARGIN + left, HEAD + MARGIN + top, wide, high)
