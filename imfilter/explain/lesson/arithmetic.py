"""Draw the arithmetic of a convolution: a kernel slides over a padded image, and the output grows."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.borders import Border
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene, Text
from .grids import HEAD, draw_grid, fill_cells, format_number, outline_cells, write_cell
from .sliding import Pair, Slide, compute_slide

MAX_TERMS = 16  # of a sum that is written in full
PADDING_SOURCES = {
    Border.REFLECT: "mirrored, edge pixel repeated (reflect)",
    Border.MIRROR: "mirrored at the edge pixel (mirror)",
    Border.NEAREST: "the edge pixel repeated (nearest)",
    Border.CONSTANT: "zeros (constant)",
    Border.WRAP: "the opposite side of the image (wrap)",
}


def arithmetic(
    size: int | Pair = 5, kernel: Any = 3, *, stride: int | Pair = 1, padding: Any = 0, dilation: int | Pair = 1,
    mode: str = "constant",
) -> Picture:
    """Draw convolution arithmetic step by step: a kernel slides over a padded image, and the output grows.

    Parameters
    ----------
    size : int or (int, int), default 5
        Rows and columns of the image. Its pixels are the numbers 1, 2, 3, ...
    kernel : int, (int, int) or (kh, kw) array, default 3
        Rows and columns of the kernel, with weights 1, 2 and 0 in turn; or the weights themselves.
    stride, dilation : int or (int, int), default 1
        Distance in pixels between neighboring outputs, and between neighboring taps.
    padding : 'same', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 0
        Pixels added around the image, as in `imfilter.correlate`.
    mode : {'constant', 'reflect', 'mirror', 'nearest', 'wrap'}, default 'constant'
        What the padding repeats, as in `imfilter.correlate`. Each padded pixel shows the number it repeats.

    Returns
    -------
    Picture
        A frame for each output pixel, with the numbers of `imfilter.correlate`.

    Raises
    ------
    ImfilterError
        When the output would be empty, or the picture too large to read.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.arithmetic(5, 3, stride=2, padding=1)
    >>> picture
    <picture: 5 x 5 image, 3 x 3 kernel, stride 2, padding 1 gives 3 x 3 in 9 steps>
    >>> print(picture.captions[0])
    row 0, column 0: 0·1 + 0·2 + 0·2 + 2·1 + 6·1 + 7·2 = 22
    """
    return Picture(_draw_scene(compute_slide(size, kernel, stride, padding, dilation, mode)))


def _draw_scene(slide: Slide) -> Scene:
    cell = 40.0 if max(slide.padded.shape) <= 12 else 32.0
    outputs = list(np.ndindex(slide.result.shape))
    captions = [_caption(slide, y, x) for y, x in outputs]
    panels = [_draw_input(slide, cell, outputs), _draw_output(slide, cell, outputs)]
    return Scene(_title(slide), [panels], _explain_size(slide), captions, 1.0)


def _title(slide: Slide) -> str:
    def option(name: str, value: Pair, default: int) -> str:
        text = str(value[0]) if value[0] == value[1] else _format_size(value)
        return f", {name} {text}" if value != (default, default) else ""

    (top, bottom), (left, right) = slide.margin
    even = top == bottom and left == right
    padding = option("padding", (top, left), 0) if even else f", padding {top} and {bottom} by {left} and {right}"
    image, kernel, result = map(_format_size, (slide.size, slide.weights.shape, slide.result.shape))
    return (f"{image} image, {kernel} kernel{option('stride', slide.stride, 1)}{padding}"
            f"{option('dilation', slide.dilation, 1)} gives {result}")


def _format_size(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))


def _caption(slide: Slide, y: int, x: int) -> str:
    """Return the sum that makes an output pixel, without weights of 0."""
    terms = [f"{format_number(float(slide.padded[row, column]))}·{format_number(weight)}"
             for row, column, weight in slide.taps(y, x) if weight]
    if len(terms) > MAX_TERMS:
        terms = [*terms[:MAX_TERMS - 4], "…", *terms[-3:]]
    return f"row {y}, column {x}: {' + '.join(terms) or '0'} = {format_number(slide.result[y, x], 6)}"


def _draw_input(slide: Slide, cell: float, outputs: list[tuple[int, ...]]) -> Panel:
    """Draw the padded image, with the kernel on it at the place of each frame's output pixel."""
    rows, columns = slide.padded.shape
    padded = (rows, columns) != slide.size
    panel = draw_grid("padded image" if padded else "image", rows, columns, cell, "image",
                      notes=[f"padding: {PADDING_SOURCES[slide.border]}"] if padded else [], label=_title(slide))
    for y, x in np.ndindex(rows, columns):
        if slide.is_padding(y, x):
            fill_cells(panel, y, x, cell, "outside")
    for k, (y, x) in enumerate(outputs):
        for row, column, _ in slide.taps(y, x):
            fill_cells(panel, row, column, cell, "field", (k, k))
    (top, _), (left, _) = slide.margin
    outline_cells(panel, top, left, *slide.size, cell, "frame")
    for y, x in np.ndindex(rows, columns):
        write_cell(panel, y, x, cell, format_number(float(slide.padded[y, x])), size=round(0.35 * cell, 1),
                   color="quiet" if slide.is_padding(y, x) else "ink")
    for k, (y, x) in enumerate(outputs):
        for row, column, weight in slide.taps(y, x):
            panel.add(Text(1 + (column + 1) * cell - 3, HEAD + (row + 1) * cell - 7, f"·{format_number(weight)}",
                           round(0.28 * cell, 1), "window", "end"), span=(k, k))
        outline_cells(panel, y * slide.stride[0], x * slide.stride[1], *slide.extent, cell, "window", (k, k))
    return panel


def _draw_output(slide: Slide, cell: float, outputs: list[tuple[int, ...]]) -> Panel:
    """Draw the output, which gains one pixel in every frame."""
    rows, columns = slide.result.shape
    panel = draw_grid("output", rows, columns, cell, "empty", label=f"output, {_format_size(slide.result.shape)}")
    last = len(outputs) - 1
    for k, (y, x) in enumerate(outputs):
        fill_cells(panel, y, x, cell, "made", (k, last))
        write_cell(panel, y, x, cell, format_number(slide.result[y, x]), (k, last))
    for k, (y, x) in enumerate(outputs):
        outline_cells(panel, y, x, 1, 1, cell, "new", (k, k))
    return panel


def _explain_size(slide: Slide) -> list[str]:
    """Return the formula of the output size, then with the numbers inserted."""
    axes = list(zip(slide.size, slide.weights.shape, slide.margin, slide.stride, slide.dilation, slide.result.shape,
                    strict=True))
    alike = axes[0] == axes[1]
    lines = ["output = floor((W + 2 P - D (K - 1) - 1) / S) + 1"]
    for name, (size, taps, (before, after), step, apart, out) in zip(("rows", "columns"), axes, strict=True):
        name = "rows and columns" if alike else name
        sides = f"2·{before}" if before == after else f"{before} + {after}"
        span = size + before + after - apart * (taps - 1) - 1
        lines.append(f"{name} = floor(({size} + {sides} - {apart}·({taps} - 1) - 1) / {step}) + 1 = "
                     f"floor({span} / {step}) + 1 = {out}")
        if span % step:
            lines.append(f"The last {span % step} of the padded {name} {'is' if span % step == 1 else 'are'} never "
                         "reached: another step would not fit.")
        if alike:
            break
    return lines
