"""Draw transposed convolution: each input pixel stamps the kernel, times its value, onto the output."""
from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene, Text
from .grids import (
    HEAD,
    draw_grid,
    fill_cells,
    format_number,
    format_pair,
    format_size,
    name_axes,
    outline_cells,
    write_cell,
    write_options,
)
from .sliding import Pair
from .stamps import Stamps, compute_stamps


@checks_keywords
def transposed(
    size: int | Pair = 3, kernel: Any = 3, *, stride: int | Pair = 2, padding: int | Pair = 1,
    output_padding: int | Pair = 0, dilation: int | Pair = 1,
) -> Picture:
    """Draw transposed convolution step by step: every input pixel stamps the kernel onto the output.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns of the input. Its pixels are the numbers 1, 2, 3, ...
    kernel : int, (int, int) or (kh, kw) array, default 3
        Rows and columns of the kernel, with weights 1, 2 and 0 in turn; or the weights themselves.
    stride : int or (int, int), default 2
        Distance in output pixels between the stamps of neighboring input pixels.
    padding : int or (int, int), default 1
        Pixels that are cut off each side of the output.
    output_padding : int or (int, int), default 0
        Rows and columns that the output gets more, at the bottom and at the right.
    dilation : int or (int, int), default 1
        Distance in pixels between neighboring weights of a stamp.

    Returns
    -------
    Picture
        A frame for each input pixel, and one for the output that is left when the padding is cut.

    Raises
    ------
    ImfilterError
        When the padding cuts everything, or the picture would be too large to read.

    Notes
    -----
    Output pixel (i, j) is the sum of image[y, x] kernel[i + P - S y, j + P - S x] over all input pixels, for stride S
    and padding P: the transpose of the matrix of a convolution with the same kernel, stride and padding.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.transposed(2, 3, stride=2, padding=1)
    >>> picture
    <picture: transposed convolution: 2 x 2 input, 3 x 3 kernel, stride 2, padding 1 gives 3 x 3 in 5 steps>
    >>> print(picture.captions[1])
    row 0, column 1: the kernel times 2 is added to rows 0 to 2, columns 2 to 4. Where stamps overlap: 0 + 2·1 = 2
    """
    return Picture(_draw_scene(compute_stamps(size, kernel, stride, padding, output_padding, dilation)))


def _draw_scene(stamps: Stamps) -> Scene:
    cell = 40.0 if max(stamps.size) <= 12 else 32.0
    sums = stamps.sums()
    captions = [_caption(stamps, sums, k, y, x) for k, (y, x) in enumerate(np.ndindex(stamps.image.shape))]
    panels = [_draw_input(stamps, cell), _draw_kernel(stamps, cell), _draw_output(stamps, sums, cell)]
    return Scene(_title(stamps), [panels], _explain_size(stamps), [*captions, _explain_cut(stamps)], 1.2)


def _title(stamps: Stamps) -> str:
    options = write_options(("stride", stamps.stride, 1), ("padding", stamps.padding, 0),
                            ("output padding", stamps.more, 0), ("dilation", stamps.dilation, 1))
    image, kernel, result = map(format_size, (stamps.image.shape, stamps.weights.shape, stamps.result))
    return f"transposed convolution: {image} input, {kernel} kernel{options} gives {result}"


def _caption(stamps: Stamps, sums: dict[Pair, dict[int, float]], k: int, y: int, x: int) -> str:
    """Say where a stamp goes, with the sum of a place that an earlier stamp has reached."""
    (down, across), (high, wide) = stamps.stride, stamps.extent
    pixel = format_number(float(stamps.image[y, x]))
    text = (f"row {y}, column {x}: the kernel times {pixel} is added to rows {y * down} to {y * down + high - 1}, "
            f"columns {x * across} to {x * across + wide - 1}.")
    for row, column, weight in stamps.stamp(y, x):
        steps = sums[row, column]
        before = [total for frame, total in steps.items() if frame < k]
        if before and weight:
            return (f"{text} Where stamps overlap: {format_number(before[-1])} + {pixel}·{format_number(weight)} = "
                    f"{format_number(steps[k])}")
    return text


def _explain_cut(stamps: Stamps) -> str:
    """Return the caption of the last frame."""
    text = f"The output is {format_size(stamps.result)}"
    if stamps.padding != (0, 0):
        text += f": the padding, {format_pair(stamps.padding)}, is cut off each side"
    if stamps.more != (0, 0):
        text += f"; the output padding, {format_pair(stamps.more)}, leaves more at the bottom and at the right"
    if len(stamps.sums()) < stamps.size[0] * stamps.size[1]:
        text += ". What no stamp reaches is 0"
    return f"{text}."


def _draw_input(stamps: Stamps, cell: float) -> Panel:
    """Draw the input, with a frame around the pixel of each step."""
    rows, columns = stamps.image.shape
    panel = draw_grid("input", rows, columns, cell, "image", label=f"input, {format_size(stamps.image.shape)}")
    for y, x in np.ndindex(stamps.image.shape):
        write_cell(panel, y, x, cell, format_number(float(stamps.image[y, x])))
    for k, (y, x) in enumerate(np.ndindex(stamps.image.shape)):
        outline_cells(panel, y, x, 1, 1, cell, "window", (k, k))
    return panel


def _draw_kernel(stamps: Stamps, cell: float) -> Panel:
    """Draw the kernel."""
    rows, columns = stamps.weights.shape
    panel = draw_grid("kernel", rows, columns, cell, "field")
    for i, j in np.ndindex(stamps.weights.shape):
        write_cell(panel, i, j, cell, format_number(float(stamps.weights[i, j])))
    return panel


def _draw_output(stamps: Stamps, sums: dict[Pair, dict[int, float]], cell: float) -> Panel:
    """Draw the output before it is cut, with the sums so far and the stamp of each step."""
    end, (rows, columns) = stamps.image.size, stamps.size
    cut = (rows, columns) != stamps.result
    panel = draw_grid("output, with the padding that is cut" if cut else "output", rows, columns, cell, "empty",
                      label=_title(stamps))
    for place, steps in sums.items():
        fill_cells(panel, *place, cell, "made", (min(steps), end))
    for row, column in np.ndindex(rows, columns):
        if not stamps.is_kept(row, column):
            fill_cells(panel, row, column, cell, "outside", (0, end))
    for k, (y, x) in enumerate(np.ndindex(stamps.image.shape)):
        for row, column, _ in stamps.stamp(y, x):
            fill_cells(panel, row, column, cell, "field", (k, k))
    for place in np.ndindex(rows, columns):
        _write_sums(panel, stamps, (place[0], place[1]), sums.get((place[0], place[1]), {}), cell)
    for k, (y, x) in enumerate(np.ndindex(stamps.image.shape)):
        for row, column, weight in stamps.stamp(y, x):
            text = f"+{format_number(float(stamps.image[y, x]))}·{format_number(weight)}"
            panel.add(Text(1 + (column + 1) * cell - 3, HEAD + (row + 1) * cell - 7, text,
                           min(round(0.28 * cell, 1), round(1.7 * (cell - 4) / len(text), 1)), "window", "end"),
                      span=(k, k))
        outline_cells(panel, y * stamps.stride[0], x * stamps.stride[1], *stamps.extent, cell, "window", (k, k))
    outline_cells(panel, *stamps.padding, *stamps.result, cell, "frame", (0, end - 1))
    outline_cells(panel, *stamps.padding, *stamps.result, cell, "new", (end, end))
    return panel


def _write_sums(panel: Panel, stamps: Stamps, place: Pair, steps: dict[int, float], cell: float) -> None:
    """Write the sum of a place, from each frame in which it changes to the next one."""
    end, kept = stamps.image.size, stamps.is_kept(*place)
    for k, after in pairwise([*steps, end if kept else end + 1]):
        write_cell(panel, *place, cell, format_number(steps[k]), (k, after - 1), size=round(0.35 * cell, 1),
                   color="ink" if kept else "quiet")
    if kept:
        row, column = place[0] - stamps.padding[0], place[1] - stamps.padding[1]
        write_cell(panel, *place, cell, format_number(stamps.output[row, column]), (end, end),
                   size=round(0.35 * cell, 1))


def _explain_size(stamps: Stamps) -> list[str]:
    """Return the formula of the output size, then with the numbers inserted."""
    axes = name_axes(stamps.image.shape, stamps.weights.shape, stamps.stride, stamps.dilation, stamps.padding,
                     stamps.more, stamps.result)
    lines = ["output = S (W - 1) + D (K - 1) + 1 - 2 P + A, where A is the output padding"]
    for name, (size, taps, step, gap, cut, more, out) in axes:
        lines.append(f"{name} = {step}·({size} - 1) + {gap}·({taps} - 1) + 1 - 2·{cut} + {more} = {out}")
    return lines
