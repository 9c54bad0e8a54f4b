"""Draw what filters do: a drawn picture before and after them."""
from __future__ import annotations

import numpy as np

from ...arrays.dtypes import Array
from ...filters.shrink import shrink
from ...pipeline.chain import Pipeline
from ...pipeline.recipe import Recipe
from ..canvas.scene import Panel, Pixels, Text
from ..playground.pixels import draw_picture
from .display import flatten_alpha
from .stretch import apply_visibly

HEAD, TEXT = 26, 13  # height of the line above a picture, and of its letters
LETTER = 7.2  # width of a letter
SIDE = 128  # of the picture
PAPER = (255, 255, 255)


def draw_effect(pipeline: Pipeline, prefix: str = "") -> list[Panel]:
    """Draw a small picture and what filters make of it. prefix: of the line above the result."""
    from PIL import Image

    photo = Image.fromarray(_small_picture())
    result, scaled = apply_visibly(Recipe(pipeline, ""), photo)
    note = f"{prefix}{'filtered' if not scaled else f'filtered, {scaled}'}"
    return [_add_head("a drawn picture", np.asarray(photo)), _add_head(note, np.asarray(flatten_alpha(result, PAPER)))]


def _small_picture() -> Array:
    pixels: Array = shrink(draw_picture(), to=SIDE)
    return pixels


def _add_head(head: str, pixels: Array) -> Panel:
    height, width = pixels.shape[:2]
    panel = Panel(max(width, LETTER * len(head)), HEAD + height, head)
    panel.add(Text(0, HEAD / 2 - 2, head, TEXT, "quiet", "start"), Pixels(0, HEAD, pixels))
    return panel
