"""Draw pooling: windows slide over an image, and each gives its largest pixel or its mean."""
from __future__ import annotations

import numpy as np

from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene
from .grids import (
    draw_grid,
    fill_cells,
    format_number,
    format_size,
    name_axes,
    outline_cells,
    write_cell,
    write_options,
)
from .pool_windows import PoolWindows, compute_windows
from .sliding import Pair

MAX_TERMS = 16  # of a list that is written in full
NAMES = {"max": "max pooling", "avg": "average pooling"}


@checks_keywords
def pooling(
    size: int | Pair = 6, window: int | Pair = 2, *, kind: str = "max", stride: int | Pair | None = None,
    padding: int | Pair = 0, dilation: int | Pair = 1, ceil_mode: bool = False, count_include_pad: bool = True,
) -> Picture:
    """Draw pooling step by step: windows slide over an image, each giving its largest pixel or its mean.

    Parameters
    ----------
    size : int or (int, int), default 6
        Rows and columns of the image. Its pixels are digits.
    window : int or (int, int), default 2
        Rows and columns of a window.
    kind : {'max', 'avg'}, default 'max'
        The largest pixel of each window, or the mean.
    stride : int or (int, int), optional
        Distance in pixels between neighboring windows. Default: the size of a window.
    padding : int or (int, int), default 0
        Pixels added on each side, at most half a window. They are 0 in means and never the largest.
    dilation : int or (int, int), default 1
        Distance in pixels between neighboring pixels of a window.
    ceil_mode : bool, default False
        Add a last window for remaining rows or columns, even if it extends beyond the padded image.
    count_include_pad : bool, default True
        Count padding in the divisor of means. Only 'avg' may go without.

    Returns
    -------
    Picture
        A frame for each output pixel.

    Raises
    ------
    ImfilterError
        When no window fits, or the picture would be too large to read.

    Notes
    -----
    With ceil_mode, the output has ceil((W + 2 P - D (K - 1) - 1) / S) + 1 pixels along an axis, less one if the last
    window would begin beyond the image. What a window covers beyond the padding counts nowhere.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.pooling(5, 2, ceil_mode=True)
    >>> picture
    <picture: max pooling: 5 x 5 image, 2 x 2 windows, stride 2, ceil_mode gives 3 x 3 in 9 steps>
    >>> print(picture.captions[0])
    row 0, column 0: the largest of 5, 5, 3, 2 is 5
    """
    return Picture(_draw_scene(
        compute_windows(size, window, kind, stride, padding, dilation, ceil_mode, count_include_pad)))


def _draw_scene(windows: PoolWindows) -> Scene:
    outputs = list(np.ndindex(windows.shape))
    cell = 40.0 if max(windows.padded) <= 12 else 32.0
    captions = [_caption(windows, y, x) for y, x in outputs]
    panels = [_draw_input(windows, cell), _draw_output(windows, cell)]
    return Scene(_title(windows), [panels], _explain_size(windows), captions, 1.0)


def _title(windows: PoolWindows) -> str:
    options = write_options(
        ("stride", windows.stride, 0), ("padding", windows.padding, 0), ("dilation", windows.dilation, 1))
    options += ", ceil_mode" if windows.ceil_mode else ""
    image, window, result = map(format_size, (windows.pixels, windows.size, windows.shape))
    return f"{NAMES[windows.kind]}: {image} image, {window} windows{options} gives {result}"


def _caption(windows: PoolWindows, y: int, x: int) -> str:
    """Return what makes an output pixel."""
    numbers = [format_number(pixel) for pixel in windows.counted(y, x)]
    if not numbers:
        return f"row {y}, column {x}: no pixel of the image lies in this window, which gives {windows.output[y, x]}"
    divisor, count = len(numbers), windows.size[0] * windows.size[1]
    if len(numbers) > MAX_TERMS:
        numbers = [*numbers[:MAX_TERMS - 4], "…", *numbers[-3:]]
    result = format_number(windows.output[y, x])
    if windows.kind == "max":
        return f"row {y}, column {x}: the largest of {', '.join(numbers)} is {result}"
    text = f"row {y}, column {x}: ({' + '.join(numbers)}) / {divisor} = {result}"
    if divisor == count:
        return text
    return f"{text}. The divisor is {divisor}, not {count}: {_explain_divisor(windows)}"


def _explain_divisor(windows: PoolWindows) -> str:
    if windows.count_include_pad:
        return "pixels beyond the padding do not count"
    return "padding does not count"


def _draw_input(windows: PoolWindows, cell: float) -> Panel:
    """Draw the padded image, and the window of each frame with the pixel that wins."""
    outputs = list(np.ndindex(windows.shape))
    rows, columns = (max(side, (count - 1) * step + reach) for side, count, step, reach in zip(
        windows.padded, windows.shape, windows.stride, windows.extent, strict=True))
    padded = windows.padded != windows.pixels
    beyond = (rows, columns) != windows.padded
    note = "; ".join(note for note, needed in (
        ("padding: 0" if windows.kind == "avg" else "padding: empty, it never wins", padded),
        (f"beyond the {'padding' if padded else 'image'}: not counted", beyond)) if needed)
    panel = draw_grid("padded image" if padded else "image", rows, columns, cell, "empty",
                      notes=[note] if note else [], label=_title(windows))
    fill_cells(panel, 0, 0, cell, "outside", rows=windows.padded[0], columns=windows.padded[1])
    fill_cells(panel, *windows.padding, cell, "image", rows=windows.pixels[0], columns=windows.pixels[1])
    for k, (y, x) in enumerate(outputs):
        for place in windows.places(y, x):
            fill_cells(panel, *place, cell, "field", (k, k))
        if (winner := windows.winner(y, x)) is not None:
            fill_cells(panel, *winner, cell, "made", (k, k))
    outline_cells(panel, *windows.padding, *windows.pixels, cell, "frame")
    for row, column in np.ndindex(windows.padded):
        if windows.kind == "avg" or not windows.is_padding(row, column):
            write_cell(panel, row, column, cell, format_number(windows.pixel(row, column)),
                       color="quiet" if windows.is_padding(row, column) else "ink")
    for k, (y, x) in enumerate(outputs):
        outline_cells(panel, y * windows.stride[0], x * windows.stride[1], *windows.extent, cell, "window", (k, k))
        if (winner := windows.winner(y, x)) is not None:
            outline_cells(panel, *winner, 1, 1, cell, "new", (k, k))
    return panel


def _draw_output(windows: PoolWindows, cell: float) -> Panel:
    """Draw the output, which gains one pixel in every frame."""
    panel = draw_grid("output", *windows.shape, cell, "empty", label=f"output, {format_size(windows.shape)}")
    last = windows.shape[0] * windows.shape[1] - 1
    for k, (y, x) in enumerate(np.ndindex(windows.shape)):
        fill_cells(panel, y, x, cell, "made", (k, last))
        write_cell(panel, y, x, cell, format_number(float(windows.output[y, x])), (k, last))
        outline_cells(panel, y, x, 1, 1, cell, "new", (k, k))
    return panel


def _explain_size(windows: PoolWindows) -> list[str]:
    """Return the formula of the output size, then with the numbers inserted."""
    name = "ceil" if windows.ceil_mode else "floor"
    axes = name_axes(
        windows.pixels, windows.size, windows.padding, windows.stride, windows.dilation, windows.shape)
    lines = [f"output = {name}((W + 2 P - D (K - 1) - 1) / S) + 1"]
    for axis, (size, taps, margin, step, gap, out) in axes:
        span = size + 2 * margin - gap * (taps - 1) - 1
        count = (-(-span // step) if windows.ceil_mode else span // step) + 1
        lines.append(f"{axis} = {name}(({size} + 2·{margin} - {gap}·({taps} - 1) - 1) / {step}) + 1 = "
                     f"{name}({span} / {step}) + 1 = {count}")
        if count != out:
            lines.append(f"The last window would begin beyond the image, so it is left out: {out}.")
        if span % step and not windows.ceil_mode:
            verb = "lies" if span % step == 1 else "lie"
            lines.append(f"The last {span % step} of the {axis} {verb} in no window: ceil_mode adds a window.")
    return lines
