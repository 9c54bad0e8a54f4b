"""Draw a stack from the side: rows of pixels, and cones from a pixel of a layer to those of the image it reads."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..canvas.scene import Grid, Panel, Polygon, Rect, Span, Text
from .field_level import FieldLevel, split_runs
from .grids import HEAD, MIN_RULED

LEFT, WIDTH, RIGHT = 58.0, 268.0, 32.0  # of the names of the levels, of a row of pixels, and of their number
BRICK, GAP, NARROW_GAP, DEEP = 18.0, 34.0, 20.0, 6  # height of a row, and below it; in deeper stacks the narrow gap
TEXT = 12
MAX_COLUMNS = 48  # image pixels that all steps show on one scale; of more, each step shows those of its field


@dataclass(frozen=True)
class _View:
    """The part of the image that a step shows: from start, in pixels of the image, on this scale."""

    start: float
    scale: float

    def span(self, level: FieldLevel, axis: int, first: int, last: int) -> tuple[float, float]:
        """Return where pixels of a level begin and end, within the drawing."""
        left, right = (LEFT + (side - self.start) * self.scale for side in _extent(level, axis, first, last))
        return max(LEFT, left), min(LEFT + WIDTH, right)


def draw_side_view(levels: Sequence[FieldLevel], axis: int) -> Panel:
    """Draw the rows (axis 0) or columns (axis 1) of all levels, the image at the top, with cones in each step."""
    name = ("rows", "columns")[axis]
    gap = GAP if len(levels) <= DEEP + 1 else NARROW_GAP
    panel = Panel(LEFT + WIDTH + RIGHT, HEAD + len(levels) * (BRICK + gap) - gap + 4,
                  f"{name} of the layers from the side, with the receptive field as a cone")
    panel.add(Text(1, HEAD / 2 - 2, f"from the side: {name} that are read", 13, "quiet", "start"))
    tops = [HEAD + k * (BRICK + gap) for k in range(len(levels))]
    wide = _find_view(levels, axis, range(len(levels) - 1))
    for frame in range(len(levels) - 1):
        view = wide if WIDTH / wide.scale <= MAX_COLUMNS else _find_view(levels, axis, [frame])
        span = (frame, frame)
        for k in range(frame + 1, 0, -1):
            _add_cone(panel, levels[k - 1:k + 1], axis, frame, view, (tops[k - 1] + BRICK, tops[k]))
        for level, top in zip(levels[:frame + 2], tops, strict=False):
            _add_bricks(panel, level, axis, view, top, frame, span)
            count, middle = len(level.fields[frame][axis]), top + BRICK / 2
            panel.add(Text(1, middle, level.title.partition(":")[0], TEXT, "quiet", "start"),
                      Text(LEFT + WIDTH + 5, middle, str(count), TEXT, "quiet", "start"), span=span)
    return panel


def _extent(level: FieldLevel, axis: int, first: int, last: int) -> tuple[float, float]:
    """Return where pixels of a level begin and end, in pixels of the image."""
    center, jump = level.center[axis], level.jump[axis]
    return center + (first - 0.5) * jump, center + (last + 0.5) * jump


def _find_view(levels: Sequence[FieldLevel], axis: int, frames: Sequence[int]) -> _View:
    """Return the view that shows the fields of these steps, with a pixel beside them."""
    sides = [side for frame in frames for level in levels[:frame + 2]
             for side in _extent(level, axis, level.fields[frame][axis][0], level.fields[frame][axis][-1])]
    start, end = min(sides) - 1, max(sides) + 1
    return _View(start, WIDTH / (end - start))


def _add_cone(
    panel: Panel, pair: Sequence[FieldLevel], axis: int, frame: int, view: _View, heights: tuple[float, float]
) -> None:
    """Add the cone from the field in a layer, the second of a pair, to that in its input, which is above it."""
    upper, lower = (view.span(level, axis, level.fields[frame][axis][0], level.fields[frame][axis][-1])
                    for level in pair)
    top, bottom = heights
    corners = ((0.0, 0.0), (upper[1] - upper[0], 0.0), (lower[1] - upper[0], bottom - top),
               (lower[0] - upper[0], bottom - top))
    panel.add(Polygon(upper[0], top, corners, "cone", "window"), span=(frame, frame))


def _add_bricks(
    panel: Panel, level: FieldLevel, axis: int, view: _View, top: float, frame: int, span: Span
) -> None:
    """Add the pixels of a level that a view shows, and mark those of the field."""
    panel.add(Rect(LEFT, top, WIDTH, BRICK, "outside"), span=span)
    center, jump = level.center[axis], level.jump[axis]
    shown = [max(0, round((view.start - center) / jump)),
             min(level.size[axis] - 1, round((view.start + WIDTH / view.scale - center) / jump))]
    if shown[0] <= shown[1]:
        _add_run(panel, view, level, axis, (shown[0], shown[1]), top, "image" if level.is_image else "empty", span)
    places = level.fields[frame][axis]
    fill = "made" if len(places) == 1 and level.is_origin(frame) else "field"
    for first, count in split_runs(places):
        _add_run(panel, view, level, axis, (first, first + count - 1), top, fill, span)
    left, right = view.span(level, axis, places[0], places[-1])
    panel.add(Rect(left, top, right - left, BRICK, "", "new" if fill == "made" else "window", 2), span=span)


def _add_run(
    panel: Panel, view: _View, level: FieldLevel, axis: int, run: tuple[int, int], top: float, fill: str, span: Span
) -> None:
    """Add neighboring pixels of a level, with lines between them where they are wide enough and all within the view."""
    left, right = view.span(level, axis, *run)
    cell = level.jump[axis] * view.scale
    count = run[1] - run[0] + 1
    if cell >= MIN_RULED and abs(right - left - count * cell) < 0.01:
        panel.add(Grid(left, top, 1, count, cell, fill, high=BRICK), span=span)
    elif right > left:
        panel.add(Rect(left, top, right - left, BRICK, fill, "rule"), span=span)
