"""Drawings of a few plain shapes, laid out once and written as pixels or as SVG."""
from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ...arrays.dtypes import Array
from .saving import save, save_bytes

if TYPE_CHECKING:
    import os

    import PIL.Image

Color = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
LEAST_TEXT = 8  # pixels of letters where a line is long
FONTS = "Helvetica, Arial, sans-serif"
ANCHORS = {"l": "start", "m": "middle", "r": "end"}


@dataclass(frozen=True)
class Box:
    """A rectangle from pixel (x, y) to pixel (x + width, y + height), both of them in it; its outline lies inside."""

    x: int
    y: int
    width: int
    height: int
    fill: Color | None = None
    outline: Color | None = None
    stroke: int = 1

    def paint(self, image: PIL.Image.Image, pen: Any) -> None:
        corners = (self.x, self.y, self.x + self.width, self.y + self.height)
        pen.rectangle(corners, self.fill, self.outline, self.stroke)

    def svg(self) -> str:
        stroke = self.stroke if self.outline else 0
        lines = f' stroke="{_hex(self.outline)}" stroke-width="{stroke}"' if self.outline else ""
        return (f'<rect x="{self.x + stroke / 2:g}" y="{self.y + stroke / 2:g}" width="{self.width + 1 - stroke}" '
                f'height="{self.height + 1 - stroke}" fill="{_hex(self.fill) if self.fill else "none"}"{lines}/>')


@dataclass(frozen=True)
class Words:
    """A line of text about a height of y, that begins (l), has its middle (m) or ends (r) at x."""

    x: float
    y: float
    text: str
    size: int
    color: Color = BLACK
    anchor: str = "m"

    def paint(self, image: PIL.Image.Image, pen: Any) -> None:
        pen.text((self.x, self.y), self.text, self.color, font(self.size), anchor=f"{self.anchor}m")

    def svg(self) -> str:
        from xml.sax.saxutils import escape

        return (f'<text x="{self.x:g}" y="{self.y + 0.35 * self.size:g}" font-size="{self.size}" '
                f'fill="{_hex(self.color)}" text-anchor="{ANCHORS[self.anchor]}">{escape(self.text)}</text>')


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels (height, width, 3) uint8 as they are, the first at (x, y)."""

    x: int
    y: int
    pixels: Array

    @property
    def image(self) -> PIL.Image.Image:
        from PIL import Image

        return Image.fromarray(self.pixels)

    def paint(self, image: PIL.Image.Image, pen: Any) -> None:
        image.paste(self.image, (self.x, self.y))

    def svg(self) -> str:
        height, width = self.pixels.shape[:2]
        data = base64.b64encode(png(self.image)).decode()
        return (f'<image x="{self.x}" y="{self.y}" width="{width}" height="{height}" '
                f'style="image-rendering: pixelated" href="data:image/png;base64,{data}"/>')


Shape = Box | Words | Raster
S = TypeVar("S", Box, Words, Raster)


@dataclass(frozen=True)
class Drawing:
    """Shapes on a sheet of white, the later ones on top."""

    width: int
    height: int
    shapes: list[Shape] = field(default_factory=list)

    def put(self, shapes: Iterable[Shape], x: int = 0, y: int = 0) -> None:
        """Add shapes, moved so far to the right and down."""
        self.shapes.extend(replace(shape, x=shape.x + x, y=shape.y + y)  # type: ignore[arg-type]
                           for shape in shapes)

    def image(self) -> PIL.Image.Image:
        """Return the drawing as a Pillow image, a pixel for each unit."""
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (self.width, self.height), WHITE)
        pen = ImageDraw.Draw(image)
        for shape in self.shapes:
            shape.paint(image, pen)
        return image

    def svg(self) -> str:
        """Return the drawing as an SVG document."""
        size = f'width="{self.width}" height="{self.height}"'
        lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {self.width} {self.height}" '
                 f'font-family="{FONTS}">', f'<rect {size} fill="#ffffff"/>']
        return "\n".join([*lines, *(shape.svg() for shape in self.shapes), "</svg>\n"])

    def save(self, path: str | os.PathLike[str], *, force: bool) -> None:
        """Write the drawing: as SVG where the name ends in .svg, else as pixels."""
        if str(path).lower().endswith(".svg"):
            save_bytes(self.svg().encode(), path, force=force)
        else:
            save(self.image(), path, force=force)


def font(size: float) -> Any:
    """Return Pillow's own font in this size."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def fitting(text: str, width: int, most: int) -> tuple[str, int]:
    """Return a line of text and a size in which it fits: smaller where it is long, and its beginning where it must.

    most: the size of a short text.
    """
    text = " ".join(text.encode(errors="backslashreplace").decode().split())
    for size in range(most, LEAST_TEXT - 1, -1):
        if font(size).getlength(text) <= width:
            return text, size
    text = text[:width]  # of which none fits that is longer
    while text and font(LEAST_TEXT).getlength(text + "...") > width:
        text = text[:-1]
    return text + "...", LEAST_TEXT


def png(image: PIL.Image.Image) -> bytes:
    """Return an image as the bytes of a PNG file."""
    room = io.BytesIO()
    image.save(room, "PNG")
    return room.getvalue()


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
