"""Formulas on a scale that the whole image sets: the largest value of another formula in each channel.

The image is gone through twice, so that nothing of its size is allocated but the result: once for the largest values,
of all pixels whatever the stride, and once for the results.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import run_task
from . import formula, joined
from .output import write_output
from .request import ConvolutionRequest

# Responses below this part of the largest pixel are what rounding leaves of a flat image, in double.
FLAT = 64 * float(np.finfo(np.float64).eps)


class PeakFormulas(formula.Formulas):
    """Formulas whose last argument is the largest value of another formula, at all pixels of a channel.

    groups: as in Formulas. measure: the other formula, of the responses to each group. The largest value is infinite
    for a channel that is flat. Responses are computed in double.
    """

    __slots__ = ("measured",)

    def __init__(self, groups: tuple[tuple[Any, formula.Formula], ...], measure: formula.Formula) -> None:
        super().__init__(groups, double=True)
        self.measured = formula.Formulas(tuple((sets, measure) for sets, _ in groups), double=True)
        self._hash = hash((groups, measure))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PeakFormulas) and (self.groups, self.measured) == (other.groups, other.measured)


class PreparedPeakFormulas(formula.PreparedFormulas):
    """Formulas on a scale of the whole image, ready to be run on images of one shape and dtype."""

    def __init__(self, request: ConvolutionRequest) -> None:
        super().__init__(request)
        formulas: Any = request.kernels
        options = request.options._replace(stride=1, dtype=self._response)
        self._measured = PreparedMeasure(request._replace(kernels=formulas.measured, options=options))
        self.seconds += self._measured.seconds

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        source, result, target = self._open_arrays(pixels, out)
        if result.size:
            threads = self._count_threads(workers)
            peaks = self._measured.measure(source, threads)
            run_task(ScaledTask(*self._make_parts(source, target), peaks), threads)
        return write_output(result, self.dtype, out)


class PreparedMeasure(formula.PreparedFormulas):
    """The largest values of formulas, ready to be measured in images of one shape and dtype."""

    def measure(self, source: Array, threads: int) -> Array:
        """Return the largest value (images, channels); infinity for flat channels.

        source: (images, rows, columns, channels).
        """
        target = np.broadcast_to(np.empty((), np.bool_), source.shape)  # which is not written
        task = MeasuringTask(*self._make_parts(source, target))
        task.measure(source)
        run_task(task, threads)
        return task.find_largest(len(source))


class MeasuringTask(formula.Task):
    """Find the largest value of each block."""

    def measure(self, source: Array) -> None:
        """Look at the pixels of this image."""
        self._source, self._found = source, np.zeros((2, self.rows, source.shape[3]))

    def _finish(self, number: int, values: Array, results: Array) -> None:
        """Keep the largest value and the largest pixel of each channel of a block."""
        n, top, left, right = self._find_block(number)
        pixels = self._source[n, top:top + len(values), left:right]
        if pixels.dtype.kind == "f":
            pixels = np.where(np.isfinite(pixels), pixels, 0)
        low, high = (part.astype(np.float64) for part in (pixels.min(axis=(0, 1)), pixels.max(axis=(0, 1))))
        self._found[1, number] = np.maximum(-low, high)
        largest = values.max(axis=(0, 1))
        if not np.isfinite(largest).all():
            largest = np.where(np.isfinite(values), values, 0).max(axis=(0, 1))
        self._found[0, number] = largest

    def find_largest(self, images: int) -> Array:
        """Return the largest value (images, channels) after all blocks."""
        largest, pixels = self._found.reshape(2, images, -1, self._found.shape[2]).max(axis=2)
        return np.where(largest > FLAT * pixels, largest, np.inf)


class ScaledTask(formula.Task):
    """Compute formulas on a scale. peaks: the scale of each image and channel."""

    def __init__(
        self, tasks: Any, target: Array, block: Array, across: int, needed: tuple[bool, ...], peaks: Array
    ) -> None:
        super().__init__(tasks, target, block, across, needed)
        self._peaks = np.empty((len(peaks), block.shape[2], peaks.shape[1]))
        self._peaks[...] = peaks[:, None]  # a row of them: to broadcast few channels along a row takes longer

    def _evaluate(
        self, formula: formula.Formula, responses: list[Array], block: joined.Block, piece: tuple[slice, ...]
    ) -> Array:
        """Return the results of a formula for a piece of a block."""
        return formula(*responses, self._peaks[block.n][:responses[0].shape[2]])
