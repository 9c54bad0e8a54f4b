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
from .coarse_grid import CoarseGrid
from .computation import Computation, Geometry, Pair
from .double_interpolation import DoubleInterpolation
from .multirate import NEIGHBORS, CoarseAxis

Array = np.ndarray[Any, Any]

BAND = 2**17  # samples of a band of the grid, about: half a MiB, and as much when they are blurred
LEAST_SHARE = 4  # of the rows that bands share, a band has one in so many of its own at least
SHARES = 1  # strips per thread: each begins by reading as many rows as its kernel is high
READ_BEYOND = 16  # samples that the interpolation may read behind the grid's last


class _Extent(NamedTuple):
    """The samples of the grid along an axis that `size` results from the whole image's pixel `first` on read.

    whole: samples of the whole image that are computed, the others repeat them; None: all are computed.
    """

    axis: CoarseAxis
    whole: range | None
    size: int
    first: int

    @property
    def phase(self) -> int:
        """How many results of the first cell come before these; a cell lies between two samples of the grid."""
        return (self.first - self.axis.offset) % self.axis.step

    @property
    def cells(self) -> int:
        return -(-(self.phase + self.size) // self.axis.step)

    @property
    def reach(self) -> int:
        """How many samples the kernel of the grid reaches to either side."""
        return len(self.axis.middle) // 2

    @property
    def kept(self) -> int:
        """How many samples the next cell reads again."""
        return NEIGHBORS - 1 + 2 * self.reach

    @property
    def start(self) -> int:
        """The number of the first sample that is read."""
        return (self.first - self.axis.offset) // self.axis.step - (NEIGHBORS // 2 - 1) - self.reach

    @property
    def computed(self) -> range:
        """The numbers of the samples that are computed."""
        read = range(self.start, self.start + self.cells + self.kept)
        if self.whole is None:
            return read
        start = min(max(read.start, self.whole.start), self.whole.stop - 1)
        return range(start, max(min(read.stop, self.whole.stop), start + 1))

    def padding(self, sample: int, before: int) -> int:
        """Return the padding before the image for a sample, from that for the first result."""
        place = sample * self.axis.step + self.axis.offset - len(self.axis.narrow) // 2
        return before + self.first - self.axis.radius - place

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
        self._target, self._dtype = target, grid.dtype
        self._computation = Computation(grid.dtype, False, exact=exact)
        self._down, self._across = (
            _Extent(*along) for along in zip(grid.axes, grid.computed, target.shape[1:3], first, strict=True))
        # Columns beyond those that are computed are left to the blur of the grid, rows are copied.
        self._border = Border.REFLECT if geometry.border == Border.REFLECT else Border.NEAREST
        columns = self._across.computed
        self._allocate(len(columns), target.shape[3])
        steps = self._down.axis.step, self._across.axis.step
        padding = (self._down.padding(self._down.start, geometry.before[0]),
                   self._across.padding(columns.start, geometry.before[1]))
        self._decimation = _make_task(
            source, self._samples, (grid.rows.narrow, grid.columns.narrow),
            geometry._replace(stride=steps, before=padding), self._computation)
        self._blur = _make_task(
            self._samples, self._blurred, (grid.rows.middle, grid.columns.middle),
            Geometry((1, 1), (1, 1), (0, columns.start - self._across.start), self._border, 0.0), self._computation)
        self.scratch = self._decimation.scratch + self._samples.nbytes + self._blurred.nbytes

    def _allocate(self, width: int, channels: int) -> None:
        """Choose how many rows of cells a band has, and allocate its samples before and after they are blurred."""
        kept = self._down.kept
        self._cells = min(max(BAND // (width * channels), kept // LEAST_SHARE), self._down.cells)
        self._samples = np.zeros((1, self._cells + kept, width, channels), self._dtype)
        shape = 1, self._cells + NEIGHBORS - 1, self._across.cells + NEIGHBORS - 1, channels
        self._blurred = np.zeros(math.prod(shape) + READ_BEYOND, self._dtype)[:-READ_BEYOND].reshape(shape)

    def run(self, threads: int) -> None:
        """Compute all results."""
        for n in range(len(self._target)):
            for cell in range(0, self._down.cells, self._cells):
                self._run_band(n, cell, threads)

    def _run_band(self, n: int, cell: int, threads: int) -> None:
        """Compute the results in the cells of a band."""
        count = min(self._cells, self._down.cells - cell)
        self._fill_samples(n, cell, count, threads)
        run_task(self._blur.part(0, 0, 0, self._blurred[:, :count + NEIGHBORS - 1]), threads, SHARES)
        target = self._target[n, self._down.results(cell, count)]
        phases = 0 if cell else self._down.phase, self._across.phase
        run_task(self._interpolate(target, phases), threads)

    def _interpolate(self, target: Array, phases: Pair) -> Any:
        """Return the interpolation of results from the band, as a task."""
        down, across = self._down.axis, self._across.axis
        if self._dtype == "float64":
            return DoubleInterpolation(self._blurred[0], target, down, across, phases)
        return _core.Interpolation(
            self._blurred[0], target, (down.step, across.step), phases, down.phases, across.phases,
            self._computation.exact)

    def _fill_samples(self, n: int, cell: int, count: int, threads: int) -> None:
        """Compute the rows of samples of a band that the one before it has not, and copy those that repeat others."""
        start, kept = self._down.start + cell, self._down.kept if cell else 0
        if cell:
            self._samples[:, :kept] = self._samples[:, self._cells:]
        fresh = range(start + kept, start + count + self._down.kept)
        whole = self._down.computed
        computed = range(max(fresh.start, whole.start), min(fresh.stop, whole.stop))
        if computed:
            into = self._samples[:, computed.start - start:computed.stop - start]
            run_task(self._decimation.part(n, computed.start - self._down.start, 0, into), threads, SHARES)
        others = np.array([row for row in fresh if row not in computed], int)
        if len(others):
            rows = self._repeated_rows(others) - start
            # Rows of results that nobody reads, outside the whole image, may repeat others than these.
            self._samples[0, others - start] = self._samples[0, rows.clip(0, count + self._down.kept - 1)]

    def _repeated_rows(self, rows: Array) -> Array:
        """Return the numbers of the computed rows that others repeat."""
        whole = self._down.whole
        assert whole is not None
        if self._border is Border.NEAREST:
            return rows.clip(whole.start, whole.stop - 1)
        rows = rows % (2 * len(whole))
        repeated: Array = np.minimum(rows, 2 * len(whole) - 1 - rows)
        return repeated


def _make_task(
    source: Array, target: Array, factors: Any, geometry: Geometry, computation: Computation
) -> _core.Task:
    """Return a convolution with a column and a row."""
    packed = _core.Packed(source, target, (factors,), geometry, computation)
    task = packed.task(source, target)
    assert task is not None
    return task
