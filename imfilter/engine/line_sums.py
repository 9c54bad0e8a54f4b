"""Sums along lines and over windows of a 2-D image with SciPy's arithmetic, bit for bit.

Doubles are added in SciPy's order, every product is rounded before it is added, and results are cast as C does, after
each pass.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import for_each, thread_count
from . import _core
from .borders import Border, source_indices
from .computation import Pair

CODES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")
DTYPES = {np.dtype(code): number for number, code in enumerate(CODES)} | {np.dtype(bool): 0}
SMALLEST = np.finfo(np.float64).eps  # SciPy takes weights for equal, or for 0, that differ by less
LARGEST_KEPT = 2**12  # weights of the largest window that is kept
LEAST = 2**13  # sums of a strip that is worth a thread
TALLEST = 64  # rows of a strip
NARROWEST = 64  # columns of a band of rows, as in the loops
STRIP = 2**16  # sums of a strip, about
COLUMNS = 256  # whose running sums a thread computes


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """The terms of a sum, in their order. A window equals only itself, so that it is looked up fast.

    kind: 0 the samples are weighed, 1 each but the first is added to that on the other side, -1 that one is subtracted,
    2 as 0, beginning with 0.0. size: rows and columns. before: those above and to the left of the pixel. places: (n, 2)
    rows and columns of the n weights.
    """

    kind: int
    size: Pair
    before: Pair
    weights: Array
    places: Array


@lru_cache(maxsize=64)
def _make_terms(window: Window, loops: Any, shape: Pair, borders: tuple[Border, Border]) -> Any:
    """Return the terms as these loops take them, for an image of this shape."""
    rows, columns = (
        continue_axis(*along) for along in zip(borders, shape, window.size, window.before, strict=True))
    return loops.Terms(window.kind, window.size, window.weights, window.places, rows, columns, window.before[1])


@lru_cache(maxsize=64)
def continue_axis(border: Border, length: int, window: int, before: int) -> Array:
    """Return which of its samples continue an axis beyond both ends, as far as a window reaches; -1: the constant."""
    count = length + window - 1
    indices, constant = source_indices(border, length, -before, 1, count)
    places = np.arange(count) if isinstance(indices, slice) else np.ascontiguousarray(indices, np.int64)
    if constant is not None:
        places[constant] = -1
    return places


def line_window(weights: Array, axis: int, origin: int) -> Window:
    """Return the window of a correlation along an axis, given float64 weights: the same one for the same weights."""
    return _make_line_window(weights.tobytes(), axis, origin)


@lru_cache(maxsize=64)
def _make_line_window(samples: bytes, axis: int, origin: int) -> Window:
    weights = np.frombuffer(samples)
    count = len(weights)
    middle = count // 2
    kind, along = 0, np.append(count - 1, np.arange(count - 1))
    mirrored = weights[::-1]
    if count % 2:
        half = np.append(middle, np.arange(middle))
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            if not (np.abs(weights - mirrored) > SMALLEST).any():
                kind, along = 1, half
            elif not (np.abs(weights + mirrored)[:middle] > SMALLEST).any():
                kind, along = -1, half
    places = np.zeros((len(along), 2), np.int64)
    places[:, axis] = along
    size, before = (count, 1), (middle + origin, 0)
    if axis == 1:
        size, before = size[::-1], before[::-1]
    return Window(kind, size, before, np.ascontiguousarray(weights[along]), places)


def dense_window(weights: Array, origins: Pair) -> Window:
    """Return the window of a correlation with an array of float64 weights, row by row; negligible ones read nothing."""
    if weights.size > LARGEST_KEPT:
        return _make_dense_window.__wrapped__(weights.tobytes(), weights.shape, origins)
    return _make_dense_window(weights.tobytes(), weights.shape, origins)


@lru_cache(maxsize=64)
def _make_dense_window(samples: bytes, shape: Pair, origins: Pair) -> Window:
    weights = np.frombuffer(samples).reshape(shape)
    height, width = shape
    places = np.ascontiguousarray(np.argwhere(np.abs(weights) > SMALLEST))
    before = height // 2 + origins[0], width // 2 + origins[1]
    return Window(2, (height, width), before, np.ascontiguousarray(weights[tuple(places.T)]), places)


def choose_loops() -> Any:
    """Return the module of loops for the instruction set in use. All of them give the same bits."""
    return _load_loops(_core.used_variant())


@cache
def _load_loops(variant: str) -> Any:
    return import_module("imfilter.engine._line_sums_" + ("baseline" if variant == "neon" else variant))


class Sums:
    """Sums over one window, or along both axes in the order of two windows, ready to be computed for strips of rows.

    The image is (rows, columns), of DTYPES, in rows without gaps; dtype: of the results of every pass.
    """

    def __init__(
        self, image: Array, windows: list[Window], borders: tuple[Border, Border], cval: float, dtype: np.dtype[Any]
    ) -> None:
        loops = choose_loops()
        shape = image.shape[0], image.shape[1]
        self._terms = [_make_terms(window, loops, shape, borders) for window in windows]
        self._terms += [None] * (2 - len(windows))
        along_rows_first = len(windows) > 1 and windows[0].size[1] > 1
        self._run = loops.sum_rows_first if along_rows_first else loops.sum_window
        self._image, self._cval, self._dtype, self._width = image, cval, dtype, shape[1]

    def compute(self, rows: slice, out: Array) -> None:
        """Compute some rows of the results into `out`, whose rows have no gaps."""
        self._run(_bytes_of(self._image), DTYPES[self._image.dtype], _bytes_of(out), DTYPES[self._dtype], self._width,
                  *self._terms, self._cval, rows.start, rows.stop)


def slide_means(
    image: Array, sizes: Pair, origins: Pair, borders: tuple[Border, Border], cval: float, out: Array
) -> None:
    """Compute means by running sums into `out`: down columns, then along rows, where a size is above 1.

    Both arrays are (rows, columns), of DTYPES, in rows without gaps; they do not overlap.
    """
    loops, (height, width) = choose_loops(), out.shape
    source, target = image, (_bytes_of(out), DTYPES[out.dtype])
    if sizes[0] > 1:
        rows = continue_axis(borders[0], height, sizes[0], sizes[0] // 2 + origins[0])
        read = _bytes_of(image), DTYPES[image.dtype]
        for_each(lambda some: loops.slide_down(*read, *target, rows, sizes[0], cval, some.start, some.stop),
                 cut(width, COLUMNS), least=2)
        source = out
    if sizes[1] > 1:
        before = sizes[1] // 2 + origins[1]
        columns = continue_axis(borders[1], width, sizes[1], before)
        pixels = _bytes_of(source), DTYPES[source.dtype]
        for_each(lambda some: loops.slide_across(*pixels, *target, columns, before, sizes[1], cval, some.start,
                                                 some.stop),
                 cut_strips(height, width), least=2)


def _bytes_of(array: Array) -> Array:
    """Return the view (rows, bytes of a row) of an array whose rows have no gaps."""
    return array.view(np.uint8)


def cut(size: int, step: int) -> Iterator[slice]:
    """Yield slices of a length."""
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


def cut_strips(height: int, width: int) -> Iterator[slice]:
    """Yield rows whose sums stay in the cache, some for each thread unless they are few."""
    rows = min(STRIP // width, TALLEST, height)
    if rows * width > LEAST:
        rows = min(rows, max(-(-height // thread_count(None)), LEAST // width))
    return cut(height, max(rows, 1))
