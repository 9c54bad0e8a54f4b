"""Contact sheets in sections with headings, which stand side by side where they fit."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..canvas.raster import render_image
from ..canvas.scene import Panel, Rect, Text
from .contact_sheet import ASPECT, GAP, INK, NOTE, PAPER, TEXT, lay_out, reduce, tile_size
from .display import flatten_alpha

if TYPE_CHECKING:
    import PIL.Image

HEADING, LETTERS = 34, 20  # height of a heading, and of its letters
MOST_COLUMNS = 16


@dataclass(frozen=True)
class Section:
    """Pictures below a heading, each with a label and a note in small letters; all texts may be empty."""

    heading: str
    pictures: list[Any] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, picture: Any, label: str, note: str = "") -> None:
        """Add a picture."""
        self.pictures.append(picture)
        self.labels.append(label)
        self.notes.append(note)


def sectioned_sheet(
    sections: Sequence[Section], *, columns: int | None = None, size: int | None = None
) -> PIL.Image.Image:
    """Arrange the pictures of sections on a contact sheet; arguments as in `contact_sheet`."""
    tiles: list[list[PIL.Image.Image | None]] = [
        [reduce(flatten_alpha(picture, PAPER), size) for picture in section.pictures] for section in sections]
    tile = tile_size([one for row in tiles for one in row], size)
    noted = any(note for section in sections for note in section.notes)
    headed = any(section.heading for section in sections)
    counts = [*map(len, tiles)]
    across = columns or _choose_columns(counts, tile[0] + GAP, tile[1] + GAP + TEXT + 6 + (NOTE + 4) * noted)
    sheet, left, top = Panel(0, 0, "contact sheet"), 0, 0.0
    for section, row, first in zip(sections, tiles, _find_places(counts, across), strict=True):
        if first == 0:
            top = sheet.height
        left = first * (tile[0] + GAP)
        part = lay_out(row, section.labels, tile, min(across, len(row)), PAPER, section.notes if noted else None)
        sheet.width = max(sheet.width, left + part.width)
        sheet.height = max(sheet.height, top + HEADING * headed + part.height)
        sheet.add_panel(part, left, top + HEADING * headed)
        sheet.add(Text(left + GAP, top + GAP + HEADING / 2 - 4, section.heading, LETTERS, INK, "start"))
    sheet.shapes.insert(0, (Rect(0, 0, sheet.width, sheet.height, PAPER), None))
    return render_image(sheet)


def _find_places(counts: Sequence[int], columns: int) -> list[int]:
    """Return the first column of each section; 0 begins a new row of sections."""
    places, used = [], columns
    for count in counts:
        wide = min(count, columns)
        used = 0 if used + wide > columns else used
        places.append(used)
        used += wide
    return places


def _choose_columns(counts: Sequence[int], width: int, height: int) -> int:
    """Return the number of columns that brings a sheet of sections with these numbers of pictures near its aspect.

    width, height: of a tile with its text.
    """
    def distance(columns: int) -> float:
        lines: list[int] = []
        for count, first in zip(counts, _find_places(counts, columns), strict=True):
            rows = math.ceil(count / columns)
            lines = [*lines, rows] if first == 0 else [*lines[:-1], max(lines[-1], rows)]
        down = sum(rows * height + HEADING for rows in lines)
        return abs(math.log(columns * width / down / ASPECT))

    return min(range(1, min(MOST_COLUMNS, sum(counts)) + 1), key=distance)
