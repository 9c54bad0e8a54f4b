"""Where the pixels of a GeoTIFF file lie on the ground: update it for a strided result."""
from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from ..arrays.dtypes import Array
from .descriptions import Result
from .photo import add_note
from .tables import Directory, Entry

SCALE, TIE_POINTS, MATRIX, KEYS, RPC, OLD_MATRIX = 33550, 33922, 34264, 34735, 50844, 33920
RASTER_TYPE, POINT = 1025, 2  # the key that tells whether coordinates count from the corner or the center of a pixel


def update_georeference(page: Directory, order: str, result: Result, turn: int, notes: list[str]) -> None:
    """Divide raster coordinates by the strides (down, across); remove them, with a note, if the page was turned.

    The center of pixel k of the result is that of pixel k * stride + offset of the source. Centers are whole numbers if
    coordinates count from the center, else half a pixel more.
    """
    stride = result.stride
    if turn != 1:
        if page.remove(SCALE, TIE_POINTS, MATRIX, RPC, OLD_MATRIX):
            add_note(notes, "place on the map not kept: the photo was turned upright")
        return
    if stride == (1, 1):
        return
    steps = np.array([stride[1], stride[0]], float)
    half = 0.0 if _counts_from_centers(page, order) else 0.5
    origin = np.array([result.offset[1], result.offset[0]]) + half
    _change(page, order, SCALE, 3, lambda scale: np.append(scale[:2] * steps, scale[2:]))

    def divide(points: Array) -> Array:
        points = points.reshape(-1, 6).copy()
        points[:, :2] = (points[:, :2] - origin) / steps + half
        return points

    def multiply(matrix: Array) -> Array:
        matrix = matrix.reshape(4, 4).copy()
        matrix[:3, 3] += matrix[:3, :2] @ (origin - half * steps)
        matrix[:3, :2] *= steps
        return matrix

    def divide_rational(numbers: Array) -> Array:
        numbers = numbers.copy()
        numbers[[3, 2]] -= origin - half
        numbers[[3, 2, 8, 7]] /= np.tile(steps, 2)  # offsets and scales of samples and lines, between centers
        return numbers

    _change(page, order, TIE_POINTS, 6, divide)
    _change(page, order, MATRIX, 16, multiply)
    _change(page, order, RPC, 92, divide_rational)
    if page.remove(OLD_MATRIX):
        add_note(notes, "TIFF tag 33920 not kept: it is the place on the map of every pixel before the filter")


def _counts_from_centers(page: Directory, order: str) -> bool:
    """Return whether the raster coordinates (0, 0) are the center of a pixel."""
    entry = page.find(KEYS)
    keys = entry.integers(order) if entry else ()
    return any(keys[k:k + 2] == (RASTER_TYPE, 0) and keys[k + 3:k + 4] == (POINT,) for k in range(4, len(keys), 4))


def _change(page: Directory, order: str, tag: int, step: int, change: Callable[[Array], Array]) -> None:
    """Replace the numbers of an entry, a multiple of `step`, by those that a function returns."""
    entry = page.find(tag)
    if entry is None or entry.type != 12 or not entry.count or entry.count % step:
        return
    numbers = np.array(struct.unpack(f"{order}{entry.count}d", entry.value))
    value = change(numbers).astype(order + "f8").tobytes()
    page.set(Entry(tag, 12, entry.count, value))
