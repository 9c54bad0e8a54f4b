"""Render scenes as pixels, and fit text by the font they use."""
from __future__ import annotations

import io
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.dtypes import Array
from .lines import clean_line
from .palette import Color, mix_colors, rgb
from .scene import Grid, Line, Panel, Pixels, Polygon, Rect, Scene, Shape, Text, is_visible

if TYPE_CHECKING:
    import PIL.Image

SHADES = 10  # from a letter's color to the one below it, in a GIF
PALETTE = 256  # colors of a GIF
MIN_TEXT = 8  # height of letters in a line that is too long
ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


def render_image(panel: Panel, frame: int = 0, scale: int = 1) -> PIL.Image.Image:
    """Return a frame of a panel as an RGB image. scale: pixels per unit."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (round(panel.width * scale), round(panel.height * scale)), rgb("paper"))
    pen = ImageDraw.Draw(image)
    for shape, span in panel.shapes:
        if is_visible(span, frame):
            _paint(image, pen, shape, scale)
    return image


def render_last_frame(scene: Scene) -> PIL.Image.Image:
    """Return the last frame of a scene as an RGB image."""
    return render_image(scene.sheet(), scene.frames - 1, scene.scale)


def render_gif(scene: Scene) -> bytes:
    """Return a scene as a GIF that loops forever; the last frame stays twice as long."""
    from PIL import Image

    # One palette for all frames: with palettes of their own, colors would flicker.
    sheet, colors = scene.sheet(), Image.new("P", (1, 1))
    drawn = [part for color in mix_colors(SHADES) for part in color]
    colors.putpalette([*drawn, *_other_colors(sheet, PALETTE - len(drawn) // 3)])
    frames = [render_image(sheet, k, scene.scale).quantize(palette=colors, dither=Image.Dither.NONE)
              for k in range(scene.frames)]
    stay = round(1000 * scene.seconds)
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], loop=0,
                   duration=[*[stay] * (len(frames) - 1), 2 * stay])
    return stream.getvalue()


def _other_colors(sheet: Panel, count: int) -> list[int]:
    """Return the colors of images and of shapes without a role, at most this many, as a palette."""
    from PIL import Image

    parts = [shape.pixels.reshape(-1, 3) for shape, _ in sheet.shapes if isinstance(shape, Pixels)]
    plain = [shape.fill for shape, _ in sheet.shapes if isinstance(shape, Rect) and isinstance(shape.fill, tuple)]
    if plain:
        parts.append(np.array(plain, np.uint8))
    if not parts:
        return []
    samples = Image.fromarray(np.concatenate(parts)[None])
    return (samples.quantize(count, Image.Quantize.MEDIANCUT).getpalette() or [])[:3 * count]


def encode_png(image: PIL.Image.Image) -> bytes:
    """Return an image as a PNG file."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def pixels_image(pixels: Array, cell: int) -> PIL.Image.Image:
    """Return an array (height, width, 3) as an image in which each pixel is a square of cell x cell."""
    from PIL import Image

    return Image.fromarray(pixels.repeat(cell, 0).repeat(cell, 1) if cell > 1 else pixels)


def load_font(size: float) -> Any:
    """Return Pillow's own font in this size."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def fit_text(text: str, width: int, size: int) -> tuple[str, int]:
    """Return one line of text and a font size at which it fits into a width.

    size: the largest size to use. Long text gets smaller letters; what is too long even then is cut.
    """
    text = clean_line(text)
    for smaller in range(size, MIN_TEXT - 1, -1):
        if load_font(smaller).getlength(text) <= width:
            return text, smaller
    text = text[:width]  # no letter is narrower than a pixel
    while text and load_font(MIN_TEXT).getlength(text + "...") > width:
        text = text[:-1]
    return text + "...", MIN_TEXT


def _paint(image: PIL.Image.Image, pen: Any, shape: Shape, scale: int) -> None:
    match shape:
        case Rect(x, y, width, height, fill, line, thick):
            half = thick / 2 if line else 0  # a line covers both sides of the edge, as in SVG
            pen.rectangle(_corners(x - half, y - half, width + 2 * half, height + 2 * half, scale),
                          _rgb(fill), _rgb(line), round(thick * scale))
        case Grid(x, y, rows, columns, cell, fill, line):
            if fill:
                pen.rectangle(_corners(x, y, columns * cell, rows * shape.cell_height, scale), _rgb(fill))
            for left, top, width, height in shape.lines:
                pen.rectangle(_corners(left - 0.5, top - 0.5, width + 1, height + 1, scale), _rgb(line))
        case Polygon(x, y, corners, fill, line, thick):
            points = [((x + right) * scale, (y + down) * scale) for right, down in corners]
            pen.polygon(points, _rgb(fill))
            if line:
                pen.line([*points, points[0]], _rgb(line), round(thick * scale), "curve")
        case Text(x, y, text, size, color, anchor):
            pen.text((x * scale, y * scale), text, rgb(color), load_font(size * scale), ANCHORS[anchor])
        case Line(x, y, points, line, thick):
            pen.line([((x + right) * scale, (y + down) * scale) for right, down in points], rgb(line),
                     round(thick * scale), "curve")
        case Pixels(x, y, pixels, cell):
            image.paste(pixels_image(pixels, cell * scale), (round(x * scale), round(y * scale)))


def _rgb(color: Color) -> tuple[int, int, int] | None:
    return rgb(color) if color else None


def _corners(x: float, y: float, width: float, height: float, scale: int) -> tuple[int, int, int, int]:
    """Return the first and the last pixel of a rectangle, as Pillow takes them."""
    left, top = (floor(side * scale + 0.5) for side in (x, y))
    right, bottom = (floor(side * scale + 0.5) - 1 for side in (x + width, y + height))
    return left, top, max(left, right), max(top, bottom)
