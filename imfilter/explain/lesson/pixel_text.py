"""Write the numbers behind one pixel as lines of text."""
from __future__ import annotations

import textwrap

import numpy as np

from ...arrays.dtypes import Array
from .grids import format_number
from .neighborhood import KernelSum
from .pixel_numbers import ChannelNumbers, PixelNumbers

WIDTH = 100  # characters of a line
MAX_TAPS, VISIBLE = 7, 5  # taps along an axis: of more than the first, only the second are shown


def write_text(numbers: PixelNumbers) -> str:
    """Return all numbers as text of at most 100 columns."""
    heading = (f"{numbers.name} at column {numbers.x}, row {numbers.y} (counted from 0 at the upper left) of "
               f"{numbers.size[0]} x {numbers.size[1]} pixels, {numbers.dtype}.")
    lines = textwrap.wrap(f"{heading} {explain_layout(numbers)}{_explain_marks(numbers)}", WIDTH)
    for channel in numbers.channels:
        lines += ["", *_write_channel(channel, not numbers.mixing)]
    return "\n".join(lines)


def explain_layout(numbers: PixelNumbers) -> str:
    """Say how to read the tables."""
    if numbers.mixing:
        return "A matrix mixes the channels of the pixel; each result has its own row of weights."
    return "The kernel is shown as it lies on the image: convolution rotates it by 180 degrees."


def _explain_marks(numbers: PixelNumbers) -> str:
    """Say what the marks in the table of pixels mean."""
    if numbers.mixing:
        return ""
    outside = any(one.outside.any() for channel in numbers.channels for one in channel.sums)
    padding = f", (n) is padding ({numbers.border.name.lower()})" if outside else ""
    return f" [n] is the pixel{padding}."


def visible_taps(one: KernelSum) -> tuple[slice, slice]:
    """Return the rows and columns of a kernel to show: all, or those around the pixel."""
    down, across = (
        slice(0, taps) if taps <= MAX_TAPS else slice(anchor - VISIBLE // 2, anchor - VISIBLE // 2 + VISIBLE)
        for taps, anchor in zip(one.pixels.shape, one.kernel.anchor, strict=True))
    return down, across


def _write_channel(channel: ChannelNumbers, marked: bool) -> list[str]:
    """Return the numbers of a channel. marked: whether to mark the pixel itself and the padding."""
    lines = []
    for one in channel.sums:
        lines.append(f"{channel.channel}: {one.kernel.name}")
        lines += _write_tables(one, marked)
        lines += [f"  sum = {format_number(one.total, 6)}", ""]
    if channel.directions:
        listed = ", ".join(f"{name.rpartition(' ')[0].rpartition(' ')[2]}: {format_number(value, 4)}"
                           for name, value in channel.directions.items())
        lines += textwrap.wrap(f"all directions, in degrees: {listed}", WIDTH, initial_indent="  ",
                               subsequent_indent="    ")
    return [*lines, *(f"  {step}" for step in channel.steps)]


def _write_tables(one: KernelSum, marked: bool) -> list[str]:
    """Return pixels, kernel and products side by side, or below each other where they are too wide."""
    visible = visible_taps(one)
    pixels = _mark_pixels(one) if marked else _format_all(one.pixels)
    tables = {"pixels": pixels, "kernel": _format_all(one.kernel.weights), "products": _format_all(one.products)}
    blocks = [_write_block(title, cells[visible]) for title, cells in tables.items()]
    if sum(len(block[0]) for block in blocks) + 10 <= WIDTH:
        lines = ["    ".join(line).rstrip() for line in zip(*blocks, strict=True)]
    else:
        lines = [line.rstrip() for block in blocks for line in block]
    if one.pixels[visible].shape != one.pixels.shape:
        high, wide = one.pixels[visible].shape
        kh, kw = one.pixels.shape
        lines.append(f"only the middle {high} x {wide} of {kh} x {kw} is shown; the sum includes all")
    return [f"  {line}" for line in lines]


def _format_all(values: Array) -> Array:
    return np.array([[format_number(value, 4) for value in row] for row in values], object)


def _mark_pixels(one: KernelSum) -> Array:
    """Return the pixels as text, with marks around the pixel in question and the padding."""
    texts = _format_all(one.pixels)
    for place in np.ndindex(texts.shape):
        left, right = "()" if one.outside[place] else "[]" if place == one.kernel.anchor else "  "
        texts[place] = f"{left}{texts[place]}{right}"
    return texts


def _write_block(title: str, cells: Array) -> list[str]:
    """Return a table of texts below a title, with all lines of the same width."""
    wide = max(len(cell) for cell in cells.ravel())
    rows = [" ".join(cell.rjust(wide) for cell in row) for row in cells]
    across = max(len(title), len(rows[0]))
    return [title.ljust(across), *(row.ljust(across) for row in rows)]
