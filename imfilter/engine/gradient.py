"""The gradient of a blurred image, block by block in double: nothing of the image's size is kept of either."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.layout import LAST_CHANNEL
from ..arrays.opened import OpenedImage, array_like
from .channelwise import KernelSet, prepare
from .request import ChannelwiseOptions

BLOCK = 2**15  # samples of a block, about: four arrays of doubles stay in the second-level cache
LEAST_ROWS = 32  # of a block, which reads as many additional rows as the blur is high
LEAST_COLUMNS = 64  # of a block: shorter rows take other loops, which may round differently
Kernels = tuple[KernelSet, KernelSet, KernelSet]  # of the blur, and of the gradient down and across


class Gradient(NamedTuple):
    """The gradient of a block's pixels and of their neighbors, in arrays (rows, columns, channels) of doubles.

    n: the block's image. pixels: its rows and columns. size, spare: room for as many numbers.
    """

    n: int
    pixels: tuple[slice, slice]
    down: Array
    across: Array
    size: Array
    spare: Array


class GradientTask:
    """The gradient of a blurred stack of images, ready to be computed block by block on any number of threads.

    source: an array (images, rows, columns, channels) of at least 3 x 3 pixels, all of which but the outermost ones are
    in a block. kernels: of the blur, and of the gradient down and across. options: of the blur. use: called with the
    gradient of each block.
    """

    align = 1

    def __init__(
        self, source: Array, kernels: Kernels, options: ChannelwiseOptions,
        use: Callable[[Gradient], None],
    ) -> None:
        self._source, self._use, self._stopped = source, use, False
        number, height, width, channels = source.shape
        rows = min(max(LEAST_ROWS, BLOCK // (width * channels)), height - 2)
        self._counts = -(-(height - 2) // rows), max(min(rows * width * channels // BLOCK, width // LEAST_COLUMNS), 1)
        self._shape = -(-(height - 2) // self._counts[0]), -(-(width - 2) // self._counts[1]), channels
        self.rows = number * math.prod(self._counts)
        self._blur = prepare(OpenedImage(source, source, LAST_CHANNEL[4]), kernels[0], options)
        block = array_like(self._grow(2), np.dtype(np.float64))
        within = options._replace(padding=0, mode="reflect", cval=0.0)
        self._gradient = [prepare(OpenedImage(block, block, LAST_CHANNEL[4]), one, within) for one in kernels[1:]]

    def _grow(self, margin: int) -> tuple[int, int, int, int]:
        """Return the shape of a block and a margin around it."""
        height, width, channels = self._shape
        return 1, height + 2 * margin, width + 2 * margin, channels

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        smooth, size = np.zeros(self._grow(2)), np.empty(self._grow(1))
        blur = self._blur._make_task(self._source, smooth)
        gradient = [np.empty_like(size) for _ in self._gradient]
        tasks = [one._make_task(smooth, target) for one, target in zip(self._gradient, gradient, strict=True)]
        spare = smooth.reshape(-1)[:size.size].reshape(size.shape)
        for number in range(first, last):
            if self._stopped:
                return
            n, top, left, height, width = self._find_block(number)
            inner, y, x = self._cut(smooth[:, :height + 4, :width + 4], top, left)
            blur.part(n, y, x, inner).run(0, inner.shape[1], caller)
            self._reflect(smooth[0, :height + 4, :width + 4], top, left)
            own = np.s_[:, :height + 2, :width + 2]
            for task, target in zip(tasks, gradient, strict=True):
                task.part(0, 0, 0, target[own]).run(0, height + 2, caller)
            pixels = slice(top, top + height), slice(left, left + width)
            with np.errstate(over="ignore", invalid="ignore"):
                self._use(Gradient(n, pixels, *(part[own][0] for part in (*gradient, size, spare))))

    def _find_block(self, number: int) -> tuple[int, int, int, int, int]:
        """Return the image of a block, its first row and column, and how many it has."""
        number, across = divmod(number, self._counts[1])
        n, down = divmod(number, self._counts[0])
        (top, end), (left, right) = (
            (1 + k * (size - 2) // count, 1 + (k + 1) * (size - 2) // count)
            for k, size, count in zip((down, across), self._source.shape[1:3], self._counts, strict=True))
        return n, top, left, end - top, right - left

    def _cut(self, smooth: Array, top: int, left: int) -> tuple[Array, int, int]:
        """Return the part of a block with its margin of two that lies in the image, and its first row and column."""
        y, x = max(top - 2, 0), max(left - 2, 0)
        end, right = (min(start + length - 2, size) for start, length, size in zip(
            (top, left), smooth.shape[1:3], self._source.shape[1:3], strict=True))
        return smooth[:, y - top + 2:end - top + 2, x - left + 2:right - left + 2], y, x

    def _reflect(self, smooth: Array, top: int, left: int) -> None:
        """Fill in the row or column beyond each edge of the image that a block lies at."""
        if top == 1:
            smooth[0] = smooth[1]
        if top + len(smooth) - 3 == self._source.shape[1]:
            smooth[-1] = smooth[-2]
        if left == 1:
            smooth[:, 0] = smooth[:, 1]
        if left + smooth.shape[1] - 3 == self._source.shape[2]:
            smooth[:, -1] = smooth[:, -2]
