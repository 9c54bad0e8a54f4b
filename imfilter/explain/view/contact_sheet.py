"""Contact sheets: many small images on one, each with its label."""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, is_picture
from ...errors import ImfilterError, check_integer
from ...runtime.keywords import checks_keywords
from ..canvas.palette import RGB
from ..canvas.raster import fit_text, render_image
from ..canvas.scene import Panel, Pixels, Rect, Text
from .display import flatten_alpha, to_bytes

if TYPE_CHECKING:
    import PIL.Image

    from ...arrays.image_types import AnyImage

PAPER, INK, FAINT_INK, EDGE = (255, 255, 255), (32, 32, 32), (96, 96, 96), (200, 200, 200)
GAP, TEXT, NOTE = 10, 14, 11  # pixels between tiles, and height of letters in labels and notes
ASPECT = 1.5  # width of a sheet by its height


@checks_keywords
def contact_sheet(
    pictures: Sequence[AnyImage | None] | AnyImage, labels: Sequence[str] | None = None, *, columns: int | None = None,
    size: int | None = None, paper: RGB = PAPER,
) -> PIL.Image.Image:
    """Arrange images in rows on a contact sheet, each with a label below it.

    Parameters
    ----------
    pictures : sequence of Pillow images, arrays or None; or one array (H, W, n)
        An array (H, W, n) is n feature maps, one tile each, on one brightness scale. None leaves a tile empty.
        Samples that are not of 8 or 16 bits are rescaled: from 0 to the largest value, or around mid-gray where some
        are negative.
    labels : sequence of str, optional
        One for each picture. Labels too long for their tile get smaller letters, then are cut.
    columns : int, optional
        Tiles in a row. Default: as many as make the sheet about 1.5 times as wide as high.
    size : int, optional
        Longest side of a tile in pixels; larger pictures are reduced. Default: the pictures keep their size.
    paper : (int, int, int), default white
        Color between the tiles, and behind transparent pictures.

    Returns
    -------
    Pillow image
        In mode RGB.

    Raises
    ------
    ImfilterError
        When there is no picture, a picture cannot be displayed, or the number of labels differs.

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
    tiles = [None if picture is None else reduce(flatten_alpha(picture, paper), size)
             for picture in _split_pictures(pictures)]
    names = None if labels is None else [*map(str, labels)]
    if not tiles or (names is not None and len(names) != len(tiles)):
        came = f"{len(tiles)} pictures" + (f" and {len(names)} labels" if names is not None else "")
        raise ImfilterError(f"a contact sheet must have at least one picture, and a label for each, got {came}")
    width, height = tile_size(tiles, size)
    caption = TEXT + 6 if names else 0
    across = _choose_columns(len(tiles), (width + GAP) / (height + caption + GAP)) if columns is None else min(
        check_integer("columns", columns, 1), len(tiles))
    return render_image(lay_out(tiles, names, (width, height), across, paper))


def tile_size(tiles: Sequence[PIL.Image.Image | None], size: int | None) -> tuple[int, int]:
    """Return the width and height of the largest tile."""
    return (max([tile.width for tile in tiles if tile] or [size or 1]),
            max([tile.height for tile in tiles if tile] or [size or 1]))


def _check_paper(paper: Any) -> None:
    good = isinstance(paper, tuple) and len(paper) == 3 and all(
        isinstance(value, int) and 0 <= value <= 255 for value in paper)
    if not good:
        raise ImfilterError(f"paper must be three integers from 0 to 255, got {paper!r}")


def _split_pictures(pictures: Any) -> Iterable[Any]:
    """Return the pictures one by one; feature maps (H, W, n) share one brightness scale."""
    if is_picture(pictures):
        return [pictures]
    if isinstance(pictures, Iterable) and not isinstance(pictures, (str, bytes)) and not hasattr(pictures, "ndim"):
        return pictures
    maps = as_array(pictures, "pictures")
    if maps.ndim != 3 or maps.size == 0:
        raise ImfilterError(f"feature maps must have the shape (H, W, n), got {maps.shape}")
    return list(np.moveaxis(to_bytes(maps), 2, 0))


def reduce(picture: PIL.Image.Image, size: int | None) -> PIL.Image.Image:
    """Reduce a picture to at most size pixels a side."""
    if size is not None and max(picture.size) > check_integer("size", size, 1):
        picture.thumbnail((size, size))
    return picture


def _choose_columns(count: int, aspect: float) -> int:
    """Return the number of columns that brings a sheet near its aspect, with few empty places in the last row.

    aspect: width of a tile by its height.
    """
    ideal = min(count, max(1, round(math.sqrt(count * ASPECT / aspect))))
    return math.ceil(count / math.ceil(count / ideal))


def lay_out(
    tiles: list[PIL.Image.Image | None], names: list[str] | None, tile: tuple[int, int], columns: int, paper: RGB,
    notes: list[str] | None = None,
) -> Panel:
    """Center every tile in its place; an empty place gets an outline."""
    width, height = tile
    step_x, step_y = width + GAP, height + GAP + (TEXT + 6 if names else 0) + (NOTE + 4 if notes else 0)
    sheet = Panel(columns * step_x + GAP, math.ceil(len(tiles) / columns) * step_y + GAP, "contact sheet")
    sheet.add(Rect(0, 0, sheet.width, sheet.height, paper))
    for k, picture in enumerate(tiles):
        x, y = GAP + k % columns * step_x, GAP + k // columns * step_y
        if picture is None:
            sheet.add(Rect(x + 0.5, y + 0.5, width - 1, height - 1, "", EDGE))
        else:
            sheet.add(Pixels(x + (width - picture.width) // 2, y + (height - picture.height) // 2, np.asarray(picture)))
        if names:
            text, size = fit_text(names[k], width, TEXT)
            sheet.add(Text(x + width / 2, y + height + 4 + TEXT / 2, text, size, INK))
        if notes:
            text, size = fit_text(notes[k], width, NOTE)
            sheet.add(Text(x + width / 2, y + height + TEXT + 8 + NOTE / 2, text, size, FAINT_INK))
    return sheet
