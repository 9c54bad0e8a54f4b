"""ArrayLayout: which axes of an array are images, rows, columns and channels."""
from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..errors import ImfilterError, check_integer
from .dtypes import Array

STRIP = 2**16  # samples of a strip that stays in the cache over several passes


class ArrayLayout(NamedTuple):
    """Where the rows, columns and channels of an array are."""

    ndim: int
    channel_axis: int | None  # counted from the front; None: no channels

    def images(self, array: Array) -> Array:
        """Return a view (images, rows, columns, channels) of an array laid out like this."""
        if self.channel_axis is None:
            array = array[..., None]
        elif self.channel_axis != array.ndim - 1:
            array = np.moveaxis(array, self.channel_axis, -1)
        return array if array.ndim == 4 else array[None]

    def planes(self, array: Array) -> Array | None:
        """Return a view with every channel as a separate image, or None if no view can."""
        planes = np.moveaxis(array, self.channel_axis or 0, -3)[..., None]
        if planes.ndim == 4:
            return planes
        many, channels = planes.shape[:2]
        merges = many == 1 or channels == 1 or planes.strides[0] == planes.strides[1] * channels
        return planes.reshape(-1, *planes.shape[2:]) if merges and array.size else None

    @property
    def taken(self) -> str:
        """Which axis was taken for the channels, for messages."""
        axis = self.channel_axis
        return "it has no channel axis" if axis is None else f"axis {axis} was taken for the channels"

    @property
    def channels_last(self) -> bool:
        """Whether the axes are (rows, columns), (rows, columns, channels) or (images, rows, columns, channels)."""
        return self.ndim == 2 or self.channel_axis == self.ndim - 1

    @property
    def planar(self) -> bool:
        """Whether the channels do not come last."""
        return self.channel_axis not in (None, self.ndim - 1)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return a new array of the shape whose channels come last in memory."""
        return self._allocate(shape, dtype, self.ndim - 1)

    def empty_planes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return a new array of the shape whose channels come before its rows in memory."""
        return self._allocate(shape, dtype, self.ndim - 3)

    def _allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any], place: int) -> Array:
        if self.channel_axis in (None, place):
            return np.empty(shape, dtype)
        sizes = list(shape)
        sizes.insert(place, sizes.pop(self.channel_axis))
        return np.moveaxis(np.empty(sizes, dtype), place, self.channel_axis)

    @property
    def spatial(self) -> tuple[int, int]:
        """The axes of the rows and the columns."""
        rows, columns = [axis for axis in range(self.ndim) if axis != self.channel_axis][-2:]
        return rows, columns

    def size(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows and columns of an array's shape."""
        rows, columns = self.spatial
        return shape[rows], shape[columns]

    def subsample(self, array: Array, step: tuple[int, int]) -> Array:
        """Return a view of every step-th row and column."""
        index: list[slice] = [slice(None)] * array.ndim
        for axis, stride in zip(self.spatial, step, strict=True):
            index[axis] = slice(None, None, stride)
        return array[tuple(index)]

    def shape(self, shape: tuple[int, ...], height: int, width: int, channels: int | None = None) -> tuple[int, ...]:
        """Return an array's shape with other numbers of rows, columns and channels."""
        sizes = list(shape)
        for axis, size in zip(self.spatial, (height, width), strict=True):
            sizes[axis] = size
        if channels is not None and self.channel_axis is not None:
            sizes[self.channel_axis] = channels
        return tuple(sizes)


# The common case, without the checks: the channels, if any, come last.
LAST_CHANNEL = {2: ArrayLayout(2, None), 3: ArrayLayout(3, 2), 4: ArrayLayout(4, 3)}


def layout_of(shape: tuple[int, ...], channel_axis: int | None) -> ArrayLayout:
    """Find the axes of an image (H, W), (H, W, C) or (N, H, W, C), or with its channels on another axis."""
    if type(channel_axis) is int and channel_axis in (-1, len(shape) - 1) and len(shape) in LAST_CHANNEL:
        return LAST_CHANNEL[len(shape)]
    return _find_layout(shape, channel_axis)


def _find_layout(shape: tuple[int, ...], channel_axis: int | None) -> ArrayLayout:
    ndim = len(shape)
    if ndim == 2:
        return ArrayLayout(2, None)
    if ndim not in (3, 4):
        raise ImfilterError(f"image must have the shape (H, W), (H, W, C) or (N, H, W, C), got {shape}")
    if channel_axis is None:
        if ndim == 4:
            raise ImfilterError(f"channel_axis may be None for images (H, W) or (N, H, W), got shape {shape}")
        return ArrayLayout(3, None)
    axis = check_integer("channel_axis", channel_axis, -ndim)
    if axis >= ndim:
        raise ImfilterError(f"channel_axis must be from {-ndim} to {ndim - 1} for shape {shape}, got {axis}")
    axis %= ndim
    if ndim == 4 and axis == 0:
        raise ImfilterError(f"channel_axis must not be 0 for shape {shape}: the first axis counts the images")
    return ArrayLayout(ndim, axis)


def iterate_strips(shape: tuple[int, ...], axis: int = 0) -> Iterator[slice]:
    """Yield slices along an axis, each of as many samples as stay in the cache over several passes."""
    size = shape[axis]
    step = max(1, STRIP * size // max(math.prod(shape), 1))
    return (slice(start, min(start + step, size)) for start in range(0, size, step))
