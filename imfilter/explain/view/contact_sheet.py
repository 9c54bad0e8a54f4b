"""Contact sheets: many small pictures on one, each with its label."""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, is_picture
from ...errors import ImfilterError, check_integer
from ..canvas.drawing import Color, fitting, font
from .display import bytes_of, flat

if TYPE_CHECKING:
    import PIL.Image

PAPER, INK, EDGE = (255, 255, 255), (32, 32, 32), (200, 200, 200)
GAP, TEXT = 10, 14  # pixels between tiles, and of the letters
WIDE = 1.5  # how much wider than high a sheet should be


def contact_sheet(
    pictures: Any, labels: Sequence[str] | None = None, *, columns: int | None = None, size: int | None = None,
    paper: Color = PAPER,
) -> PIL.Image.Image:
    """Put pictures in rows on one sheet, each with its label below.

    Parameters
    ----------
    pictures : sequence of Pillow images, arrays or None; or one array (H, W, n)
        An array (H, W, n) is n feature maps, each a tile of its own, stretched alike. None leaves a tile empty.
        Samples that are not of 8 or 16 bits are stretched: from 0 to the largest value, or about mid-gray where some
        are below 0.
    labels : sequence of str, optional
        One for each picture; what is too long for its tile is cut short.
    columns : int, optional
        Tiles in a row; as many as make the sheet half as wide again as it is high when left out.
    size : int, optional
        Longest side of a tile in pixels: larger pictures are reduced. They are as large as they are when left out.
    paper : (int, int, int), default white
        Color between the tiles, and where pictures are transparent.

    Returns
    -------
    Pillow image
        In mode RGB.

    Raises
    ------
    ImfilterError
        When there is no picture, one that cannot be shown, or not a label for each.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.contact_sheet([numpy.zeros((20, 30), numpy.uint8)] * 6, columns=3).size
    (130, 70)
    >>> maps = imfilter.conv2d(numpy.ones((32, 32, 3)), numpy.ones((8, 3, 5, 5)))
    >>> imfilter.contact_sheet(maps, columns=4).size
    (162, 86)
    """
    _check_paper(paper)
    tiles = [None if picture is None else _reduced(flat(picture, paper), size) for picture in _each(pictures)]
    names = None if labels is None else [*map(str, labels)]
    if not tiles or (names is not None and len(names) != len(tiles)):
        came = f"{len(tiles)} pictures" + (f" and {len(names)} labels" if names is not None else "")
        raise ImfilterError(f"a contact sheet must have at least one picture, and a label for each, got {came}")
    width = max([tile.width for tile in tiles if tile] or [size or 1])
    height = max([tile.height for tile in tiles if tile] or [size or 1])
    caption = TEXT + 6 if names else 0
    across = _columns(len(tiles), (width + GAP) / (height + caption + GAP)) if columns is None else min(
        check_integer("columns", columns, 1), len(tiles))
    return _laid_out(tiles, names, (width, height), across, paper)


def _check_paper(paper: Any) -> None:
    good = isinstance(paper, tuple) and len(paper) == 3 and all(
        isinstance(value, int) and 0 <= value <= 255 for value in paper)
    if not good:
        raise ImfilterError(f"paper must be three whole numbers from 0 to 255, got {paper!r}")


def _each(pictures: Any) -> Iterable[Any]:
    """Return the pictures one by one; those of an (H, W, n) array stretched alike."""
    if is_picture(pictures):
        return [pictures]
    if isinstance(pictures, Iterable) and not isinstance(pictures, (str, bytes)) and not hasattr(pictures, "ndim"):
        return pictures
    maps = as_array(pictures, "pictures")
    if maps.ndim != 3 or maps.size == 0:
        raise ImfilterError(f"feature maps must have the shape (H, W, n), got {maps.shape}")
    return list(np.moveaxis(bytes_of(maps), 2, 0))


def _reduced(picture: PIL.Image.Image, size: int | None) -> PIL.Image.Image:
    if size is not None and max(picture.size) > check_integer("size", size, 1):
        picture.thumbnail((size, size))
    return picture


def _columns(count: int, shape: float) -> int:
    """Return how many tiles, so much wider than high, make a sheet of about the shape wanted, without a hole or few."""
    ideal = min(count, max(1, round(math.sqrt(count * WIDE / shape))))
    return math.ceil(count / math.ceil(count / ideal))


def _laid_out(
    tiles: list[PIL.Image.Image | None], names: list[str] | None, tile: tuple[int, int], columns: int, paper: Color
) -> PIL.Image.Image:
    """Paste every tile into the middle of its place, with an outline where there is none."""
    from PIL import Image, ImageDraw

    width, height = tile
    step_x, step_y = width + GAP, height + GAP + (TEXT + 6 if names else 0)
    sheet = Image.new("RGB", (columns * step_x + GAP, math.ceil(len(tiles) / columns) * step_y + GAP), paper)
    pen = ImageDraw.Draw(sheet)
    for k, picture in enumerate(tiles):
        x, y = GAP + k % columns * step_x, GAP + k // columns * step_y
        if picture is None:
            pen.rectangle((x, y, x + width - 1, y + height - 1), outline=EDGE)
        else:
            sheet.paste(picture, (x + (width - picture.width) // 2, y + (height - picture.height) // 2))
        if names:
            text, letters = fitting(names[k], width, TEXT)
            pen.text((x + width / 2, y + height + 4 + TEXT / 2), text, INK, font(letters), anchor="mm")
    return sheet
