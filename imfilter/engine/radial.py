"""Means along the lines to a center, the circles around it, or spirals: samples are interpolated between four pixels.

Each pixel has as many samples as its path is long, so nothing is missed far out and nothing is wasted near the center.
"""
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype, to_native
from ..arrays.opened import OpenedImage
from ..errors import check_pair
from ..runtime.threads import run_task, thread_count
from ..weights.elementary import cosine_and_sine_of
from . import _normalized, _varying
from .block_task import BlockTask
from .borders import Border, parse_border, parse_cval
from .checks import check_flag
from .computation import Pair
from .normalized import Weights
from .output import allocate_output, write_output
from .request import FilterOptions

ROWS = 16  # of the results of a block
SAMPLES = 2**15  # of a block, about
# Of samples of a path: as many as it is long, or up to half as much again. Longer ones have samples farther apart.
COUNTS = np.array([1, 2, *(step << k for k in range(13) for step in (3, 4))], np.intp)


class Paths(NamedTuple):
    """How long a path is, and where its center lies.

    zoom: the length of a line, as a share of its distance from the center. spin: the angle of an arc, in radians.
    center: as shares of the height and the width.
    """

    zoom: float
    spin: float
    center: tuple[float, float]

    @property
    def length(self) -> float:
        """The length of a path at distance 1 from the center, at most."""
        return math.hypot(self.zoom, self.spin * (1 + self.zoom / 2))

    def turns(self, longest: float) -> tuple[Array, Array]:
        """Return the complex factors of the samples of all paths up to the longest, and how many each has."""
        last = int(np.searchsorted(COUNTS, min(longest, COUNTS[-1])))
        parts = [np.array([[1.0, 0.0]])]
        for count in COUNTS[1:last + 1]:
            along = (np.arange(count) + 0.5) / count - 0.5
            cosines, sines = cosine_and_sine_of(self.spin * along)
            parts.append(np.stack([cosines, sines], 1) * (1 + self.zoom * along)[:, None])
        return np.concatenate(parts), COUNTS[:last + 1]


class PreparedRadial:
    """A radial blur, ready to be run on images of one shape and dtype."""

    ready = None

    def __init__(self, opened: OpenedImage, paths: Paths, options: FilterOptions) -> None:
        self._layout, self._dtype = opened.layout, result_dtype(opened.dtype, options.dtype)
        stride = check_pair("stride", options.stride, 1)
        border = parse_border("mode", options.mode)
        check_flag("exact", options.exact)  # the bits are the same on every processor anyway
        cval = parse_cval(options.cval, border, opened.dtype)
        height, width = self._layout.size(opened.pixels.shape)
        self._shape = self._layout.shape(opened.pixels.shape, -(-height // stride[0]), -(-width // stride[1]))
        center = paths.center[0] * max(height - 1, 0), paths.center[1] * max(width - 1, 0)
        farthest = math.hypot(max(center[0], height - 1 - center[0]), max(center[1], width - 1 - center[1]))
        self._sampling = Sampling(border, cval, stride, center, *paths.turns(paths.length * farthest), paths.length)

    def run(self, pixels: Array, out: Array | None, workers: int | None, weights: Weights | None = None) -> Array:
        """Compute the result, in `out` if there is one. weights: of the pixels; None: all count."""
        threads, native = thread_count(workers), to_native(pixels)
        source = self._layout.images(np.require(native, native.dtype.newbyteorder("="), "A"))
        result, target = allocate_output(pixels, self._shape, self._dtype, out, self._layout)
        if result.size:
            task = Task(source, target, self._sampling, None if weights is None else _widen(weights, source),
                        0.0 if weights is None else weights.fill_weight)
            run_task(task, threads if task.rows > 1 else 1)
        return write_output(result, self._dtype, out)


def _widen(weights: Weights, source: Array) -> Array:
    """Return weights as doubles (1 or images, rows, columns, 1 or channels)."""
    mask = ~np.isnan(source) if weights.mask is None else weights.mask
    return np.asarray(mask, np.float64)


class Sampling(NamedTuple):
    """How paths are sampled: see `_varying.add_paths`."""

    border: Border
    cval: float
    stride: Pair
    center: tuple[float, float]
    turns: Array
    counts: Array
    length: float


class Task(BlockTask):
    """A radial blur of a stack of images. weights: of the source's pixels, or None; fill: outside."""

    def __init__(self, source: Array, target: Array, sampling: Sampling, weights: Array | None, fill: float) -> None:
        super().__init__(source, target)
        self._sampling, self._weights, self._fill = sampling, weights, fill
        self._cut((ROWS, max(SAMPLES // (ROWS * target.shape[3]), 1)))

    def _compute(self, n: int, row: int, column: int, rooms: None) -> None:
        results = self._target[n, row:row + self._size[0], column:column + self._size[1]]
        border, cval, stride, center, turns, counts, length = self._sampling
        sums = np.empty(results.shape)
        weights = None if self._weights is None else self._weights[min(n, len(self._weights) - 1)]
        shares = None if weights is None else np.empty(results.shape)
        _varying.add_paths(
            self._source[n], weights, sums, shares, (row * stride[0], column * stride[1]), stride, center, turns,
            counts, length, (int(border), cval, self._fill))
        if shares is not None:
            sums /= shares
        _normalized.store(sums, results)
