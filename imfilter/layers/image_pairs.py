"""Pairs of images before and after a change, opened one at a time and checked."""
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, is_picture
from ..arrays.dtypes import Array, check_exact, supported_dtype
from ..arrays.layout import layout_of
from ..errors import FileError, ImfilterError


class PhotoFiles(Sequence[Any]):
    """The photos in files, read when they are asked for.

    read: a function that returns the photo in a file. Only the last photo is kept.
    """

    def __init__(self, paths: Sequence[str], read: Callable[[str], Any]) -> None:
        self.paths = paths
        self._read = functools.lru_cache(maxsize=1)(read)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, k: Any) -> Any:
        return self._read(self.paths[k])


class ImagePairs:
    """Images before and after the same change: one of each, or as many of each.

    Iterating yields (H, W, C) arrays without alpha, opened anew each time, so that a sequence that reads its images
    from files needs memory for one pair. The results must have one dtype and number of channels. size: of the first
    pair, in rows and columns.
    """

    def __init__(self, before: Any, after: Any, channel_axis: int | None, cross_channel: bool) -> None:
        self.before, self.after = _as_series(before), _as_series(after)
        self.channel_axis, self.cross_channel = channel_axis, cross_channel
        if len(self.before) != len(self.after) or not len(self.before):
            raise ImfilterError(
                f"before and after must be as many images, at least one, got {len(self.before)} and {len(self.after)}")
        first, second = self.open(0)
        self.channels, self.dtype = (first.shape[2], second.shape[2]), supported_dtype(second.dtype)
        self.size = first.shape[:2]

    def __len__(self) -> int:
        return len(self.before)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        for k in range(len(self)):
            first, second = self.open(k)
            channels, dtype = (first.shape[2], second.shape[2]), supported_dtype(second.dtype)
            if channels != self.channels or dtype != self.dtype:
                raise ImfilterError(
                    f"all pairs must have the dtype and channels of the first, {_describe(self.channels, self.dtype)}, "
                    f"got {_describe(channels, dtype)} in {self._name(k)}")
            yield first, second

    def open(self, k: int) -> tuple[Array, Array]:
        """Return pair k."""
        try:
            pair = (_open_picture("before", self.before[k], self.channel_axis),
                    _open_picture("after", self.after[k], self.channel_axis))
            _check_pair(*pair, self.cross_channel)
        except FileError:
            raise
        except ImfilterError as error:
            if len(self) == 1:
                raise
            raise type(error)(f"{self._name(k)}: {error}") from None
        return pair

    def _name(self, k: int) -> str:
        """Return the name of a pair for messages: of its files, if the sequences know them."""
        if isinstance(self.before, PhotoFiles) and isinstance(self.after, PhotoFiles):
            return f"{self.before.paths[k]} and {self.after.paths[k]}"
        return f"pair {k + 1}"

    def crop(self, side: int, most: int) -> ImagePairs:
        """Return the middle of the first pairs, at most so many."""
        pairs = [[_crop_middle(image, side) for image in self.open(k)] for k in range(min(most, len(self)))]
        before, after = zip(*pairs, strict=True)
        return ImagePairs(before, after, -1, self.cross_channel)


def _as_series(images: Any) -> Sequence[Any]:
    """Return images as a sequence of them. A list of arrays or pictures is one; a list of lists is an image."""
    if isinstance(images, (list, tuple)):
        several = not images or is_picture(images[0]) or getattr(images[0], "ndim", 0) >= 2
        return images if several else [images]
    return images if isinstance(images, Sequence) and not isinstance(images, (str, bytes)) else [images]


def _open_picture(name: str, image: Any, channel_axis: int | None) -> Array:
    """Return an image's samples as (H, W, C), without alpha."""
    pixels: Array = split_picture_alpha(image)[0] if is_picture(image) else as_array(image, name)
    supported_dtype(pixels.dtype, name)
    axis = layout_of(pixels.shape, channel_axis).channel_axis if pixels.ndim == 3 else None
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    elif axis is not None:
        pixels = np.moveaxis(pixels, -1 if is_picture(image) else axis, -1)
    else:
        raise ImfilterError(f"{name} must have the shape (H, W) or (H, W, C), got {pixels.shape}")
    check_exact(pixels)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ImfilterError(f"{name} must be finite, got NaN or infinity")
    return pixels


def check_size(kernel: tuple[int, int], image: tuple[int, ...]) -> None:
    """Reject a kernel that is larger than an image of this many rows and columns."""
    if kernel[0] > image[0] or kernel[1] > image[1]:
        raise ImfilterError(f"the images must be at least as large as the kernel, {kernel[0]} x {kernel[1]}, got "
                            f"{image[0]} x {image[1]}")


def _check_pair(first: Array, second: Array, cross_channel: bool) -> None:
    if first.shape[:2] != second.shape[:2]:
        raise ImfilterError(
            f"before and after must have the same height and width, got {first.shape[:2]} and {second.shape[:2]}")
    if not cross_channel and first.shape != second.shape:
        raise ImfilterError(
            f"before and after must have the same channels unless cross_channel, got {first.shape[2]} and "
            f"{second.shape[2]}")


def _crop_middle(image: Array, side: int) -> Array:
    top, left = (max(0, (length - side) // 2) for length in image.shape[:2])
    return image[top:top + side, left:left + side]


def _describe(channels: tuple[int, int], dtype: np.dtype[Any]) -> str:
    return f"{channels[0]} to {channels[1]} of {dtype}"
