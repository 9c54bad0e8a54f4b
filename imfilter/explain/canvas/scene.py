"""The drawing model: shapes on panels, and panels under a title, in one frame or several."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...arrays.dtypes import Array
from ...runtime.printable import escape_controls
from .lines import wrap_text
from .palette import Color

GAP = 32  # units between panels, and around them
LINE = 22  # units from one line of text to the next
TITLE, TEXT = 20, 15  # height of letters
MIN_WIDTH = 560  # of a sheet

Span = tuple[int, int] | None  # the first and last frame in which a shape is visible; None: every frame


@dataclass(frozen=True)
class Rect:
    """A rectangle; an empty fill or line is not drawn. The line runs along the edge, half of it outside."""

    x: float
    y: float
    width: float
    height: float
    fill: Color = ""
    line: Color = ""
    thick: float = 1


@dataclass(frozen=True)
class Grid:
    """Rows and columns of cells with lines between and around them. high: height of a cell that is not square."""

    x: float
    y: float
    rows: int
    columns: int
    cell: float
    fill: Color
    line: Color = "rule"
    high: float = 0

    @property
    def cell_height(self) -> float:
        """Height of a cell."""
        return self.high or self.cell

    @property
    def lines(self) -> list[tuple[float, float, float, float]]:
        """The lines as x, y, width and height, one of which is 0."""
        width, height = self.columns * self.cell, self.rows * self.cell_height
        across = [(self.x, self.y + k * self.cell_height, width, 0.0) for k in range(self.rows + 1)]
        return across + [(self.x + k * self.cell, self.y, 0.0, height) for k in range(self.columns + 1)]


@dataclass(frozen=True)
class Text:
    """A line of text, vertically centered on y, that has its start, middle or end at x."""

    x: float
    y: float
    text: str
    size: float = TEXT
    color: Color = "ink"
    anchor: str = "middle"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", escape_controls(self.text))


@dataclass(frozen=True, eq=False)
class Pixels:
    """An image (height, width, 3) uint8 whose pixels are squares with sides of an integer number of units."""

    x: float
    y: float
    pixels: Array
    cell: int = 1


@dataclass(frozen=True)
class Line:
    """A line from point to point, each at these distances right of x and below y."""

    x: float
    y: float
    points: tuple[tuple[float, float], ...]
    line: Color
    thick: float = 1.5


@dataclass(frozen=True)
class Polygon:
    """A polygon with corners at these distances right of x and below y; an empty fill or line is not drawn."""

    x: float
    y: float
    corners: tuple[tuple[float, float], ...]
    fill: Color = ""
    line: Color = ""
    thick: float = 1


Shape = Rect | Grid | Text | Pixels | Polygon | Line


@dataclass
class Panel:
    """A drawing, or a part of one that stays together. label: what it shows, for screen readers."""

    width: float
    height: float
    label: str
    shapes: list[tuple[Shape, Span]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.label = escape_controls(self.label)

    def add(self, *shapes: Shape, span: Span = None) -> None:
        """Add shapes on top of the others."""
        self.shapes.extend((shape, span) for shape in shapes)

    def add_panel(self, panel: Panel, x: float, y: float) -> None:
        """Add all shapes of another panel, moved right and down."""
        self.shapes.extend((replace(shape, x=shape.x + x, y=shape.y + y), span) for shape, span in panel.shapes)


@dataclass(frozen=True)
class Scene:
    """A picture: rows of panels under a title, notes below them, and a caption for each frame.

    A drawing is a scene of one frame. bare: draw the only panel without any words.
    """

    title: str
    rows: list[list[Panel]]
    notes: Sequence[str] = ()
    captions: Sequence[str] = ("",)
    seconds: float = 1.2  # duration of a frame; the last one stays twice as long
    bare: bool = False

    def __post_init__(self) -> None:
        for name, value in (("title", escape_controls(self.title)), ("notes", [*map(escape_controls, self.notes)]),
                            ("captions", [*map(escape_controls, self.captions)])):
            object.__setattr__(self, name, value)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.captions)

    @property
    def scale(self) -> int:
        """Pixels per unit: two where there are small letters."""
        return 1 if self.bare else 2

    def sheet(self) -> Panel:
        """Lay out the title, panels, notes and captions on one panel."""
        if self.bare:
            return self.rows[0][0]
        width = max([MIN_WIDTH, *(sum(panel.width + GAP for panel in row) + GAP for row in self.rows)])
        sheet = Panel(width, GAP, self.title)
        _append_text(sheet, self.title, TITLE)
        for row in self.rows:
            sheet.height += GAP / 2
            x: float = GAP
            for panel in row:
                sheet.add_panel(panel, x, sheet.height)
                x += panel.width + GAP
            sheet.height += max(panel.height for panel in row) + GAP / 2
        for note in self.notes:
            _append_text(sheet, note)
        self._append_captions(sheet)
        sheet.height += GAP
        return sheet

    def _append_captions(self, sheet: Panel) -> None:
        """Add all captions at the same place, each visible in its own frame."""
        if not any(self.captions):
            return
        sheet.height += GAP / 2
        top = bottom = sheet.height
        for k, caption in enumerate(self.captions):
            sheet.height = top
            moving = self.frames > 1
            text = f"{k + 1} of {self.frames}: {caption}" if moving else caption
            _append_text(sheet, text, span=(k, k) if moving else None)
            bottom = max(bottom, sheet.height)
        sheet.height = bottom


def _append_text(sheet: Panel, text: str, size: float = TEXT, span: Span = None) -> None:
    """Add text, wrapped to the sheet's width, at its lower end."""
    for line in wrap_text(text, sheet.width - 2 * GAP, size):
        sheet.add(Text(GAP, sheet.height + LINE / 2, line, size, anchor="start"), span=span)
        sheet.height += LINE * max(1, size / 16)


def is_visible(span: Span, frame: int) -> bool:
    """Say whether a shape is visible in a frame."""
    return span is None or span[0] <= frame <= span[1]
