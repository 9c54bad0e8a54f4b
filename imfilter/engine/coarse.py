"""Run a broad blur on a coarse grid: decimate the image, blur the samples, interpolate the result.

The grid begins with the first pixel of the whole image, so that blocks of it give the same bits. A band of the grid's
rows is computed at a time; the rows that the next band needs again are kept.
"""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..runtime.threads import run_task
from . import _core
from .borders import Border
from .computation import Computation, Geometry, Pair
from .multirate import NEIGHBORS, CoarseAxis, CoarseGrid

Array = np.ndarray[Any, Any]

BAND = 2**17  # samples of a band of the grid, about: half a MiB, and as much when they are blurred
SHARES = 1  # strips per thread: each begins by reading as many rows as its kernel is high
READ_BEYOND = 16  # samples that the interpolation may read behind the grid's last


class _Extent(NamedTuple):
    """The samples of the grid along an axis that `size` results from the whole image's pixel `first` on read.

    cells: steps of the grid that the results lie in. phase: how many results of the first cell come before them.
    """

    axis: CoarseAxis
    size: int
    first: int

    @property
    def phase(self) -> int:
        return self.first % self.axis.step

    @property
    def cells(self) -> int:
        return -(-(self.phase + self.size) // self.axis.step)

    @property
    def reach(self) -> int:
        """How many samples the kernel of the grid reaches to either side."""
        return len(self.axis.middle) // 2

    def padding(self, before: int) -> int:
        """Return the padding before the image for the first sample, from that for the first result."""
        samples = NEIGHBORS // 2 - 1 + self.reach
        return before + samples * self.axis.step + self.phase + len(self.axis.narrow) // 2 - self.axis.radius

    def results(self, cell: int, count: int) -> slice:
        """Return which results lie in `count` cells."""
        start = cell * self.axis.step - self.phase
        return slice(max(start, 0), min(start + count * self.axis.step, self.size))


class CoarseTask:
    """A blur of a stack of images. source, target: arrays (images, rows, columns, channels).

    geometry: of the blur itself. first: the pixel of the whole image that the first result is centered on.
    """

    def __init__(
        self, source: Array, target: Array, grid: CoarseGrid, geometry: Geometry, first: Pair, exact: bool
    ) -> None:
        self._target, self._exact = target, exact
        self._down, self._across = (_Extent(*along) for along in zip(grid.axes, target.shape[1:3], first, strict=True))
        self._kept = NEIGHBORS - 1 + 2 * self._down.reach
        self._allocate(target.shape[3])
        steps = self._down.axis.step, self._across.axis.step
        padding = self._down.padding(geometry.before[0]), self._across.padding(geometry.before[1])
        self._decimation = _make_task(
            source, self._samples, (grid.rows.narrow, grid.columns.narrow),
            geometry._replace(stride=steps, before=padding), exact)
        self._blur = _make_task(
            self._samples, self._blurred, (grid.rows.middle, grid.columns.middle),
            Geometry((1, 1), (1, 1), (0, 0), Border.NEAREST, 0.0), exact)
        self.scratch = self._decimation.scratch + self._samples.nbytes + self._blurred.nbytes

    def _allocate(self, channels: int) -> None:
        """Choose how many rows of cells a band has, and allocate its samples before and after they are blurred."""
        width = self._across.cells + NEIGHBORS - 1 + 2 * self._across.reach
        self._cells = min(max(BAND // (width * channels), self._kept), self._down.cells)
        self._samples = np.empty((1, self._cells + self._kept, width, channels), np.float32)
        shape = 1, self._cells + NEIGHBORS - 1, width - 2 * self._across.reach, channels
        self._blurred = np.zeros(math.prod(shape) + READ_BEYOND, np.float32)[:-READ_BEYOND].reshape(shape)

    def run(self, threads: int) -> None:
        """Compute all results."""
        for n in range(len(self._target)):
            for cell in range(0, self._down.cells, self._cells):
                self._run_band(n, cell, threads)

    def _run_band(self, n: int, cell: int, threads: int) -> None:
        """Compute the results in the cells of a band."""
        count, kept = min(self._cells, self._down.cells - cell), self._kept if cell else 0
        if cell:
            self._samples[:, :kept] = self._samples[:, self._cells:]  # a band has at least as many rows as are kept
        fresh = self._samples[:, kept:count + self._kept]
        run_task(self._decimation.part(n, cell + kept, 0, fresh), threads, SHARES)
        run_task(self._blur.part(0, 0, 0, self._blurred[:, :count + NEIGHBORS - 1]), threads, SHARES)
        target = self._target[n, self._down.results(cell, count)]
        phases = 0 if cell else self._down.phase, self._across.phase
        run_task(_core.Interpolation(
            self._blurred[0], target, (self._down.axis.step, self._across.axis.step), phases, self._down.axis.phases,
            self._across.axis.phases, self._exact), threads)


def _make_task(source: Array, target: Array, factors: Any, geometry: Geometry, exact: bool) -> _core.Task:
    """Return a convolution with a column and a row in float32."""
    packed = _core.Packed(source, target, (factors,), geometry, Computation("float32", False, exact=exact))
    task = packed.task(source, target)
    assert task is not None
    return task
