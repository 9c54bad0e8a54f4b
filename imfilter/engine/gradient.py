"""The gradient of a blurred image, block by block in double: nothing of the image's size is kept of either."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.layout import LAST_CHANNEL
from ..arrays.opened import OpenedImage, array_like
from .channelwise import KernelSet, PreparedConvolution, prepare
from .request import ChannelwiseOptions

BLOCK = 2**15  # samples of a block, about: four arrays of doubles stay in the second-level cache
LEAST_ROWS = 32  # of a block, which reads as many additional rows as the blur is high
LEAST_COLUMNS = 64  # of a block: shorter rows take other loops, which may round differently
# The blur is computed for a block and as many columns beside it as it is wide: where these are many, a block and its
# margin are as wide as the blur, and lower, because the loops keep more rows of their own.
BROAD = 128  # columns of a blur
TILE = 256  # columns of such a block and its margin, at least
WIDEST = 1024  # and at most
LOWEST = 8  # rows of such a block, at least
BROAD_BLOCK = 24_576  # samples of such a block, about
Kernels = tuple[KernelSet, KernelSet, KernelSet]  # of the blur, and of the gradient down and across


class Gradient(NamedTuple):
    """The gradient of a block's pixels and of their neighbors, in arrays (rows, columns, channels) of doubles.

    block: its number. n: its image. pixels: its rows and columns. size: room for as many numbers.
    """

    block: int
    n: int
    pixels: tuple[slice, slice]
    down: Array
    across: Array
    size: Array


class GradientBlocks:
    """How the gradient of blurred images is computed block by block. All pixels but the outermost are in a block.

    shape, dtype: of the images (images, rows, columns, channels), which have at least 3 x 3 pixels. kernels: of the
    blur, and of the gradient down and across. options: of the blur. number: of blocks.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], kernels: Kernels, options: ChannelwiseOptions
    ) -> None:
        self._shape, self._dtype = shape, dtype
        images, height, width, channels = shape
        self._counts = _count_blocks(height - 2, width - 2, channels, kernels[0].shape[1])
        self._largest = -(-(height - 2) // self._counts[0]), -(-(width - 2) // self._counts[1]), channels
        self.number = images * math.prod(self._counts)
        blur, *derivatives = kernels
        within = options._replace(padding=0, mode="reflect", cval=0.0)
        self._blur = _prepare(shape, dtype, blur, options)
        self._derivatives = [_prepare((1, *self.room(2)), np.dtype(np.float64), one, within) for one in derivatives]

    def fit(self, source: Array) -> bool:
        """Return whether these are the blocks of an array like this one."""
        return (source.shape, source.dtype) == (self._shape, self._dtype)

    def room(self, margin: int) -> tuple[int, int, int]:
        """Return the shape of the largest block and a margin around it."""
        height, width, channels = self._largest
        return height + 2 * margin, width + 2 * margin, channels

    def find(self, block: int) -> tuple[int, slice, slice]:
        """Return the image, the rows and the columns of a block."""
        block, across = divmod(block, self._counts[1])
        n, down = divmod(block, self._counts[0])
        rows, columns = (
            slice(1 + k * (size - 2) // count, 1 + (k + 1) * (size - 2) // count)
            for k, size, count in zip((down, across), self._shape[1:3], self._counts, strict=True))
        return n, rows, columns

    def make_tasks(self, source: Array, smooth: Array, gradient: Array) -> tuple[Any, list[Any]]:
        """Return the work of the blur from source to smooth, and of both derivatives from there to gradient."""
        return self._blur._make_task(source, smooth), [
            one._make_task(smooth, target) for one, target in zip(self._derivatives, gradient, strict=True)]


def _count_blocks(height: int, width: int, channels: int, span: int) -> tuple[int, int]:
    """Return how many blocks there are down and across. span: how many columns the blur reads for one."""
    columns = min(max(TILE, min(span, WIDEST)) - 4, width) if span > BROAD else width
    least, samples = (LOWEST, BROAD_BLOCK) if span > BROAD else (LEAST_ROWS, BLOCK)
    rows = min(max(least, samples // (columns * channels)), height)
    across = -(-width // columns)
    if columns == width:
        across = max(min(rows * width * channels // BLOCK, width // LEAST_COLUMNS), 1)
    return -(-height // rows), across


def _prepare(
    shape: tuple[int, ...], dtype: np.dtype[Any], kernels: KernelSet, options: ChannelwiseOptions
) -> PreparedConvolution:
    like = array_like(shape, dtype)
    return prepare(OpenedImage(like, like, LAST_CHANNEL[4]), kernels, options)


class GradientTask:
    """The gradient of blurred images, ready to be computed on any number of threads.

    source: an array that fits the blocks. use: called with the gradient of each block.
    """

    align = 1

    def __init__(self, source: Array, blocks: GradientBlocks, use: Callable[[Gradient], None]) -> None:
        self._source, self._blocks, self._use, self._stopped = source, blocks, use, False
        self.rows = blocks.number

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        blocks = self._blocks
        smooth, room = np.zeros((1, *blocks.room(2))), np.empty((3, 1, *blocks.room(1)))
        blur, derivatives = blocks.make_tasks(self._source, smooth, room[:2])
        for block in range(first, last):
            if self._stopped:
                return
            n, rows, columns = blocks.find(block)
            height, width = rows.stop - rows.start, columns.stop - columns.start
            self._blur(blur, smooth[:, :height + 4, :width + 4], n, rows, columns, caller)
            down, across, own = (part[:, :height + 2, :width + 2] for part in room)
            for task, target in zip(derivatives, (down, across), strict=True):
                task.part(0, 0, 0, target).run(0, height + 2, caller)
            self._use(Gradient(block, n, (rows, columns), down[0], across[0], own[0]))

    def _blur(self, task: Any, smooth: Array, n: int, rows: slice, columns: slice, caller: bool) -> None:
        """Blur a block and a margin of two pixels, which are repeated beyond the edge of the image."""
        top, left = int(rows.start == 1), int(columns.start == 1)
        bottom, right = (
            length - (along.stop == size - 1)
            for length, along, size in zip(smooth.shape[1:3], (rows, columns), self._source.shape[1:3], strict=True))
        task.part(n, rows.start - 2 + top, columns.start - 2 + left, smooth[:, top:bottom, left:right]).run(
            0, bottom - top, caller)
        if top:
            smooth[:, 0] = smooth[:, 1]
        if bottom < smooth.shape[1]:
            smooth[:, -1] = smooth[:, -2]
        if left:
            smooth[:, :, 0] = smooth[:, :, 1]
        if right < smooth.shape[2]:
            smooth[:, :, -1] = smooth[:, :, -2]
