"""Panels as pixels: GIF with all frames, PNG with the last."""
from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from . import drawing
from .palette import mixed, rgb
from .scene import Grid, Panel, Rect, Scene, Shape, Text, seen_in

if TYPE_CHECKING:
    import PIL.Image

SCALE = 2  # pixels of a unit, so that small letters can be read
SHADES = 10  # from a letter's color to that under it
ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


def gif(scene: Scene) -> bytes:
    """Return the frames as an animated GIF that goes on for ever; the last one stays twice as long."""
    from PIL import Image

    sheet = scene.sheet()
    colors = Image.new("P", (1, 1))
    colors.putpalette([part for color in mixed(SHADES) for part in color])
    frames = [_frame(sheet, k).quantize(palette=colors, dither=Image.Dither.NONE) for k in range(scene.frames)]
    stay = round(1000 * scene.seconds)
    room = io.BytesIO()
    moving = {"duration": [*[stay] * (len(frames) - 1), 2 * stay], "loop": 0} if len(frames) > 1 else {}
    frames[0].save(room, "GIF", save_all=True, append_images=frames[1:], **moving)
    return room.getvalue()


def png(scene: Scene) -> bytes:
    """Return the last frame as a PNG."""
    return drawing.png(_frame(scene.sheet(), scene.frames - 1))


def _frame(sheet: Panel, frame: int) -> PIL.Image.Image:
    from PIL import Image, ImageDraw

    size = round(sheet.width * SCALE), round(sheet.height * SCALE)
    image = Image.new("RGB", size, rgb("paper"))
    pen = ImageDraw.Draw(image)
    for shape, seen in sheet.shapes:
        if seen_in(seen, frame):
            _paint(pen, shape)
    return image


def _paint(pen: Any, shape: Shape) -> None:
    match shape:
        case Rect(x, y, width, height, fill, line, thick):
            half = thick / 2 if line else 0  # a line lies over the edge, as in SVG
            corners = _box(x - half, y - half, width + 2 * half, height + 2 * half)
            pen.rectangle(corners, rgb(fill) if fill else None, rgb(line) if line else None, round(thick * SCALE))
        case Grid(x, y, rows, columns, cell, fill, line):
            width, height = columns * cell, rows * cell
            pen.rectangle(_box(x, y, width, height), rgb(fill))
            for k in range(rows + 1):
                pen.line(_box(x, y + k * cell, width, 0), rgb(line), SCALE)
            for k in range(columns + 1):
                pen.line(_box(x + k * cell, y, 0, height), rgb(line), SCALE)
        case Text(x, y, text, size, role, anchor):
            pen.text((x * SCALE, y * SCALE), text, rgb(role), drawing.font(size * SCALE), ANCHORS[anchor])


def _box(x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
    return round(x * SCALE), round(y * SCALE), round((x + width) * SCALE), round((y + height) * SCALE)
