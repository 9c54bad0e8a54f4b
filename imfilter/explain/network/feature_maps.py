"""Feature maps as thumbnails, each stretched to its own range."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.scene import Panel, Pixels, Text
from ..lesson.grids import HEAD
from .units import Block, write_place

MOST = 16  # maps of a layer
ACROSS = 8  # maps in a row
SIDE, GAP = 64, 4  # of the longer side of a map, and between maps, in units
LETTER = 7.2
NOTE = "Each feature map is stretched: black is its smallest value, white its largest."
JOINED = "Of layers in branches, only the maps where their paths join are shown."


def draw_maps(blocks: Sequence[Block], maps: Sequence[Array]) -> list[Panel]:
    """Draw the maps (H, W, C) of every block after its activations, the first ones of many. maps: of every layer."""
    return [_draw_block(block, maps[block.rows[-1].place[0] - 1]) for block in blocks]


def _draw_block(block: Block, maps: Array) -> Panel:
    height, width, channels = maps.shape
    tiles = [make_thumbnail(maps[..., c]) for c in range(min(channels, MOST))]
    high, wide = tiles[0].shape[:2]
    name = ", ".join([f"{write_place(block.place)}: {block.name}", *block.activations])
    count = f"{channels} maps" if channels <= MOST else f"the first {MOST} of {channels} maps"
    title = f"{name}: {count} of {height} x {width}"
    rows, columns = -(-len(tiles) // ACROSS), min(len(tiles), ACROSS)
    panel = Panel(max(columns * (wide + GAP), LETTER * len(title)), HEAD + rows * (high + GAP), title)
    panel.add(Text(0, HEAD / 2 - 2, title, 13, "quiet", "start"))
    for k, tile in enumerate(tiles):
        row, column = divmod(k, ACROSS)
        panel.add(Pixels(column * (wide + GAP), HEAD + row * (high + GAP), tile))
    return panel


def make_thumbnail(values: Array, side: int = SIDE) -> Array:
    """Return a map (H, W) as gray pixels (h, w, 3), stretched to its range, with a longer side of at most `side`.

    A map without a range is mid-gray; values that are not finite are drawn as the smallest.
    """
    from PIL import Image

    known = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    gray = np.full(values.shape, 128, np.uint8)
    if high > low:
        finite = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
        gray = np.rint((finite - low) * (255 / (high - low))).astype(np.uint8)
    longest = max(gray.shape)
    if longest > side:
        size = [max(1, round(pixels * side / longest)) for pixels in reversed(gray.shape)]
        gray = np.asarray(Image.fromarray(gray).resize((size[0], size[1]), Image.Resampling.BOX))
    else:
        gray = gray.repeat(side // longest, 0).repeat(side // longest, 1)
    thumbnail: Array = np.repeat(gray[..., None], 3, 2)
    return thumbnail
