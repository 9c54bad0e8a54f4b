"""The pixels that the playground shows: those of a photo, reduced, or those of a drawn picture."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.conversion import as_array
from ...arrays.dtypes import Array
from ...filters.shrink import shrink
from ..view.display import flatten_alpha

LONGEST = 512  # pixels of the longest side: a color photo is then at most 786 kB, and a megabyte as text
REGION = 8  # rows and columns of the region that is shown first
WHITE = (255, 255, 255)
DRAWN, FINER = (192, 144), 4  # size of the drawn picture, and how much larger it is drawn for smooth edges
SUN = (130, 14, 166, 50)
SHAPES = (  # mountains, a meadow and a house: columns and rows of the corners
    ("#5d6b8a", (0, 96, 46, 34, 92, 96)),
    ("#f2f4f8", (46, 34, 32, 53, 43, 49, 50, 55, 60, 53)),
    ("#41506e", (58, 96, 112, 52, 170, 96)),
    ("#4c8b46", (0, 96, 192, 90, 192, 144, 0, 144)),
    ("#b5483a", (118, 84, 136, 68, 154, 84)),
    ("#f0e0c8", (121, 84, 151, 84, 151, 108, 121, 108)),
    ("#5b3a29", (132, 93, 140, 93, 140, 108, 132, 108)),
)


def reduce_photo(photo: Any) -> Array:
    """Return a photo as uint8 (H, W) or (H, W, 3), its longest side at most 512, on white where it is transparent."""
    pixels: Array = as_array(shrink(flatten_alpha(photo, WHITE), to=LONGEST))
    if (pixels == pixels[..., :1]).all():
        pixels = pixels[..., 0]
    return np.ascontiguousarray(pixels)


def draw_picture() -> Array:
    """Return a drawn picture (144, 192, 3): soft shades, sharp edges, fine stripes and single bright pixels."""
    from PIL import Image, ImageDraw

    width, height = DRAWN
    y = np.arange(FINER * height)[:, None, None] / FINER
    sky = np.broadcast_to(np.array([60, 120, 200]) + y * [0.9, 0.8, 0.2], (FINER * height, FINER * width, 3))
    sheet = Image.fromarray(sky.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(sheet)
    pen.ellipse([FINER * place for place in SUN], fill="#ffd36b")
    for color, corners in SHAPES:
        pen.polygon([FINER * place for place in corners], fill=color)
    return _add_details(as_array(shrink(sheet, by=FINER)))


def _add_details(pixels: Array) -> Array:
    """Return the picture with a field, whose rows are ever finer with the distance, and with snow."""
    y = np.arange(len(pixels))[:, None, None]
    rows = 24 * np.sin(2 * np.pi * 90 / np.maximum(y - 88, 1)) * (y > 110)
    detailed: Array = np.clip(pixels + rows, 0, 255).astype(np.uint8)
    places = np.random.default_rng(3).integers((4, 4), (60, 120), (14, 2))
    detailed[places[:, 0], places[:, 1]] = 255
    return detailed


def find_detail(pixels: Array) -> tuple[int, int]:
    """Return the row and column of a region that varies most along both axes, so that the first numbers differ."""
    gray = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    rows, columns = (side // REGION for side in gray.shape)
    if rows == 0 or columns == 0:
        return 0, 0
    blocks = gray[:rows * REGION, :columns * REGION].reshape(rows, REGION, columns, REGION)
    down, across = blocks.mean(axis=3).std(axis=1), blocks.mean(axis=1).std(axis=2)
    y, x = divmod(int(np.minimum(down, across).argmax()), columns)
    return y * REGION, x * REGION
