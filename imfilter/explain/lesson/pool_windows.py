"""Compute every number of max or average pooling: which pixels each window covers, and what it gives."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.checks import check_flag
from ...errors import ImfilterError, check_pair, list_choices
from ...sampling.pooling import avg_pool2d, max_pool2d
from .sliding import MAX_CELLS, MAX_STEPS, MAX_TAPS, Pair

KINDS = ("max", "avg")


@dataclass(frozen=True)
class PoolWindows:
    """The numbers of a pooling. Places are those of the padded image; the last windows may extend beyond it.

    size: rows and columns of a window.
    """

    kind: str
    image: Array
    size: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    ceil_mode: bool
    count_include_pad: bool
    output: Array

    @property
    def shape(self) -> Pair:
        """Rows and columns of the output."""
        rows, columns = self.output.shape
        return rows, columns

    @property
    def pixels(self) -> Pair:
        """Rows and columns of the image."""
        rows, columns = self.image.shape
        return rows, columns

    @property
    def extent(self) -> Pair:
        """Rows and columns that a window spans."""
        down, across = (d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))
        return down, across

    @property
    def padded(self) -> Pair:
        """Rows and columns of the padded image."""
        down, across = (side + 2 * margin for side, margin in zip(self.image.shape, self.padding, strict=True))
        return down, across

    def is_padding(self, row: int, column: int) -> bool:
        """Say whether a place of the padded image lies outside the image."""
        (top, left), (high, wide) = self.padding, self.image.shape
        return not (top <= row < top + high and left <= column < left + wide)

    def places(self, y: int, x: int) -> list[Pair]:
        """Return the places in the window of an output pixel, without those beyond the padded image."""
        found = ((y * self.stride[0] + i * self.dilation[0], x * self.stride[1] + j * self.dilation[1])
                 for i, j in np.ndindex(self.size))
        return [(row, column) for row, column in found if row < self.padded[0] and column < self.padded[1]]

    def pixel(self, row: int, column: int) -> float:
        """Return a pixel of the padded image."""
        if self.is_padding(row, column):
            return 0.0
        return float(self.image[row - self.padding[0], column - self.padding[1]])

    def counted(self, y: int, x: int) -> list[float]:
        """Return the pixels that a window gives the largest or the mean of."""
        padding_counts = self.kind == "avg" and self.count_include_pad
        return [self.pixel(*place) for place in self.places(y, x) if padding_counts or not self.is_padding(*place)]

    def winner(self, y: int, x: int) -> Pair | None:
        """Return the place of the largest pixel of a window; of equal ones, the first. None for means."""
        places = [place for place in self.places(y, x) if not self.is_padding(*place)]
        return max(places, key=lambda place: self.pixel(*place)) if self.kind == "max" and places else None


def compute_windows(size: Any, window: Any, kind: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any,
                    count_include_pad: Any) -> PoolWindows:
    """Check the arguments, place the windows and pool."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise ImfilterError(f"kind must be {list_choices(KINDS)}, got {kind!r}")
    pixels, taps = check_pair("size", size, 1), check_pair("window", window, 1)
    steps = taps if stride is None else check_pair("stride", stride, 1)
    margin, gaps = check_pair("padding", padding, 0), check_pair("dilation", dilation, 1)
    if any(2 * cut > tap for cut, tap in zip(margin, taps, strict=True)):
        raise ImfilterError(f"padding must be at most half of the window, {taps}, got {padding!r}")
    largest = max(side + 2 * cut for side, cut in zip(pixels, margin, strict=True))
    if largest > MAX_CELLS:
        raise ImfilterError(
            f"to be drawn, the padded image must have at most {MAX_CELLS} pixels along an axis, got {largest}")
    included = check_flag("count_include_pad", count_include_pad)
    if kind == "max" and not included:
        raise ImfilterError(
            "kind must be 'avg' without count_include_pad, because padding counts in means only, got 'max'")
    image = _make_image(pixels)
    options: dict[str, Any] = {"stride": steps, "padding": margin, "dilation": gaps, "ceil_mode": ceil_mode}
    output = (max_pool2d(image, taps, **options) if kind == "max"
              else avg_pool2d(image, taps, count_include_pad=included, **options))
    if output.size > MAX_STEPS:
        raise ImfilterError(f"to be drawn, the output must have at most {MAX_STEPS} pixels, got {output.size}")
    covered = output.size * taps[0] * taps[1]
    if covered > MAX_TAPS:
        raise ImfilterError(f"to be drawn, all windows must have at most {MAX_TAPS} pixels, got {covered}")
    return PoolWindows(kind, image, taps, steps, margin, gaps, bool(ceil_mode), included, output)


def _make_image(size: Pair) -> Array:
    """Return digits in a fixed order without a direction, so that no corner of a window always wins."""
    k = np.arange(size[0] * size[1])
    image: Array = ((7 * k * k + 13 * k + 5) % 101 % 10).reshape(size).astype(np.float64)
    return image
