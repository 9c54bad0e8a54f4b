"""The arithmetic of a convolution as a picture: a kernel that slides over a padded image, and the output that grows."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.borders import Border
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene, Text
from .grids import HEAD, number, outline, shade, table, write
from .sliding import Pair, Slide, slide

MOST_TERMS = 16  # of a sum that is written out
BEHIND = {
    Border.REFLECT: "mirrored, the edge pixel repeated (reflect)",
    Border.MIRROR: "mirrored about the edge pixel (mirror)",
    Border.NEAREST: "the edge pixel goes on (nearest)",
    Border.CONSTANT: "a constant, 0 (constant)",
    Border.WRAP: "the other side of the image (wrap)",
}


def arithmetic(
    size: int | Pair = 5, kernel: Any = 3, *, stride: int | Pair = 1, padding: Any = 0, dilation: int | Pair = 1,
    mode: str = "constant",
) -> Picture:
    """Draw a kernel that slides over a padded image, and the output that grows, step by step.

    Parameters
    ----------
    size : int or (int, int), default 5
        Rows and columns of the image, whose pixels are the numbers 1, 2, 3, ...
    kernel : int, (int, int) or (kh, kw) array, default 3
        Rows and columns of the kernel, whose weights are then 1, 2 and 0 in turn; or the weights themselves.
    stride, dilation : int or (int, int), default 1
        Pixels from one result to the next, and from one tap to the next.
    padding : 'same', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 0
        Pixels added around the image, as in `imfilter.correlate`.
    mode : {'constant', 'reflect', 'mirror', 'nearest', 'wrap'}, default 'constant'
        Where those come from: each shows the number of the pixel that it repeats.

    Returns
    -------
    Picture
        A frame for each output pixel. The numbers are those of `imfilter.correlate`.

    Raises
    ------
    ImfilterError
        When the output would be empty, or the picture too large to be read.

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
    return Picture(_scene(slide(size, kernel, stride, padding, dilation, mode)))


def _scene(made: Slide) -> Scene:
    rows, columns = made.result.shape
    cell = 40.0 if max(made.padded.shape) <= 12 else 32.0
    outputs = list(np.ndindex(rows, columns))
    captions = [_caption(made, y, x) for y, x in outputs]
    panels = [_input_panel(made, cell, outputs), _output_panel(made, cell, outputs)]
    return Scene(_title(made), [panels], _formula(made), captions, 1.0)


def _title(made: Slide) -> str:
    def shown(name: str, value: Pair, default: int) -> str:
        text = str(value[0]) if value[0] == value[1] else _by(value)
        return f", {name} {text}" if value != (default, default) else ""

    (top, bottom), (left, right) = made.margin
    even = top == bottom and left == right
    padding = shown("padding", (top, left), 0) if even else f", padding {top} and {bottom} by {left} and {right}"
    return (f"{_by(made.size)} image, {_by(made.weights.shape)} kernel{shown('stride', made.stride, 1)}{padding}"
            f"{shown('dilation', made.dilation, 1)} gives {_by(made.result.shape)}")


def _by(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))


def _caption(made: Slide, y: int, x: int) -> str:
    """Return the sum that makes an output pixel; weights of 0 are left out."""
    terms = [f"{number(float(made.padded[row, column]))}·{number(weight)}"
             for row, column, weight in made.taps(y, x) if weight]
    if len(terms) > MOST_TERMS:
        terms = [*terms[:MOST_TERMS - 4], "…", *terms[-3:]]
    return f"row {y}, column {x}: {' + '.join(terms) or '0'} = {number(made.result[y, x], 6)}"


def _input_panel(made: Slide, cell: float, outputs: list[tuple[int, ...]]) -> Panel:
    """Return the padded image, with the kernel on it in the frame of each output pixel."""
    rows, columns = made.padded.shape
    any_padding = (rows, columns) != made.size
    panel = table("image and its padding" if any_padding else "image", rows, columns, cell, "image",
                  under=[f"padding: {BEHIND[made.edge]}"] if any_padding else [], label=_title(made))
    for y, x in np.ndindex(rows, columns):
        if made.outside(y, x):
            shade(panel, y, x, cell, "outside")
    for k, (y, x) in enumerate(outputs):
        for row, column, _ in made.taps(y, x):
            shade(panel, row, column, cell, "field", (k, k))
    (top, _), (left, _) = made.margin
    outline(panel, top, left, *made.size, cell, "frame")
    for y, x in np.ndindex(rows, columns):
        write(panel, y, x, cell, number(float(made.padded[y, x])), size=round(0.35 * cell, 1),
              role="quiet" if made.outside(y, x) else "ink")
    for k, (y, x) in enumerate(outputs):
        for row, column, weight in made.taps(y, x):
            panel.put(Text(1 + (column + 1) * cell - 3, HEAD + (row + 1) * cell - 7, f"·{number(weight)}",
                           round(0.28 * cell, 1), "window", "end"), (k, k))
        outline(panel, y * made.stride[0], x * made.stride[1], *made.extent, cell, "window", (k, k))
    return panel


def _output_panel(made: Slide, cell: float, outputs: list[tuple[int, ...]]) -> Panel:
    """Return the output, which has one pixel more in every frame."""
    rows, columns = made.result.shape
    panel = table("output", rows, columns, cell, "empty", label=f"output, {_by(made.result.shape)}")
    last = len(outputs) - 1
    for k, (y, x) in enumerate(outputs):
        shade(panel, y, x, cell, "made", (k, last))
        write(panel, y, x, cell, number(made.result[y, x]), (k, last))
    for k, (y, x) in enumerate(outputs):
        outline(panel, y, x, 1, 1, cell, "new", (k, k))
    return panel


def _formula(made: Slide) -> list[str]:
    """Return the formula of the output size, with the numbers put in."""
    axes = list(zip(made.size, made.weights.shape, made.margin, made.stride, made.dilation, made.result.shape,
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
                         "reached: one more step would not fit.")
        if alike:
            break
    return lines
