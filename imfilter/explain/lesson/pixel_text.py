"""The numbers behind one pixel as lines of text."""
from __future__ import annotations

import textwrap

import numpy as np

from ...arrays.dtypes import Array
from .grids import number
from .pixel import Part, Probe, Reading

WIDTH, MOST = 100, 7  # columns of the terminal, and taps along an axis that are shown whole
SHOWN = 5  # taps about the middle that are shown of more


def text(found: Probe) -> str:
    """Return all numbers as text of at most 100 columns."""
    lines = textwrap.wrap(f"{heading(found)}. {lying(found)}{_marks(found)}", WIDTH)
    for reading in found.readings:
        lines += ["", *_told(reading, not found.mixing)]
    return "\n".join(lines)


def heading(found: Probe) -> str:
    """Say what was read where."""
    return (f"{found.name} at x {found.x}, y {found.y} (column and row, counted from 0 at the upper left) of "
            f"{found.size[0]} x {found.size[1]} pixels of {found.dtype}")


def lying(found: Probe) -> str:
    """Say how the tables are to be read."""
    if found.mixing:
        return "The channels of the pixel are mixed by a matrix, of which each result has a row."
    return "The kernel is drawn as it lies on the image, which convolution turns by 180 degrees."


def _marks(found: Probe) -> str:
    """Say what the marks in the table of pixels mean."""
    if found.mixing:
        return ""
    outside = any(part.beyond.any() for reading in found.readings for part in reading.parts)
    beyond = f", (n) stand outside the image ({found.edge.name.lower()})" if outside else ""
    return f" [n] is the pixel{beyond}."


def middle(part: Part) -> tuple[slice, slice]:
    """Return the rows and columns of a kernel that are shown: all, or those about the pixel."""
    down, across = (
        slice(0, taps) if taps <= MOST else slice(anchor - SHOWN // 2, anchor - SHOWN // 2 + SHOWN)
        for taps, anchor in zip(part.pixels.shape, part.kernel.anchor, strict=True))
    return down, across


def _told(reading: Reading, marked: bool) -> list[str]:
    """Return the numbers of a channel. marked: whether the pixel itself stands among others."""
    lines = []
    for part in reading.parts:
        lines.append(f"{reading.channel}: {part.kernel.name}")
        lines += _tables(part, marked)
        lines += [f"  sum = {number(part.total, 6)}", ""]
    if reading.others:
        listed = ", ".join(f"{name.rpartition(' ')[0].rpartition(' ')[2]}: {number(value, 4)}"
                           for name, value in reading.others.items())
        lines += textwrap.wrap(f"all directions, in degrees: {listed}", WIDTH, initial_indent="  ",
                               subsequent_indent="    ")
    return [*lines, *(f"  {step}" for step in reading.steps)]


def _tables(part: Part, marked: bool) -> list[str]:
    """Return pixels, kernel and products beside each other, or below each other where they are too wide."""
    shown = middle(part)
    pixels = _marked(part) if marked else _texts(part.pixels)
    tables = {"pixels": pixels, "kernel": _texts(part.kernel.weights), "products": _texts(part.products)}
    blocks = [_block(title, cells[shown]) for title, cells in tables.items()]
    if sum(len(block[0]) for block in blocks) + 10 <= WIDTH:
        lines = ["    ".join(line).rstrip() for line in zip(*blocks, strict=True)]
    else:
        lines = [line.rstrip() for block in blocks for line in block]
    if part.pixels[shown].shape != part.pixels.shape:
        high, wide = part.pixels[shown].shape
        kh, kw = part.pixels.shape
        lines.append(f"shown: the {high} x {wide} about the pixel of {kh} x {kw}; the sum is of all")
    return [f"  {line}" for line in lines]


def _texts(values: Array) -> Array:
    return np.array([[number(value, 4) for value in row] for row in values], object)


def _marked(part: Part) -> Array:
    """Return the pixels as text: the one in question and those outside the image marked."""
    texts = _texts(part.pixels)
    for place in np.ndindex(texts.shape):
        left, right = "()" if part.beyond[place] else "[]" if place == part.kernel.anchor else "  "
        texts[place] = f"{left}{texts[place]}{right}"
    return texts


def _block(title: str, cells: Array) -> list[str]:
    """Return a table of texts under a title, all lines of one width."""
    wide = max(len(cell) for cell in cells.ravel())
    rows = [" ".join(cell.rjust(wide) for cell in row) for row in cells]
    across = max(len(title), len(rows[0]))
    return [title.ljust(across), *(row.ljust(across) for row in rows)]
