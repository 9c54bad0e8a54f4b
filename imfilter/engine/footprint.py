"""Windows of any shape: which pixels around each one count, as runs of neighbors in each row."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from .computation import Pair


class Footprint(NamedTuple):
    """A window. size: its rows and columns. before: rows above and columns to the left of the pixel.

    chords: (n, 3) array of int64: row, first column and length of each run of pixels that count, from the top down;
    None: all of them count. samples: how many that are.
    """

    size: Pair
    before: Pair
    chords: Array | None
    samples: int


def rectangle(size: Pair, before: Pair | None = None) -> Footprint:
    """Return a window all of whose pixels count. before: size // 2 unless given."""
    return Footprint(size, before or _find_center(size), None, size[0] * size[1])


def footprint_from(shape: Array, before: Pair | None = None) -> Footprint:
    """Return the window of a boolean array (rows, columns) that has a True. before: size // 2 unless given."""
    size = shape.shape[0], shape.shape[1]
    if shape.all():
        return rectangle(size, before)
    return Footprint(size, before or _find_center(size), _find_chords(shape), int(np.count_nonzero(shape)))


def _find_center(size: Pair) -> Pair:
    return size[0] // 2, size[1] // 2


def mirrored(window: Footprint) -> Footprint:
    """Return the window turned by half a turn around its pixel."""
    (height, width), (top, left) = window.size, window.before
    before = height - 1 - top, width - 1 - left
    if window.chords is None:
        return window._replace(before=before)
    row, first, length = window.chords.T
    chords = np.stack([height - 1 - row, width - first - length, length], axis=1)[::-1]
    return window._replace(before=before, chords=np.ascontiguousarray(chords))


def _find_chords(shape: Array) -> Array:
    edges = np.diff(np.pad(shape, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, firsts), (_, ends) = np.nonzero(edges > 0), np.nonzero(edges < 0)
    return np.stack([rows, firsts, ends - firsts], axis=1)


def chords_of(window: Footprint) -> Array:
    """Return its chords, also those of a rectangle."""
    height, width = window.size
    if window.chords is not None:
        return window.chords
    return np.array([(row, 0, width) for row in range(height)], np.int64)
