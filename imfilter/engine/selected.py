"""Correlation with one of several kernels at each pixel, as a map of their numbers says.

A block of results goes through the loops once for each kernel that occurs in it, so the bits are those of the kernel
used alone. Kernels that are transformed or computed on a coarse grid, and masks, take a response of the image's size.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dispatch import is_lazy
from ..arrays.dtypes import Array
from ..arrays.layout import iterate_strips
from ..arrays.opened import open_image
from ..arrays.same_kind import keep_kind
from ..errors import DtypeError, ImfilterError
from ..runtime.threads import run_task, thread_count
from . import _core
from .channelwise import PreparedConvolution, filter_channelwise, prepare
from .checks import check_kernel
from .grid import window_grid
from .joined import make_block
from .kernel_set import KernelSet
from .output import check_out, write_output
from .request import ChannelwiseOptions


@keep_kind(channelwise=True, find_grid=lambda shape, bank, options, flip, channel_axis, **others: window_grid(
    np.shape(bank)[-2:], options, flip, channel_axis))
def filter_selected(
    image: Any, bank: Any, select: Any, options: ChannelwiseOptions, *, flip: bool, channel_axis: int | None, mask: Any,
    out: Array | None, workers: int | None,
) -> Any:
    """Correlate every pixel with one kernel of a bank (n, kh, kw), or with flip convolve it."""
    if is_lazy(image):
        raise ImfilterError(f"select must be None for a dask array, got {type(select).__name__}: filter its chunks")
    weights = check_kernel(bank, "kernel", 3)
    numbers = check_numbers(select, len(weights))
    opened = open_image(image, channel_axis)
    kernels = [KernelSet.from_kernel(one, flip=flip) for one in weights]
    members: list[Any] = [prepare(opened, one, options) for one in kernels]
    size = opened.layout.size(members[0].shape)
    if numbers.shape != size:
        raise ImfilterError(f"select must have the result's size, {size[0]} rows and {size[1]} columns, got the shape "
                            f"{numbers.shape}")
    if mask is None and all(member.plan.method not in ("fft", "multirate") for member in members):
        result = _run_blocks(members, weights.shape[1], numbers, opened.pixels, out, workers)
    else:
        if out is not None:
            check_out(out, members[0].shape, members[0].dtype)
        result = np.zeros(members[0].shape, members[0].dtype)
        for number in list_used(numbers):
            response = filter_channelwise(
                opened.pixels, kernels[number], options, channel_axis=channel_axis, mask=mask, workers=workers)
            np.copyto(result, response, where=_spread(numbers == number, opened.layout, result.ndim))
        result = write_output(result, members[0].dtype, out)
    return opened.convert_back(result)


def check_numbers(select: Any, kernels: int) -> Array:
    """Return the numbers (H', W') of kernels, checked."""
    numbers = as_array(select, "select")
    if numbers.dtype.kind not in "biu":
        raise DtypeError(f"select must be an array of integers, got dtype {numbers.dtype}")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= kernels):
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise ImfilterError(f"select must hold numbers of kernels, from 0 to {kernels - 1}, got {wrong} in it")
    return numbers


def list_used(numbers: Array) -> list[int]:
    """Return which numbers occur, in order."""
    counts = np.zeros(0, bool)
    for strip in iterate_strips(numbers.shape):
        found = np.bincount(numbers[strip].astype(np.intp).ravel(), minlength=len(counts)) > 0
        found[:len(counts)] |= counts
        counts = found
    return [int(number) for number in np.flatnonzero(counts)]


def _spread(chosen: Array, layout: Any, axes: int) -> Array:
    """Return a plane of booleans with an axis of 1 for each other axis of a result."""
    return np.expand_dims(chosen, [axis for axis in range(axes) if axis not in layout.spatial])


def _run_blocks(
    members: list[PreparedConvolution], tall: int, numbers: Array, pixels: Array, out: Array | None,
    workers: int | None,
) -> Array:
    """Compute the result block by block, in `out` if there is one. tall: rows of a kernel."""
    if out is not None and np.may_share_memory(out, numbers):
        numbers = numbers.copy()
    threads = thread_count(workers)
    source, result, target = members[0]._open_arrays(pixels, out)
    if result.size:
        block, across = make_block(target.shape, tall, target.dtype, 2)
        if across > 1 and any(member.plan.solid is not None for member in members):  # computed in whole rows
            block, across = np.empty((1, block.shape[1], *target.shape[2:]), block.dtype), 1
        task = Task(members, numbers, Arrays(source, target, block), across)
        run_task(task, threads if task.rows > 1 else 1)
    return write_output(result, members[0].dtype, out)


class Arrays(NamedTuple):
    """Arrays (images, rows, columns, channels). block: as large as the largest block of results."""

    source: Array
    target: Array
    block: Array


class Task:
    """A correlation with several kernels, ready to be computed block by block on any number of threads.

    numbers: of the kernel of each result. across: how many blocks lie side by side.
    """

    align = 1

    def __init__(self, members: list[PreparedConvolution], numbers: Array, arrays: Arrays, across: int) -> None:
        self._tasks: dict[int, _core.Task] = {
            number: members[number]._make_task(arrays.source, arrays.block) for number in list_used(numbers)}
        self._numbers, self._target, self._block, self._across = numbers, arrays.target, arrays.block, across
        self._down, self._stopped = -(-arrays.target.shape[1] // arrays.block.shape[1]), False
        self.rows = len(arrays.target) * self._down * across

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        room = np.empty_like(self._block)
        width, height = self._target.shape[2], self._block.shape[1]
        for number in range(first, last):
            number, side = divmod(number, self._across)
            n, down = divmod(number, self._down)
            left, right = side * width // self._across, (side + 1) * width // self._across
            rows = np.s_[down * height:(down + 1) * height, left:right]
            for kernel in list_used(self._numbers[rows]):
                if self._stopped:
                    return
                self._add_kernel(kernel, n, (down * height, left), self._numbers[rows] == kernel, room, caller)

    def _add_kernel(
        self, kernel: int, n: int, corner: tuple[int, int], chosen: Array, room: Array, caller: bool
    ) -> None:
        """Compute the rows of a block in which a kernel occurs, and keep its own results."""
        top, left = corner
        first, last = np.flatnonzero(chosen.any(1))[[0, -1]]
        wanted = self._target[n:n + 1, top + first:top + last + 1, left:left + chosen.shape[1]]
        alone = bool(chosen[first:last + 1].all())
        response = wanted if alone else room[:, :wanted.shape[1], :wanted.shape[2]]
        self._tasks[kernel].part(n, int(top + first), left, response).run(0, response.shape[1], caller)
        if not alone:
            np.copyto(wanted, response, where=chosen[None, first:last + 1, :, None])
