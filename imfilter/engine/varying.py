"""Blurs whose kernel varies from pixel to pixel, as a map says: each result is the mean that its own kernel gives.

A block gathers its pixels and those around it, beyond the border too, as many as its own part of the map needs; nothing
of the image's size is allocated but the result.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype, to_native
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError, check_pair
from ..runtime.threads import run_task, thread_count
from . import _normalized
from .block_task import BlockTask
from .borders import Border, parse_border, parse_cval, source_indices
from .checks import check_flag
from .computation import Pair
from .normalized import Weights
from .output import allocate_output, write_output
from .region import get_region
from .request import FilterOptions
from .varying_kernels import BlockKernels, MappedKernels

BLOCK = 64, 256  # rows and columns of the results of a block


class PreparedVarying:
    """A blur by a map, ready to be run on images of one shape and dtype. largest: the largest value of the map."""

    ready = None

    def __init__(
        self, opened: OpenedImage, kernels: MappedKernels, values: Array, largest: float, options: FilterOptions
    ) -> None:
        self._layout, self._dtype = opened.layout, result_dtype(opened.dtype, options.dtype)
        stride = check_pair("stride", options.stride, 1)
        border = parse_border("mode", options.mode)
        check_flag("exact", options.exact)  # the bits are the same on every processor anyway
        cval = parse_cval(options.cval, border, opened.dtype)
        size = self._layout.size(opened.pixels.shape)
        results = [-(-length // step) for length, step in zip(size, stride, strict=True)]
        self._shape = self._layout.shape(opened.pixels.shape, *results)
        region = get_region()
        first, whole = (region.first, region.whole.pixels) if region else ((0, 0), size)
        if values.shape != whole:
            raise ImfilterError(f"{kernels.name} must be a map of the image's size, {whole[0]} rows and {whole[1]} "
                                f"columns, got one of {values.shape[0]} and {values.shape[1]}")
        own = take_tile(values, (first[0] * stride[0], first[1] * stride[1]), size)
        real = kernels.real(opened.dtype, self._dtype, largest)
        self._reading = Reading(border, cval, stride, own, largest, kernels, real)

    def run(
        self, pixels: Array, out: Array | None, workers: int | None, weights: Weights | None = None
    ) -> Array:
        """Compute the result, in `out` if there is one. weights: of the pixels; None: all count."""
        threads, source = thread_count(workers), self._layout.images(to_native(pixels))
        result, target = allocate_output(pixels, self._shape, self._dtype, out, self._layout)
        for read in (self._reading.values, None if weights is None else weights.mask):
            if read is not None and np.may_share_memory(result, read):
                result, target = allocate_output(pixels, self._shape, self._dtype, None, self._layout)
        if result.size:
            task = Task(source, target, self._reading, weights)
            run_task(task, threads if task.rows > 1 else 1)
        return write_output(result, self._dtype, out)


def take_tile(values: Array, origin: Pair, size: Pair) -> Array:
    """Return the part of a map for an image that is a part of the whole: it may wrap around."""
    if not values.size:
        return np.zeros(size)  # one pixel that stands for an image without any
    for axis in (0, 1):
        first, length, whole = origin[axis], size[axis], values.shape[axis]
        if first >= 0 and first + length <= whole:
            values = values[(slice(None),) * axis + (slice(first, first + length),)]
        else:
            values = values.take(np.arange(first, first + length) % whole, axis)
    return values


class Reading(NamedTuple):
    """How results depend on pixels. values: the map of an image, and the largest; real: what sums are computed in."""

    border: Border
    cval: float
    stride: Pair
    values: Array
    largest: float
    kernels: MappedKernels
    real: np.dtype[Any]


class Block(NamedTuple):
    """A block: its image, its kernels, and the first row and column and the numbers of both, in pixels."""

    n: int
    kernels: BlockKernels
    top: int
    left: int
    height: int
    width: int


class Task(BlockTask):
    """A blur by a map of a stack of images."""

    def __init__(self, source: Array, target: Array, reading: Reading, weights: Weights | None) -> None:
        super().__init__(source, target)
        self._weights = weights
        self._reading = reading if weights is None else reading._replace(real=np.dtype(np.float64))
        self._cut(BLOCK)

    def _compute(self, n: int, row: int, column: int, rooms: None) -> None:
        results = self._target[n, row:row + BLOCK[0], column:column + BLOCK[1]]
        rows, columns, channels = results.shape
        down, across = self._reading.stride
        top, left = row * down, column * across
        height, width = (rows - 1) * down + 1, (columns - 1) * across + 1
        # A copy, within what was measured: nobody can change how far the loops read while they run.
        values = self._reading.values[top:top + height:down, left:left + width].astype(np.float64, order="C")
        np.fmax(np.fmin(values, self._reading.largest, out=values), 0, out=values)
        kernels = self._reading.kernels.open_block(values, down, self._reading.real)
        block = Block(n, kernels, top, left, height, width)
        computed, shares = np.empty((rows, columns, channels)), None
        for c in range(channels):
            if self._weights is not None and (shares is None or self._shares_differ):
                shares = self._add_up(block, c, self._take_shares)
            sums = self._add_up(block, c, self._take_pixels if self._weights is None else self._take_products)
            divisor = kernels.total if shares is None else shares
            if divisor is not None:
                sums = np.divide(sums, divisor, dtype=np.float64)
            computed[:, :, c] = sums[:, ::across]
        _normalized.store(computed, results)

    @property
    def _shares_differ(self) -> bool:
        """Whether the weights of each channel must be added up for themselves."""
        assert self._weights is not None
        return self._weights.mask is None or self._weights.mask.shape[3] > 1

    def _add_up(self, block: Block, c: int, take: Any) -> Array:
        """Return the sums of samples that `take` returns, over the kernel of each result."""
        margin = block.kernels.margin
        sums = np.zeros((-(-block.height // self._reading.stride[0]), block.width), self._reading.real)
        for first, count in block.kernels.pieces(block.height):
            down = source_indices(self._reading.border, self._source.shape[1], block.top + first, 1, count)
            across = source_indices(
                self._reading.border, self._source.shape[2], block.left - margin, 1, block.width + 2 * margin)
            block.kernels.add(take(block.n, c, down, across), first, sums)
        return sums

    def _take_pixels(self, n: int, c: int, down: Places, across: Places) -> Array:
        return take_samples(self._source[n, :, :, c], down, across, self._reading.cval, self._reading.real)

    def _take_shares(self, n: int, c: int, down: Places, across: Places) -> Array:
        assert self._weights is not None
        mask = self._weights.mask
        if mask is None:
            present = (~np.isnan(self._take_pixels(n, c, down, across))).astype(self._reading.real)
            return fill_outside(present, down, across, self._weights.fill_weight)
        plane = mask[min(n, len(mask) - 1), :, :, min(c, mask.shape[3] - 1)]
        return take_samples(plane, down, across, self._weights.fill_weight, self._reading.real)

    def _take_products(self, n: int, c: int, down: Places, across: Places) -> Array:
        pixels, shares = self._take_pixels(n, c, down, across), self._take_shares(n, c, down, across)
        return np.where(shares != 0, pixels * shares, 0)


Places = tuple[Any, Array | None]  # indices along an axis, and which of them are the constant outside


def take_samples(pixels: Array, down: Places, across: Places, fill: float, real: np.dtype[Any]) -> Array:
    """Return samples of a plane as floats in rows without gaps."""
    rows, columns = down[0], across[0]
    both = not isinstance(rows, slice) and not isinstance(columns, slice)
    taken = np.array(pixels[rows[:, None] if both else rows, columns], real, order="C")
    return fill_outside(taken, down, across, fill)


def fill_outside(taken: Array, down: Places, across: Places, fill: float) -> Array:
    """Set the samples outside an image to a constant, where the border is one."""
    for beyond, samples in ((down[1], taken), (across[1], taken.T)):
        if beyond is not None:
            samples[beyond] = fill
    return taken
