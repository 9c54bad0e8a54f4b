"""Draw receptive fields: the pixels of each layer and of the image that one output pixel depends on."""
from __future__ import annotations

from ...errors import ImfilterError, check_pair
from ...layers.branches import AnyLayer, Branches
from ...layers.dependence import list_inputs
from ...layers.stack import Stack
from ...layers.summary import LayerSummary, Summary
from ...layers.windows import Shape
from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene
from .field_level import FieldLevel, Pair, Places, split_runs
from .grids import MIN_RULED, draw_grid, fill_cells, outline_cells
from .side_view import draw_side_view

SIDE, MAX_CELL = 224.0, 26.0  # of the longest grid, and of a cell
MAX_LAYERS, ACROSS = 16, 4  # layers, and panels in a row


@checks_keywords
def stack(layers: str | Stack, size: int | Pair = 7, *, channels: int = 1) -> Picture:
    """Draw how the receptive field of one pixel grows from layer to layer.

    Parameters
    ----------
    layers : str or Stack
        A stack, or text for `imfilter.Stack.parse`: "3,3,3" or "3x16 s2 p1, 3x32 s2 p1".
    size : int or (int, int), default 7
        Rows and columns of the image.
    channels : int, default 1
        Channels of the image.

    Returns
    -------
    Picture
        A frame for each layer. As text, the table of `imfilter.Stack.summary`.

    Raises
    ------
    ImfilterError
        When a layer does not fit its input, when there are branches or more than 16 layers, or when the drawn pixel
        depends on no pixel of the image.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.stack("3,3,3", 7)
    >>> for caption in picture.captions:
    ...     print(caption)
    One pixel of layer 1 sees 3 x 3 pixels of the image.
    One pixel of layer 2 sees 5 x 5 pixels of the image.
    One pixel of layer 3 sees 7 x 7 pixels of the image.
    """
    stack = layers if isinstance(layers, Stack) else Stack.parse(layers)
    if len(stack) > MAX_LAYERS:
        raise ImfilterError(f"a stack to draw must have at most {MAX_LAYERS} layers, got {len(stack)}")
    if any(isinstance(layer, Branches) for layer in stack):
        raise ImfilterError("a stack to draw must have no branches: draw each path as a stack of its own")
    summary = stack.summary((*check_pair("size", size, 1), channels))
    return Picture(_draw_scene(stack, summary), str(summary))


def _draw_scene(stack: Stack, summary: Summary) -> Scene:
    levels = _trace_fields(stack, summary)
    longest = max(max(bottom - top, right - left) for top, left, bottom, right in (level.bounds for level in levels))
    cell = min(MAX_CELL, SIDE / longest)
    cell = float(int(cell)) if cell >= MIN_RULED else cell
    panels = [_draw_level(level, cell) for level in levels]
    rows = _arrange(_draw_sides(levels), panels)
    captions = [_caption(levels[0], k, row) for k, row in enumerate(summary.rows)]
    size, channels = summary.shape[:2], summary.shape[2]
    image = f"{size[0]} x {size[1]} image" + (f" of {channels} channels" if channels > 1 else "")
    return Scene(f"The receptive field of {stack} on a {image}", rows, list(summary.notes), captions, 1.8)


def _arrange(sides: list[Panel], panels: list[Panel]) -> list[list[Panel]]:
    """Return rows of panels. A single side view is in the first row, with as many panels as there is room for."""
    if len(sides) > 1:
        return [sides, *(panels[k:k + ACROSS] for k in range(0, len(panels), ACROSS))]
    beside = ACROSS if len(panels) <= ACROSS else ACROSS - 1
    return [[*sides, *panels[:beside]], *(panels[k:k + ACROSS] for k in range(beside, len(panels), ACROSS))]


def _draw_sides(levels: list[FieldLevel]) -> list[Panel]:
    """Draw the stack from the side, from both sides where rows and columns differ."""
    alike = all(len({level.center[axis] for axis in (0, 1)}) == len(set(level.jump)) == 1 and all(
        rows == columns for rows, columns in level.fields.values()) for level in levels)
    return [draw_side_view(levels, axis) for axis in ((1,) if alike else (0, 1))]


def _trace_fields(stack: Stack, summary: Summary) -> list[FieldLevel]:
    """Follow the field of a pixel in the middle of each layer back to the image."""
    shapes = [summary.shape, *(row.shape for row in summary.rows)]
    fields: list[dict[int, Places]] = [{} for _ in shapes]
    middle: Places = [shapes[-1][0] // 2], [shapes[-1][1] // 2]
    for frame in range(len(stack) - 1, -1, -1):
        places = middle
        fields[frame + 1][frame] = places
        for k in range(frame, -1, -1):
            places = _input_places(stack.layers[k], places, shapes[k])
            if [] in places:
                raise ImfilterError(
                    f"the pixel to draw, in the middle of layer {frame + 1}, must depend on the image, but layer "
                    f"{k + 1} has no tap there: its kernel is smaller than its stride")
            fields[k][frame] = places
            if k == frame:
                inside = tuple([_middle_inside(side, size)] for side, size in zip(places, shapes[k][:2], strict=True))
        middle = inside[0], inside[1]
    titles = ["image", *(f"layer {k}: {layer}" for k, layer in enumerate(stack, 1))]
    notes = [" x ".join(map(str, shape if shape[2] > 1 else shape[:2])) for shape in shapes]
    centers = [(0.0, 0.0), *(row.center for row in summary.rows)]
    jumps = [(1, 1), *(row.jump for row in summary.rows)]
    return [FieldLevel(k, title, note, shape[:2], frames, center, jump) for k, (
        title, note, shape, frames, center, jump) in enumerate(zip(
            titles, notes, shapes, fields, centers, jumps, strict=True))]


def _middle_inside(side: list[int], size: int) -> int:
    """Return the middle one of some pixels, moved into the image."""
    return min(max(side[len(side) // 2], 0), size - 1)


def _input_places(layer: AnyLayer, places: Places, shape: Shape) -> Places:
    """Return the rows and columns of an input (H, W, C) that a layer reads for outputs at these places."""
    assert not isinstance(layer, Branches)  # they are not drawn
    down, across = (sorted(list_inputs(side, window)) for side, window in zip(
        places, layer.windows(shape), strict=True))
    return down, across


def _caption(image: FieldLevel, k: int, row: LayerSummary) -> str:
    rows, columns = image.fields[k]
    high, wide = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    text = f"One pixel of layer {k + 1} sees {high} x {wide} pixels of the image"
    if (len(rows), len(columns)) != (high, wide):
        text += f", and reads {len(rows)} x {len(columns)} of them, because of dilation and stride"
    if row.jump != (1, 1):
        down, across = row.jump
        text += f"; the fields of neighbors are {down if down == across else f'{down} down and {across} across'} apart"
    inside = [sum(0 <= at < size for at in side) for side, size in zip((rows, columns), image.size, strict=True)]
    if inside != [len(rows), len(columns)]:
        text += "; pixels outside the image are padding"
    return f"{text}."


def _draw_level(level: FieldLevel, cell: float) -> Panel:
    """Draw the grid of a layer, with its part of the receptive field in each frame."""
    top, left, bottom, right = level.bounds
    high, wide = level.size
    padded = (bottom - top, right - left) != level.size
    fill = "image" if level.is_image else "empty"
    panel = draw_grid(level.title, bottom - top, right - left, cell, "outside" if padded else fill, notes=[level.note])
    if padded:
        fill_cells(panel, -top, -left, cell, fill, rows=high, columns=wide)
    for frame, (rows, columns) in level.fields.items():
        origin = level.is_origin(frame)
        for row, down in split_runs(rows):
            for column, across in split_runs(columns):
                fill_cells(panel, row - top, column - left, cell, "made" if origin else "field", (frame, frame),
                           rows=down, columns=across)
        outline_cells(panel, rows[0] - top, columns[0] - left, rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0],
                      cell, "new" if origin else "window", (frame, frame))
    if padded:
        outline_cells(panel, -top, -left, high, wide, cell, "frame")
    return panel
