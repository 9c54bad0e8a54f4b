"""Receptive fields: what one pixel behind a stack of layers sees of each layer and of the image."""
from __future__ import annotations

from dataclasses import dataclass

from ...errors import ImfilterError, check_pair
from ...layers.layer import Layer
from ...layers.stack import Row, Stack, Summary
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene
from .grids import RULED, outline, shade, table

Pair = tuple[int, int]
Places = tuple[list[int], list[int]]  # the rows and the columns that are seen

SIDE, LARGEST = 224.0, 26.0  # pixels of the longest grid, and of a cell at most
MOST_LAYERS, ACROSS = 16, 4  # layers that are drawn, and panels beside each other


def stack(layers: str | Stack, size: int | Pair = 7, *, channels: int = 1) -> Picture:
    """Draw how the receptive field of one pixel grows from layer to layer.

    Parameters
    ----------
    layers : str or Stack
        What `imfilter.Stack.parse` reads: "3,3,3" or "3x16 s2 p1, 3x32 s2 p1".
    size : int or (int, int), default 7
        Rows and columns of the image.
    channels : int, default 1
        Channels of the image.

    Returns
    -------
    Picture
        A frame for each layer; as text it is the table of `imfilter.Stack.summary`.

    Raises
    ------
    ImfilterError
        When a layer does not fit what comes to it, or there are more than 16.

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
    chain = layers if isinstance(layers, Stack) else Stack.parse(layers)
    if len(chain) > MOST_LAYERS:
        raise ImfilterError(f"a stack to draw must have at most {MOST_LAYERS} layers, got {len(chain)}")
    summary = chain.summary((*check_pair("size", size, 1), channels))
    return Picture(_scene(chain, summary), str(summary))


@dataclass(frozen=True)
class Level:
    """The image or what comes out of a layer, and in which frame which of its pixels are seen."""

    title: str
    under: str
    size: Pair
    seen: dict[int, Places]

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the pixels and of all that is seen, beyond them too."""
        rows = [row for places in self.seen.values() for row in places[0]]
        columns = [column for places in self.seen.values() for column in places[1]]
        return (min([0, *rows]), min([0, *columns]),
                max([self.size[0] - 1, *rows]) + 1, max([self.size[1] - 1, *columns]) + 1)


def _scene(chain: Stack, summary: Summary) -> Scene:
    levels = _levels(chain, summary)
    longest = max(max(bottom - top, right - left) for top, left, bottom, right in (level.bounds for level in levels))
    cell = min(LARGEST, SIDE / longest)
    cell = float(int(cell)) if cell >= RULED else cell
    panels = [_panel(level, cell, k) for k, level in enumerate(levels)]
    rows = [panels[k:k + ACROSS] for k in range(0, len(panels), ACROSS)]
    captions = [_caption(levels[0], k, row) for k, row in enumerate(summary.rows)]
    size, channels = summary.shape[:2], summary.shape[2]
    image = f"{size[0]} x {size[1]} image" + (f" of {channels} channels" if channels > 1 else "")
    return Scene(f"The receptive field of {chain} on a {image}", rows, list(summary.notes), captions, 1.8)


def _levels(chain: Stack, summary: Summary) -> list[Level]:
    """Return the image and the layers, with what a pixel in the middle of each layer sees of those before it."""
    shapes = [summary.shape, *(row.shape for row in summary.rows)]
    seen: list[dict[int, Places]] = [{} for _ in shapes]
    middle: Places = [shapes[-1][0] // 2], [shapes[-1][1] // 2]
    for frame in range(len(chain) - 1, -1, -1):
        places = middle
        seen[frame + 1][frame] = places
        for k in range(frame, -1, -1):
            places = _before(chain.layers[k], places)
            seen[k][frame] = places
            if k == frame:
                inside = tuple([_middle(side, size)] for side, size in zip(places, shapes[k][:2], strict=True))
        middle = inside[0], inside[1]
    titles = ["image", *(f"layer {k}: {layer}" for k, layer in enumerate(chain, 1))]
    return [Level(title, " x ".join(map(str, shape if shape[2] > 1 else shape[:2])), shape[:2], frames)
            for title, shape, frames in zip(titles, shapes, seen, strict=True)]


def _middle(side: list[int], size: int) -> int:
    """Return the pixel in the middle of those seen, which lies in the image."""
    return min(max(side[len(side) // 2], 0), size - 1)


def _before(layer: Layer, places: Places) -> Places:
    """Return the rows and columns that a layer reads for the pixels at these places."""
    down, across = (
        sorted({at * step - margin + apart * tap for at in side for tap in range(taps)})
        for side, taps, step, margin, apart in zip(
            places, layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True))
    return down, across


def _caption(image: Level, k: int, row: Row) -> str:
    rows, columns = image.seen[k]
    high, wide = row.field
    text = f"One pixel of layer {k + 1} sees {high} x {wide} pixels of the image"
    if (len(rows), len(columns)) != row.field:
        text += f", of which dilation and stride leave {len(rows)} x {len(columns)}"
    if row.jump != (1, 1):
        down, across = row.jump
        text += f"; the fields of neighbors lie {down if down == across else f'{down} down and {across} across'} apart"
    inside = [sum(0 <= at < size for at in side) for side, size in zip((rows, columns), image.size, strict=True)]
    if inside != [len(rows), len(columns)]:
        text += "; what lies outside is padding"
    return f"{text}."


def _panel(level: Level, cell: float, k: int) -> Panel:
    """Return the grid of a layer, with what is seen of it in each frame."""
    top, left, bottom, right = level.bounds
    high, wide = level.size
    spread = (bottom - top, right - left) != level.size
    fill = "empty" if k else "image"
    panel = table(level.title, bottom - top, right - left, cell, "outside" if spread else fill, under=[level.under])
    if spread:
        shade(panel, -top, -left, cell, fill, rows=high, columns=wide)
    for frame, (rows, columns) in level.seen.items():
        one = frame == k - 1  # the pixel that sees the others
        for row, down in _runs(rows):
            for column, across in _runs(columns):
                shade(panel, row - top, column - left, cell, "made" if one else "field", (frame, frame), rows=down,
                      columns=across)
        outline(panel, rows[0] - top, columns[0] - left, rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0], cell,
                "new" if one else "window", (frame, frame))
    if spread:
        outline(panel, -top, -left, high, wide, cell, "frame")
    return panel


def _runs(side: list[int]) -> list[Pair]:
    """Return rising numbers as runs without gaps: where each begins, and how long it is."""
    starts = [at for at in side if at - 1 not in side]
    ends = [at for at in side if at + 1 not in side]
    return [(start, end + 1 - start) for start, end in zip(starts, ends, strict=True)]
