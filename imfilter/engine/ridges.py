"""Edges of Canny's method: ridges of a gradient, marked block by block in one byte per pixel, and followed."""
from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import for_each, run_task
from . import _tracing
from .gradient import Gradient, GradientTask, Kernels
from .request import ChannelwiseOptions

KEPT = 3  # the mark of an edge, as in tracing.pyx
SAFE = 1e-100, 1e100  # gradients whose squares neither overflow nor vanish
PATH = 2**16  # places of edges whose neighbors are still to be looked at


def mark_edges(
    source: Array, marks: Array, kernels: Kernels, thresholds: tuple[float, float], options: ChannelwiseOptions,
    threads: int,
) -> None:
    """Mark edges of the blurred image as KEPT, and other pixels with smaller numbers.

    source, marks: arrays (images, rows, columns, channels), marks of bytes. kernels, options: as in GradientTask.
    thresholds: the least gradient of an edge, and what it must reach somewhere.
    """
    if not source.size:
        return
    marks[:, [0, -1]] = marks[:, :, [0, -1]] = 0
    if min(source.shape[1:3]) < 3:
        return

    def run(use: Callable[[Gradient], None]) -> None:
        task = GradientTask(source, kernels, options, use)
        run_task(task, threads if task.rows > 1 else 1)

    images, *_, channels = source.shape
    limits = np.full((images, channels, 2), thresholds)
    sizes, largest = _Peaks(images, channels), _Peaks(images, channels)

    def thin_and_measure(gradient: Gradient) -> None:
        _thin(gradient, marks, limits)
        sizes.add(gradient.n, gradient.size)

    run(thin_and_measure)
    if not _is_safe(sizes.peaks).all():  # nearly always they are
        run(lambda gradient: _measure_parts(gradient, largest))
        outside = ~_is_safe(sizes.peaks) & ~_is_safe(largest.peaks)
        exponents = np.where(outside, np.frexp(largest.peaks)[1], 0)
        with np.errstate(over="ignore"):  # of thresholds far above the gradient
            limits = np.ldexp(limits, -exponents[..., None])
        if exponents.any():
            run(lambda gradient: _thin(_scale(gradient, -exponents), marks, limits))
    planes = [marks[n, :, :, c] for n, c in np.ndindex(images, channels)]
    room = min(PATH, planes[0].size)
    for_each(lambda plane: _tracing.follow(plane, np.empty(room, np.intp)), planes, threads,
             least=2 if planes[0].size >= PATH else len(planes) + 1)


class _Peaks:
    """The largest number of each channel (images, channels), over blocks that several threads add."""

    def __init__(self, images: int, channels: int) -> None:
        self.peaks = np.zeros((images, channels))
        self._lock = threading.Lock()

    def add(self, n: int, numbers: Array) -> None:
        """Take account of numbers (rows, columns, channels) of image n, none of which is negative."""
        columns = numbers.reshape(len(numbers), -1).max(axis=0)
        peak = columns.reshape(-1, numbers.shape[-1]).max(axis=0)
        with self._lock:
            np.maximum(self.peaks[n], peak, out=self.peaks[n])


def _is_safe(peaks: Array) -> Array:
    return (SAFE[0] < peaks) & (peaks < SAFE[1])


def _thin(gradient: Gradient, marks: Array, limits: Array) -> None:
    """Mark the ridges of a block. limits: the thresholds of every channel (images, channels, 2)."""
    down, across, size = gradient.down, gradient.across, gradient.size
    np.multiply(down, down, out=size)
    np.multiply(across, across, out=gradient.spare)
    np.add(size, gradient.spare, out=size)
    np.sqrt(size, out=size)
    block = marks[gradient.n][gradient.pixels]
    for c, (low, high) in enumerate(limits[gradient.n]):
        _tracing.thin(down[..., c], across[..., c], size[..., c], block[..., c], low, high)


def _measure_parts(gradient: Gradient, largest: _Peaks) -> None:
    """Take account of the finite derivatives of a block."""
    for part in (gradient.down, gradient.across):
        absolute = np.abs(part, out=gradient.spare)
        absolute[~np.isfinite(absolute)] = 0
        largest.add(gradient.n, absolute)


def _scale(gradient: Gradient, exponents: Array) -> Gradient:
    """Multiply a gradient by a power of 2 for each channel (images, channels)."""
    for part in (gradient.down, gradient.across):
        np.ldexp(part, exponents[gradient.n], out=part)
    return gradient
