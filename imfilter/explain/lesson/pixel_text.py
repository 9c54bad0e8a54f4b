"""Write the numbers behind one pixel as lines of text."""
from __future__ import annotations

import textwrap

import numpy as np

from ...arrays.dtypes import Array
from .grids import format_number
from .neighborhood import KernelSum
from .pixel_numbers import ChannelNumbers, PixelNumbers
from .pixel_sum import WrittenSum, is_cut, visible_taps, write_kernel_sum

WIDTH = 100  # characters of a line


def write_text(numbers: PixelNumbers, title: str) -> str:
    """Return all numbers as text of at most 100 columns. title: the filter, and what it is applied to."""
    heading = (f"{title} at column {numbers.x}, row {numbers.y} (counted from 0 at the upper left) of "
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


def _write_channel(channel: ChannelNumbers, marked: bool) -> list[str]:
    """Return the numbers of a channel. marked: whether to mark the pixel itself and the padding."""
    lines = []
    for one in channel.sums:
        lines.append(f"{channel.channel}: {one.kernel.name}")
        written = write_kernel_sum(one)
        lines += [*_write_tables(one, written, marked), *textwrap.wrap(
            f"sum = {written}", WIDTH, initial_indent="  ", subsequent_indent="    "), ""]
    if channel.directions:
        listed = ", ".join(f"{name.rpartition(' ')[0].rpartition(' ')[2]}: {format_number(value, 4)}"
                           for name, value in channel.directions.items())
        lines += textwrap.wrap(f"all directions, in degrees: {listed}", WIDTH, initial_indent="  ",
                               subsequent_indent="    ")
    return [*lines, *(f"  {step}" for step in channel.steps)]


def _write_tables(one: KernelSum, written: WrittenSum, marked: bool) -> list[str]:
    """Return pixels, kernel and products side by side, or below each other where they are too wide."""
    pixels = _mark_pixels(one, written.pixels) if marked else written.pixels
    tables = {"pixels": pixels, "kernel": written.weights, "products": written.products}
    blocks = [_write_block(title, cells) for title, cells in tables.items()]
    if sum(len(block[0]) for block in blocks) + 10 <= WIDTH:
        lines = ["    ".join(line).rstrip() for line in zip(*blocks, strict=True)]
    else:
        lines = [line.rstrip() for block in blocks for line in block]
    if is_cut(one):
        high, wide = written.pixels.shape
        kh, kw = one.pixels.shape
        lines.append(f"only the middle {high} x {wide} of {kh} x {kw} is shown; the sum includes all")
    return [f"  {line}" for line in lines]


def _mark_pixels(one: KernelSum, pixels: Array) -> Array:
    """Return the pixels as text, with marks around the pixel in question and the padding."""
    texts, visible = pixels.copy(), visible_taps(one)
    outside = one.outside[visible]
    anchor = tuple(at - side.start for at, side in zip(one.kernel.anchor, visible, strict=True))
    for place in np.ndindex(texts.shape):
        left, right = "()" if outside[place] else "[]" if place == anchor else "  "
        texts[place] = f"{left}{texts[place]}{right}"
    return texts


def _write_block(title: str, cells: Array) -> list[str]:
    """Return a table of texts below a title, with all lines of the same width."""
    wide = max(len(cell) for cell in cells.ravel())
    rows = [" ".join(cell.rjust(wide) for cell in row) for row in cells]
    across = max(len(title), len(rows[0]))
    return [title.ljust(across), *(row.ljust(across) for row in rows)]
