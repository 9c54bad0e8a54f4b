"""Warn of arrays whose last axis is hardly that of the channels, as in (3, H, W), where no axis was named."""
from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from ..errors import ImfilterWarning
from .dispatch import is_lazy

FIRST = (1, 3, 4)  # sizes of a first axis of channels: gray, color, color with alpha
LEAST_SIDE = 24  # pixels of an image with channels in front: digits of 28, icons of 32; few photos have as many bands
SLENDER = 4  # how much longer one side of an image is than the other at most, with channels in front
NEAR_SQUARE = 2  # the same of an image in a stack, because images (H, W, C) of features and spectra have many channels
MOST_BANDS = 512  # of a spectrum
LEAST_SLICE = 33  # pixels along a side of an image in a stack; a square of 32 x 32 is too often one of features


def warn_about_axes(image: Any, channel_axis: Any) -> bool:
    """Warn if the last axis of an array is hardly that of the channels; return whether it did.

    channel_axis: as the caller gave it. Only -1, the default, is doubted; code that calls for others names the axis.
    """
    if channel_axis.__class__ is not int or channel_axis != -1:
        return False
    if not isinstance(image, np.ndarray) and not is_lazy(image):
        return False
    shape = image.shape
    if not 3 <= len(shape) <= 4 or shape[-1] < LEAST_SIDE or not _is_doubtful(*shape[-3:]):
        return False
    warnings.warn(_describe(shape), ImfilterWarning, stacklevel=_count_own_frames())
    return True


def _is_doubtful(first: int, height: int, width: int) -> bool:
    """Return whether axes are rather (C, H, W) or (N, H, W) than (H, W, C)."""
    shorter, longer = sorted((height, width))
    if first in FIRST:
        return shorter >= LEAST_SIDE and longer <= SLENDER * shorter
    if width > MOST_BANDS:
        return longer <= SLENDER * shorter
    return width >= LEAST_SLICE and longer <= NEAR_SQUARE * shorter and (
        first < shorter or first == height == width)


def _describe(shape: tuple[int, ...]) -> str:
    channels, rows, columns = shape[-3:]
    if len(shape) == 3:
        layout, given, first = "(H, W, C)", "(C, H, W)", 0
        stack = "channel_axis=None for a stack (N, H, W)"
    else:
        layout, given, first = "(N, H, W, C)", "(N, C, H, W)", 1
        stack = f"image.reshape(-1, {rows}, {columns}) and channel_axis=None for stacks of gray images"
    return (f"an image of shape {shape} is taken as {layout}, with {columns} channels: pass channel_axis={first} for "
            f"{given} with {channels} channels, {stack}, or channel_axis={len(shape) - 1} if {layout} is meant")


def _count_own_frames() -> int:
    """Return the stack level of the first caller outside of imfilter, counted from `warn_about_axes`."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "imfilter":
        level, frame = level + 1, frame.f_back
    return level
