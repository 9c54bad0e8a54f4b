"""What pictures that explain are made of: rectangles, grids and texts on panels, each seen in some frames or in all."""
from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

GAP = 32  # pixels between panels, and about all of them
LINE = 22  # pixels from one line of text to the next
TITLE, TEXT = 20, 15  # pixels that letters are high
LEAST = 560  # pixels of a sheet's width
STAYS = "\N{NO-BREAK SPACE}"  # where no line ends
LETTER = 0.54  # width of a letter on average, in heights

Seen = tuple[int, int] | None  # the first and the last frame; None: all


@dataclass(frozen=True)
class Rect:
    """A rectangle; fill and line are roles of the palette, '' is none."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    line: str = ""
    thick: float = 1


@dataclass(frozen=True)
class Grid:
    """Rows and columns of square cells between lines."""

    x: float
    y: float
    rows: int
    columns: int
    cell: float
    fill: str
    line: str = "rule"


@dataclass(frozen=True)
class Text:
    """A line of text about a height of y; it begins (start), has its middle or ends (end) at x."""

    x: float
    y: float
    text: str
    size: float = TEXT
    role: str = "ink"
    anchor: str = "middle"


Shape = Rect | Grid | Text


@dataclass
class Panel:
    """A part of a picture that stays together. label: what it shows, in words."""

    width: float
    height: float
    label: str
    shapes: list[tuple[Shape, Seen]] = field(default_factory=list)

    def put(self, shape: Shape, seen: Seen = None) -> None:
        """Add a shape on top of the others."""
        self.shapes.append((shape, seen))

    def moved(self, x: float, y: float) -> Iterator[tuple[Shape, Seen]]:
        """Yield the shapes, moved so far to the right and down."""
        for shape, seen in self.shapes:
            yield replace(shape, x=shape.x + x, y=shape.y + y), seen


@dataclass(frozen=True)
class Scene:
    """A picture: rows of panels under a title, notes below them, and a caption for each frame."""

    title: str
    rows: list[list[Panel]]
    notes: list[str]
    captions: list[str]
    seconds: float = 1.2  # that a frame stays; the last one twice as long

    @property
    def frames(self) -> int:
        """How many pictures follow each other."""
        return len(self.captions)

    def sheet(self) -> Panel:
        """Return all of it as one panel: the title, the panels, the notes, the captions."""
        width = max([LEAST, *(sum(panel.width + GAP for panel in row) + GAP for row in self.rows)])
        sheet = Panel(width, GAP, self.title)
        _below(sheet, wrapped(self.title, width - 2 * GAP, TITLE), TITLE)
        for row in self.rows:
            sheet.height += GAP / 2
            x: float = GAP
            for panel in row:
                sheet.shapes.extend(panel.moved(x, sheet.height))
                x += panel.width + GAP
            sheet.height += max(panel.height for panel in row) + GAP / 2
        for note in self.notes:
            _below(sheet, wrapped(note, width - 2 * GAP, TEXT), TEXT)
        self._caption(sheet)
        sheet.height += GAP
        return sheet

    def _caption(self, sheet: Panel) -> None:
        """Add all captions at one place, each seen in its frame."""
        if not any(self.captions):
            return
        sheet.height += GAP / 2
        top = tallest = sheet.height
        for k, caption in enumerate(self.captions):
            sheet.height = top
            moving = self.frames > 1
            text = f"{k + 1} of {self.frames}: {caption}" if moving else caption
            _below(sheet, wrapped(text, sheet.width - 2 * GAP, TEXT), TEXT, seen=(k, k) if moving else None)
            tallest = max(tallest, sheet.height)
        sheet.height = tallest


def _below(sheet: Panel, lines: list[str], size: float, seen: Seen = None) -> None:
    """Add lines of text at the lower end of a sheet."""
    for line in lines:
        sheet.put(Text(GAP, sheet.height + LINE / 2, line, size, "ink", "start"), seen)
        sheet.height += LINE * max(1, size / 16)


def seen_in(seen: Seen, frame: int) -> bool:
    """Say whether a shape is seen in a frame."""
    return seen is None or seen[0] <= frame <= seen[1]


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return a text as lines of about this width."""
    lines = textwrap.wrap(together(text), max(12, int(width / (LETTER * size))))
    return [line.replace(STAYS, " ") for line in lines]


def together(text: str) -> str:
    """Return a text in which no line ends within a size such as 3 x 3."""
    return re.sub(r"(?<=\d) x (?=\d)", f"{STAYS}x{STAYS}", text)
