"""Edges of Canny's method: ridges of a gradient, marked block by block in one byte per pixel, and followed."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import for_each, run_task
from . import _tracing
from .gradient import Gradient, GradientBlocks, GradientTask, Kernels
from .request import ChannelwiseOptions

# As in tracing.pyx:
KEPT = 3  # the mark of an edge
SAFE = 1e-100, 1e100  # the largest gradient of a channel, if no square overflows or loses digits that matter
LARGE_ENOUGH, TOO_LARGE, TOO_SMALL = 1, 2, 4  # notes of a channel of a block; 0: it is flat
PATH = 2**16  # places of edges whose neighbors are still to be looked at


class EdgeMarking:
    """The marking of edges of blurred images.

    kernels, options: as in GradientBlocks. thresholds: the least gradient of an edge, and what it must reach somewhere.
    """

    def __init__(self, kernels: Kernels, thresholds: tuple[float, float], options: ChannelwiseOptions) -> None:
        self._kernels, self._thresholds, self._options = kernels, thresholds, options
        self._blocks: GradientBlocks | None = None

    def mark(self, source: Array, marks: Array, threads: int) -> None:
        """Mark edges as KEPT, and other pixels with smaller numbers.

        source, marks: arrays (images, rows, columns, channels), marks of bytes.
        """
        if not source.size:
            return
        for border in (marks[:, 0], marks[:, -1], marks[:, :, 0], marks[:, :, -1]):
            border[...] = 0
        if min(source.shape[1:3]) < 3:
            return
        blocks = self._find_blocks(source)
        _mark_ridges(source, marks, blocks, self._thresholds, threads)
        planes = [marks[n, :, :, c] for n in range(len(marks)) for c in range(marks.shape[3])]
        room = min(PATH, planes[0].size)
        for_each(lambda plane: _tracing.follow(plane, np.empty(room, np.intp)), planes, threads,
                 least=2 if planes[0].size >= PATH else len(planes) + 1)

    def _find_blocks(self, source: Array) -> GradientBlocks:
        """Return the blocks of arrays like this one. Those of the last one are kept."""
        blocks = self._blocks  # read once: other threads replace it
        if blocks is None or not blocks.fit(source):
            blocks = self._blocks = GradientBlocks(source.shape, source.dtype, self._kernels, self._options)
        return blocks


def _mark_ridges(
    source: Array, marks: Array, blocks: GradientBlocks, thresholds: tuple[float, float], threads: int
) -> None:
    """Mark the ridges of the gradient as weak or strong, and other pixels as 0."""

    def run(use: Callable[[Gradient], None]) -> None:
        run_task(GradientTask(source, blocks, use), threads if blocks.number > 1 else 1)

    def thin(gradient: Gradient) -> None:
        _tracing.thin(gradient.down, gradient.across, gradient.size, marks[gradient.n][gradient.pixels],
                      limits[gradient.n], sizes[gradient.block])

    images, *_, channels = source.shape
    limits = np.empty((images, channels, 2))
    limits[...] = thresholds
    sizes = np.empty((blocks.number, channels), np.uint8)
    run(thin)
    if sizes.max() <= LARGE_ENOUGH:  # nearly always
        return
    noted = np.bitwise_or.reduce(sizes.reshape(images, -1, channels), axis=1)
    unsafe = (noted >= TOO_LARGE) & (noted != LARGE_ENOUGH | TOO_SMALL)
    if not unsafe.any():
        return
    peaks = np.empty((blocks.number, channels))
    run(lambda gradient: _measure_parts(gradient, peaks[gradient.block]))
    exponents = _choose_exponents(peaks.reshape(images, -1, channels).max(axis=1), unsafe)
    if exponents.any():
        with np.errstate(over="ignore"):  # of thresholds far above the gradient
            limits = np.ldexp(limits, exponents[..., None])
        run(lambda gradient: thin(_scale(gradient, exponents[gradient.n])))


def _measure_parts(gradient: Gradient, peaks: Array) -> None:
    """Write the largest finite derivative of each channel of a block, without its sign."""
    peaks[...] = 0
    for part in (gradient.down, gradient.across):
        absolute = np.abs(part, out=gradient.size)
        absolute[~np.isfinite(absolute)] = 0
        np.maximum(peaks, absolute.max(axis=(0, 1)), out=peaks)


def _choose_exponents(peaks: Array, unsafe: Array) -> Array:
    """Return the powers of 2 that bring the gradients of channels with unsafe sizes and derivatives near 1, else 0."""
    return np.where(unsafe & ~((SAFE[0] < peaks) & (peaks < SAFE[1])), -np.frexp(peaks)[1], 0)


def _scale(gradient: Gradient, exponents: Array) -> Gradient:
    """Multiply a gradient by a power of 2 for each channel."""
    with np.errstate(over="ignore", under="ignore"):  # of channels that are not
        for part in (gradient.down, gradient.across):
            np.ldexp(part, exponents, out=part)
    return gradient
