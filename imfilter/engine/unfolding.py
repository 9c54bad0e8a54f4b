"""The windows of an image as a matrix, and the image that the sum of such windows is."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array, result_dtype, supported_dtype, to_native, working_dtype
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError, check_integer, check_pair
from ..runtime.threads import for_each, thread_count
from .borders import Margins, bank_margins
from .computation import Pair
from .output import check_fits_memory, check_out, write_output
from .request import result_size


class WindowGrid(NamedTuple):
    """Where windows lie on an image: their size, how far apart they and their samples are, what is added around.

    image: rows and columns of the image. counts: windows down and across.
    """

    image: Pair
    size: Pair
    stride: Pair
    dilation: Pair
    margins: Margins
    counts: Pair

    def padded_shape(self, images: int, channels: int) -> tuple[int, ...]:
        """Return the shape (images, rows, columns, channels) of images with what is added around them."""
        height, width = (pixels + sum(margin) for pixels, margin in zip(self.image, self.margins, strict=True))
        return images, height, width, channels

    def inner(self) -> tuple[slice, ...]:
        """Return where the image lies within what is added around it."""
        rows, columns = (
            slice(margin[0], margin[0] + pixels) for pixels, margin in zip(self.image, self.margins, strict=True))
        return slice(None), rows, columns

    def taps(self) -> list[Pair]:
        """Return the row and the column of each sample of a window."""
        return [(i, j) for i in range(self.size[0]) for j in range(self.size[1])]

    def places(self, tap: Pair) -> tuple[slice, ...]:
        """Return which rows and columns of padded images hold this sample of all windows."""
        rows, columns = (
            slice(i * gap, i * gap + (count - 1) * step + 1, step)
            for i, gap, count, step in zip(tap, self.dilation, self.counts, self.stride, strict=True))
        return slice(None), rows, columns

    def split_columns(self, matrix: Array, channels: int, planar: bool) -> Array:
        """Return a view (images, rows, columns, channels, kh, kw) of windows (images, windows, samples), contiguous.

        planar: the last two axes are exchanged.
        """
        images = math.prod(matrix.shape[:-2])
        if not planar:
            return matrix.reshape(images, *self.counts, channels, *self.size)
        return matrix.reshape(images, channels, *self.size, *self.counts).transpose(0, 4, 5, 1, 2, 3)


def make_grid(image: Pair, size: Any, dilation: Any, padding: Any, stride: Any) -> WindowGrid:
    """Return the windows on an image of so many rows and columns, all arguments checked."""
    taps, step, gap = check_pair("size", size, 1), check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
    margins = bank_margins(padding, taps, gap, image, step)
    return WindowGrid(image, taps, step, gap, margins, result_size(image, taps, margins, step, gap))


def unfold_image(opened: OpenedImage, grid: WindowGrid, dtype: Any, out: Array | None, workers: int | None) -> Array:
    """Return the windows of an image, (images, windows, samples) or planar."""
    layout, wanted, threads = opened.layout, result_dtype(opened.dtype, dtype), thread_count(workers)
    source = layout.images(opened.pixels)
    images, *_, channels = source.shape
    matrix = math.prod(grid.counts), channels * math.prod(grid.size)
    shape: tuple[int, ...] = matrix[::-1] if layout.planar else matrix
    if layout.ndim - (layout.channel_axis is not None) == 3:
        shape = (images, *shape)
    check_fits_memory(shape)
    if out is not None:
        check_out(out, shape, wanted)
    result = np.empty(shape, opened.dtype)
    if result.size:
        padded = source
        if grid.margins != ((0, 0), (0, 0)):
            padded = np.zeros(grid.padded_shape(images, channels), source.dtype)
            padded[grid.inner()] = source
        windows = grid.split_columns(result, channels, layout.planar)

        def copy(tap: Pair) -> None:
            windows[..., tap[0], tap[1]] = padded[grid.places(tap)]

        for_each(copy, grid.taps(), threads)
    return write_output(result, wanted, out)


def fold_columns(
    columns: Any, output_size: Any, size: Any, options: tuple[Any, Any, Any], *, channel_axis: int | None, dtype: Any,
    out: Array | None, workers: int | None,
) -> Array:
    """Return the image that the sum of windows is. options: dilation, padding and stride, as given."""
    threads = thread_count(workers)
    matrix = as_array(columns, "columns")
    image = check_pair("output_size", output_size, 1)
    grid = make_grid(image, size, *options)
    kind = supported_dtype(matrix.dtype, "columns")
    wanted = result_dtype(kind, dtype)
    planar = _is_planar(matrix, channel_axis)
    channels = _count_channels(matrix, grid, planar)
    shape: tuple[int, ...] = (channels, *image) if planar else (*image, channels)
    if channel_axis is None:
        if channels != 1:
            raise ImfilterError(f"channel_axis may be None for columns of one channel, got {channels} channels")
        shape = image
    shape = (*matrix.shape[:-2], *shape)
    check_fits_memory(shape)
    if out is not None:
        check_out(out, shape, wanted)
    floats = np.dtype(np.float64) if kind.kind != "f" else working_dtype(kind, wanted)
    windows = grid.split_columns(np.ascontiguousarray(to_native(matrix)), channels, planar)
    inner = _sum_windows(windows, grid, floats, planar, threads)[grid.inner()]
    result = np.moveaxis(inner, -1, 1) if planar else inner
    return write_output(np.ascontiguousarray(result).reshape(shape), wanted, out)


def _sum_windows(windows: Array, grid: WindowGrid, floats: np.dtype[Any], planar: bool, threads: int) -> Array:
    """Return the sums (images, rows, columns, channels) of windows, with what is added around the image.

    planar: channels come before rows in memory, as in the windows, so that NumPy's inner loops go along rows.
    """
    images, height, width, channels = grid.padded_shape(len(windows), windows.shape[3])
    sums = np.zeros((images, channels, height, width) if planar else (images, height, width, channels), floats)
    sums = np.moveaxis(sums, 1, -1) if planar else sums

    def add(part: slice) -> None:
        for tap in grid.taps():
            own = sums[grid.places(tap)][..., part]
            own += windows[..., part, tap[0], tap[1]]

    cuts = [c * channels // threads for c in range(threads + 1)]
    for_each(add, list(map(slice, cuts[:-1], cuts[1:])), threads, 2)
    return sums


def _is_planar(matrix: Array, channel_axis: int | None) -> bool:
    """Return whether the samples of a window come before the windows."""
    if matrix.ndim not in (2, 3):
        raise ImfilterError(f"columns must have the shape (L, C kh kw) or (N, L, C kh kw), got {matrix.shape}")
    if channel_axis is None:
        return False
    axis = check_integer("channel_axis", channel_axis, -3)
    if axis in (-1, matrix.ndim - 1, matrix.ndim):
        return False
    if axis in (-3, matrix.ndim - 2):
        return True
    raise ImfilterError(
        f"channel_axis must be -1 for columns (..., L, C kh kw) or {matrix.ndim - 2} for (..., C kh kw, L), got {axis}")


def _count_channels(matrix: Array, grid: WindowGrid, planar: bool) -> int:
    """Return the channels of a matrix, whose axes must fit the windows of the image."""
    windows, samples = matrix.shape[:-3:-1] if planar else matrix.shape[-2:]
    counted, taps = math.prod(grid.counts), math.prod(grid.size)
    if windows != counted:
        raise ImfilterError(
            f"columns must hold {counted} windows, {grid.counts[0]} x {grid.counts[1]}, got {windows} in the shape "
            f"{matrix.shape}")
    if samples % taps:
        raise ImfilterError(
            f"columns must hold a multiple of {grid.size[0]} x {grid.size[1]} samples for each window, got {samples} "
            f"in the shape {matrix.shape}")
    return int(samples // taps)
