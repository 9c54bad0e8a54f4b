"""Regions of an image: rectangles in pixels or percent, and masks, with soft edges."""
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, is_picture
from ..arrays.depth import full_scale
from ..arrays.dtypes import Array, supported_dtype
from ..errors import ImfilterError, as_listed, check_integer

RECTANGLE = re.compile(r"\s*-?[\d.]+\s*%?\s*(,\s*-?[\d.]+\s*%?\s*){3}")
FORM = "a mask, or X,Y,W,H in pixels or percent such as 10%,10%,50%,50%"


@dataclass(frozen=True)
class Length:
    """A distance along an axis, in pixels or in percent of the axis."""

    value: float
    percent: bool

    def pixels(self, length: int) -> int:
        """Return the distance on an axis of this length, rounded to a pixel."""
        return round(self.value * length / 100) if self.percent else round(self.value)

    @classmethod
    def parse(cls, given: Any) -> Length:
        """Return the distance that a number, or text such as 10%, stands for."""
        text = str(given).strip()
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            number = float("nan")
        percent = text.endswith("%")
        if isinstance(given, bool) or not np.isfinite(number) or not (percent or number == int(number)):
            raise ImfilterError(f"region must be {FORM}, got {given!r} in it")
        return cls(number, percent)


@dataclass(frozen=True, eq=False)
class Region:
    """A part of an image. feather: pixels on either side of its edge over which it fades.

    rectangle: left, top, width and height; mask: weights (H, W) from 0 to `white`. One of them is None.
    """

    rectangle: tuple[Length, Length, Length, Length] | None
    mask: Array | None = None
    white: float = 1.0
    feather: int = 0

    @classmethod
    def of(cls, given: Any, feather: Any = 0) -> Region:
        """Return the region that text, four numbers or a gray image describe."""
        feather = check_integer("feather", feather, 0)
        if isinstance(given, str):
            given = given.split(",")
        given = as_listed(given) if np.ndim(given) == 1 else given
        if isinstance(given, (tuple, list)) and all(np.ndim(one) == 0 for one in given):
            if len(given) != 4:
                raise ImfilterError(f"region must be {FORM}, got {len(given)} numbers")
            left, top, width, height = map(Length.parse, given)
            if min(left.value, top.value) < 0 or min(width.value, height.value) <= 0:
                raise ImfilterError("region must start at 0 or above and be larger than 0, got "
                                    + ",".join(map(str, given)))
            return cls((left, top, width, height), feather=feather)
        return cls(None, *_read_weights(given), feather)

    @classmethod
    def whole(cls) -> Region:
        """Return the region that covers any image."""
        return cls.of("0,0,100%,100%")

    def check_size(self, height: int, width: int) -> None:
        """Reject an image that the region does not fit."""
        if self.mask is not None:
            if self.mask.shape != (height, width):
                raise ImfilterError(f"a region must have the image's size, {width} x {height}, got a mask of "
                                    f"{self.mask.shape[1]} x {self.mask.shape[0]}")
            return
        assert self.rectangle
        left, top = (one.pixels(length) for one, length in zip(self.rectangle[:2], (width, height), strict=True))
        if left >= width or top >= height:
            raise ImfilterError(f"region must overlap the image of {width} x {height}, got one that starts at "
                                f"{left},{top}")

    def weights(self, height: int, width: int, rows: slice, columns: slice) -> Array:
        """Return the weights, from 0 to 1, of a part of an image of this size."""
        if self.mask is not None:
            part: Array = self._faded_mask[rows, columns]
            return part
        assert self.rectangle
        left, top, wide, high = self.rectangle
        down = _fade(_mark_interval(top, high, height), self.feather)[rows]
        across = _fade(_mark_interval(left, wide, width), self.feather)[columns]
        return down[:, None] * across

    @cached_property
    def _faded_mask(self) -> Array:
        assert self.mask is not None
        faded = _fade(_fade(self.mask.astype(np.float64), self.feather).T, self.feather).T
        return np.clip(faded / self.white, 0, 1)


def _read_weights(given: Any) -> tuple[Array, float]:
    """Return the weights of a gray image, and the value that counts fully."""
    pixels = as_array(given, "region")
    if is_picture(given) and pixels.ndim == 3:  # gray that is stored as color, and opaque, is gray
        colors, alpha = split_picture_alpha(given)
        bands = colors if colors.ndim == 3 else colors[..., None]
        opaque = alpha is None or bool((alpha == full_scale(alpha.dtype)).all())
        pixels = bands[..., 0] if opaque and bool((bands == bands[..., :1]).all()) else pixels
    kind = supported_dtype(pixels.dtype)
    if pixels.ndim != 2:
        what = f"an image of mode {given.mode}" if is_picture(given) else f"the shape {pixels.shape}"
        raise ImfilterError(f"region must be a gray image (H, W), or X,Y,W,H, got {what}")
    if kind.kind == "f" and pixels.size and not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ImfilterError(f"region must have float weights from 0 to 1, got {pixels.min():g} to {pixels.max():g}")
    return pixels, full_scale(kind)


def _mark_interval(start: Length, size: Length, length: int) -> Array:
    """Return 1 for the pixels of an interval of an axis, and 0 for the others. It has at least one pixel."""
    first = start.pixels(length)
    end = Length(start.value + size.value, True).pixels(length) if start.percent and size.percent else (
        first + size.pixels(length))
    marks = np.zeros(length)
    marks[first:max(end, first + 1)] = 1
    return marks


def _fade(values: Array, feather: int) -> Array:
    """Average along the first axis with weights that fall off linearly over `feather` pixels.

    Sums of whole numbers are exact, so that pixels farther from an edge keep 0 and 1 exactly. The border repeats: a
    region that touches it does not fade there.
    """
    if not feather:
        return values
    wide = feather + 1
    values = np.pad(values, [(feather, feather)] + [(0, 0)] * (values.ndim - 1), mode="edge")
    for _ in range(2):  # a triangle is two boxes
        sums = np.cumsum(np.concatenate([np.zeros_like(values[:1]), values]), axis=0)
        values = sums[wide:] - sums[:-wide]
    return values / (wide * wide)
