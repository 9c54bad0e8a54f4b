"""Draw a sliding kernel: the padded image below it, its weights by themselves, and the output that it makes."""
from __future__ import annotations

import itertools

import numpy as np

from ...engine.borders import Border
from ..canvas.scene import Panel
from ..kernel.chart import add_head, draw_center
from ..kernel.table import draw_table
from .grids import cell_for, draw_grid, fill_cells, fit_numbers, format_number, outline_cells, write_cell, write_table
from .sliding import MAX_CELLS, Slide

PADDING_SOURCES = {
    Border.REFLECT: "mirrored, edge pixel repeated (reflect)",
    Border.MIRROR: "mirrored at the edge pixel (mirror)",
    Border.NEAREST: "the edge pixel repeated (nearest)",
    Border.CONSTANT: "zeros (constant)",
    Border.WRAP: "the opposite side of the image (wrap)",
}
SIDE = 464  # of a grid without numbers
MAX_WRITTEN = 12  # taps along an axis of a kernel whose weights are written
WEIGHT = 12  # height of the weights under pixels


def draw_input(slide: Slide, label: str) -> Panel:
    """Draw the padded image, with the kernel on it at the place of each step's output pixel."""
    rows, columns = slide.padded.shape
    padded, cell = (rows, columns) != slide.size, _input_cell(slide)
    panel = draw_grid("padded image" if padded else "image", rows, columns, cell, "outside" if padded else "image",
                      notes=[f"padding: {PADDING_SOURCES[slide.border]}"] if padded else [], label=label)
    (top, _), (left, _) = slide.margin
    if padded:
        fill_cells(panel, top, left, cell, "image", rows=slide.size[0], columns=slide.size[1])
    for k, (y, x) in enumerate(slide.steps):
        _fill_taps(panel, slide, y, x, cell, k)
    outline_cells(panel, top, left, *slide.size, cell, "frame")
    if slide.has_numbers:
        _write_pixels(panel, slide, cell)
        _write_multipliers(panel, slide, cell)
    for k, (y, x) in enumerate(slide.steps):
        outline_cells(panel, y * slide.stride[0], x * slide.stride[1], *slide.extent, cell, "window", (k, k))
    return panel


def _input_cell(slide: Slide) -> float:
    """Return the side of a pixel, in which a weight fits below a number."""
    longest = max(slide.padded.shape)
    if not slide.has_numbers:
        return float(max(4, SIDE // longest))
    return min(66, cell_for(_multipliers(slide), WEIGHT, 46 if longest <= 12 else 36))


def _multipliers(slide: Slide) -> list[str]:
    """Return the weights, short enough to be written under pixels."""
    return [f"x{format_number(weight, 3)}" for weight in slide.weights.ravel().tolist()]


def _fill_taps(panel: Panel, slide: Slide, y: int, x: int, cell: float, k: int) -> None:
    """Fill the pixels under the kernel in step k: together where they touch, which takes fewer shapes."""
    kh, kw = slide.weights.shape
    top, left = y * slide.stride[0], x * slide.stride[1]
    if slide.dilation == (1, 1):
        fill_cells(panel, top, left, cell, "field", (k, k), rows=kh, columns=kw)
        return
    for row, column, _ in slide.taps(y, x):
        fill_cells(panel, row, column, cell, "field", (k, k))


def _write_pixels(panel: Panel, slide: Slide, cell: float) -> None:
    for y, x in np.ndindex(slide.padded.shape):
        write_cell(panel, y, x, cell, format_number(float(slide.padded[y, x])), size=min(15, round(0.36 * cell, 1)),
                   color="quiet" if slide.is_padding(y, x) else "ink", at=0.34)


def _write_multipliers(panel: Panel, slide: Slide, cell: float) -> None:
    """Write the weight of each tap below the pixel that it multiplies."""
    texts = _multipliers(slide)
    size = fit_numbers(texts, cell, WEIGHT)
    for k, (y, x) in enumerate(slide.steps):
        for (row, column, _), text in zip(slide.taps(y, x), texts, strict=True):
            write_cell(panel, row, column, cell, text, (k, k), color="window", size=size, at=0.76)


def draw_kernel(slide: Slide, weights: list[str]) -> list[Panel]:
    """Draw the kernel by itself: its weights as numbers; where there are many, as colors, and those of its middle."""
    rows, columns = slide.weights.shape
    title = f"kernel, {rows} x {columns}"
    if max(rows, columns) > MAX_WRITTEN:
        center = draw_center(slide.weights)
        return [add_head(title, draw_table(title, slide.weights, SIDE)), *([center] if center else [])]
    cell = cell_for(weights, 14, 40)
    panel = draw_grid(title, rows, columns, cell, "field", label=f"{title}: {' '.join(weights)}")
    write_table(panel, np.array(weights, object).reshape(rows, columns), cell, size=14)
    return [panel]


def draw_detail(slide: Slide) -> Panel:
    """Draw the pixels under the kernel, and their weights, where those of the image are too small for numbers."""
    rows, columns = slide.weights.shape
    texts, taps = _multipliers(slide), [slide.taps(y, x) for y, x in slide.steps]
    numbers = [[format_number(float(slide.padded[row, column])) for row, column, _ in one] for one in taps]
    cell = cell_for([*texts, *itertools.chain(*numbers)], WEIGHT, 46)
    panel = draw_grid("under the kernel", rows, columns, cell, "field", label="the pixels under the kernel")
    for (y, x), text in zip(np.ndindex(rows, columns), texts, strict=True):
        write_cell(panel, y, x, cell, text, color="window", size=WEIGHT, at=0.76)
    for k, step in enumerate(numbers):
        for (y, x), text in zip(np.ndindex(rows, columns), step, strict=True):
            write_cell(panel, y, x, cell, text, (k, k), at=0.34)
    return panel


def draw_output(slide: Slide) -> Panel:
    """Draw the output, which grows in every step up to the pixel that is computed."""
    rows, columns = slide.result.shape
    texts = [format_number(value) for value in slide.result.ravel().tolist()]
    written = max(rows, columns) <= MAX_CELLS
    cell = cell_for(texts, 13, 40) if written else float(max(4, SIDE // max(slide.padded.shape)))
    panel = draw_grid("output", rows, columns, cell, "empty", label=f"output, {rows} x {columns}")
    last, start = len(slide.steps) - 1, 0
    for k, (y, x) in enumerate(slide.steps):
        end = y * columns + x + 1
        for top, left, high, wide in _split_range(start, end, columns):
            fill_cells(panel, top, left, cell, "made", (k, last), rows=high, columns=wide)
        for at in range(start, end) if written else ():
            write_cell(panel, at // columns, at % columns, cell, texts[at], (k, last), size=13)
        start = end
    for k, (y, x) in enumerate(slide.steps):
        outline_cells(panel, y, x, 1, 1, cell, "new", (k, k))
    return panel


def _split_range(start: int, end: int, columns: int) -> list[tuple[int, int, int, int]]:
    """Split the pixels from start to end, counted row by row, into rectangles: top, left, rows and columns of each."""
    first, last = start // columns, (end - 1) // columns
    if first == last:
        return [(first, start % columns, 1, end - start)]
    parts = [(first, start % columns, 1, columns - start % columns), (first + 1, 0, last - first - 1, columns),
             (last, 0, 1, end - last * columns)]
    return [part for part in parts if part[2]]
