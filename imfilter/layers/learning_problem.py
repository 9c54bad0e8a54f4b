"""The least-squares problem of learning a kernel: which samples its taps read, and how much each sample counts."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..convolution import conv2d, correlate
from ..filters.blur import box
from ..filters.edges import laplace
from .pattern import Pattern

CLIPPING_MARGIN = 2.0  # residuals between an expected value and the end of the range
DETAIL_SIZE = 9  # pixels, about the size of JPEG's blocks


class KnownKernel(NamedTuple):
    """The kernel learned so far, its bias, and the root mean square of what it does not explain."""

    kernel: Array
    bias: Any
    residual: float


class Problem(NamedTuple):
    """The images as planes (planes, H, W), and the samples that each tap reads.

    step: distance in samples between neighboring taps of a row. taps: (taps, 3), the plane, row and column each one
    reads. shape: of the kernel.
    """

    before: Array
    after: Array
    step: int
    taps: Array
    shape: tuple[int, int]

    @property
    def rows(self) -> int:
        """Number of rows of results."""
        return int(self.before.shape[1]) - self.shape[0] + 1

    @property
    def columns(self) -> int:
        """Number of results in a row."""
        return int(self.before.shape[2]) - (self.shape[1] - 1) * self.step


def assemble_problem(first: Array, second: Array, pattern: Pattern) -> Problem:
    """Return the problem of learning a pattern from two images (H, W, C).

    One kernel for all channels is learned as that of a single channel whose rows are the interleaved samples.
    """
    height, _, channels = first.shape
    if pattern.labels.ndim == 4:
        before, after, step = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0), 1
    else:
        before, after, step = first.reshape(1, height, -1), second.reshape(1, height, -1), channels
    return Problem(before, after, step, find_taps(pattern), (pattern.shape[-2], pattern.shape[-1]))


def find_taps(pattern: Pattern) -> Array:
    """Return the taps that a pattern does not fix at 0 for all outputs: (taps, 3), plane, row and column."""
    return np.argwhere((_by_output(pattern.index) >= 0).any(0))


def tie_taps(pattern: Pattern, taps: Array) -> Array:
    """Return the factor of each parameter at each tap: (outputs, taps + 1, parameters), with a row for the bias.

    The biases of the outputs are the last parameters.
    """
    index, signs = _by_output(pattern.index), _by_output(pattern.signs)
    outputs = len(index)
    matrix = np.zeros((outputs, len(taps) + 1, pattern.free + outputs))
    for c in range(outputs):
        for t, tap in enumerate(taps):
            if index[c, *tap] >= 0:
                matrix[c, t, index[c, *tap]] = signs[c, *tap]
        matrix[c, -1, pattern.free + c] = 1
    return matrix


def _by_output(values: Array) -> Array:
    """Return what a pattern has at each weight as (outputs, planes, kh, kw)."""
    return values if values.ndim == 4 else values[None, None]


def may_be_clipped(dtype: np.dtype[Any]) -> bool:
    """Return whether samples at the ends of the range may have been beyond it. Booleans are all at its ends."""
    return dtype.kind in "iu"


def weight_samples(results: Array, problem: Problem, known: KnownKernel | None, reads: Array) -> Array:
    """Return the weights of results, 0 for those that may have been clipped.

    Where the kernel learned so far leaves more than rounding, the results are noisy, like those of JPEG. The values it
    predicts then show better than the noisy ones which samples were clipped. For one kernel shared by all channels,
    detail counts more, because JPEG drops fine differences in flat areas. Between channels it does not: JPEG keeps
    colors best in flat areas.
    """
    if not may_be_clipped(results.dtype):
        return np.ones(results.shape)
    limits = np.iinfo(results.dtype)
    if known is None:
        return ((results > limits.min) & (results < limits.max)).astype(np.float64)
    margin = CLIPPING_MARGIN * known.residual
    expected = _predict_results(problem, known, reads)
    inside = (expected > limits.min + margin) & (expected < limits.max - margin)
    weights: Array = inside * (1.0 if known.kernel.ndim == 4 else _measure_detail(problem, reads))
    return weights


def _measure_detail(problem: Problem, reads: Array) -> Array:
    """Return the squared mean absolute Laplacian around each result."""
    pixels = reads.reshape(reads.shape[1], -1, problem.step)
    detail = box(np.abs(laplace(pixels, dtype=np.float32, workers=1)), DETAIL_SIZE, workers=1)
    (down, across), (high, wide) = problem.shape, detail.shape[:2]
    detail = detail[down // 2:down // 2 + high - down + 1, across // 2:across // 2 + wide - across + 1]
    squared: Array = detail.reshape(1, len(detail), -1).astype(np.float64)**2
    return squared


def _predict_results(problem: Problem, known: KnownKernel, reads: Array) -> Array:
    """Return the results of the kernel learned so far, as planes."""
    if known.kernel.ndim == 4:
        planes = conv2d(reads, known.kernel, known.bias, channel_axis=0, dtype=np.float32, workers=1)
    else:
        pixels = reads.reshape(reads.shape[1], -1, problem.step)
        planes = correlate(pixels, known.kernel, padding="valid", dtype=np.float32, workers=1) + known.bias
        planes = planes.reshape(1, len(planes), -1)
    return np.asarray(planes)
