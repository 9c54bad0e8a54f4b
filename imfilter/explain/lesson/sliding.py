"""Compute every number of a kernel sliding over a padded image."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...convolution import correlate
from ...engine.borders import (
    BANK_PADDINGS,
    Border,
    Margins,
    Mode,
    bank_margins,
    padding_margins,
    parse_border,
    source_indices,
    unknown_padding,
)
from ...engine.checks import check_kernel
from ...engine.sizes import count_outputs
from ...errors import ImfilterError, check_pair

Pair = tuple[int, int]

MAX_CELLS, MAX_STEPS = 24, 144  # cells along an axis that are large enough for numbers, and steps of a picture
MAX_SIDE, MAX_PADDED = 64, 128  # pixels along an axis of the image or kernel, and of the padded image
MAX_TAPS = 4000  # of all steps together, each of which is drawn


@dataclass(frozen=True)
class Slide:
    """The numbers of a convolution: weights, padded image and result."""

    size: Pair
    weights: Array
    stride: Pair
    dilation: Pair
    margin: Margins
    border: Border
    padded: Array
    result: Array

    @property
    def extent(self) -> Pair:
        """Rows and columns that the dilated kernel spans."""
        down, across = (d * (k - 1) + 1 for k, d in zip(self.weights.shape, self.dilation, strict=True))
        return down, across

    @property
    def has_numbers(self) -> bool:
        """Say whether the cells of the padded image are large enough for numbers."""
        return all(size <= MAX_CELLS for size in self.padded.shape)

    @property
    def steps(self) -> list[Pair]:
        """The outputs with a step of their own, row by row: all, or of many the first, middle and last ones."""
        rows, columns = self.result.shape
        if rows * columns > min(MAX_STEPS, max(16, MAX_TAPS // self.weights.size)):
            return [(y, x) for y in _choose_places(rows) for x in _choose_places(columns)]
        return [(y, x) for y in range(rows) for x in range(columns)]

    def is_padding(self, y: int, x: int) -> bool:
        """Say whether a pixel of the padded image lies outside the image."""
        (top, _), (left, _) = self.margin
        return not (top <= y < top + self.size[0] and left <= x < left + self.size[1])

    def taps(self, y: int, x: int) -> list[tuple[int, int, float]]:
        """Return the row and column in the padded image, and the weight, of each tap for an output pixel."""
        return [(y * self.stride[0] + i * self.dilation[0], x * self.stride[1] + j * self.dilation[1],
                 float(self.weights[i, j])) for i, j in np.ndindex(self.weights.shape)]


def compute_slide(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, mode: Mode) -> Slide:
    """Check the arguments and compute all numbers."""
    rows, columns = check_pair("size", size, 1)
    weights = make_weights(kernel)
    steps, gaps = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
    border = parse_border("mode", mode)
    kh, kw = weights.shape
    if isinstance(padding, str) and padding not in BANK_PADDINGS:
        raise unknown_padding(padding, BANK_PADDINGS)
    if isinstance(padding, str) and padding == "same_tf":  # which correlate, whose kernels are centered, does not have
        padding = bank_margins(padding, (kh, kw), gaps, (rows, columns), steps)
    margin = padding_margins(padding, (kh, kw), gaps, (kh // 2, kw // 2))
    for pixels, taps, sides, step, gap in zip((rows, columns), (kh, kw), margin, steps, gaps, strict=True):
        count_outputs(pixels, taps, sides, step, gap)  # raises where the output would be empty
    padded = rows + sum(margin[0]), columns + sum(margin[1])
    if max(rows, columns) > MAX_SIDE or max(padded) > MAX_PADDED:
        raise ImfilterError(
            f"to be drawn, the image must have at most {MAX_SIDE} pixels along an axis, and {MAX_PADDED} with its "
            f"padding, got {rows} x {columns} and {padded[0]} x {padded[1]}", "; imfilter.output_size needs no picture")
    image = np.arange(1, rows * columns + 1, dtype=np.float64).reshape(rows, columns)
    result = correlate(image, weights, mode=mode, padding=padding, stride=steps, dilation=gaps)
    return Slide((rows, columns), weights, steps, gaps, margin, border, pad_image(image, margin, border), result)


def make_weights(kernel: Any) -> Array:
    """Return the weights of a kernel, which cycle through 1, 2 and 0 if only its size is given."""
    if not isinstance(kernel, (int, np.integer)) and np.ndim(kernel) != 1:
        return check_kernel(kernel, "kernel", 2)
    kh, kw = check_pair("kernel", tuple(kernel) if np.ndim(kernel) else kernel, 1)
    if max(kh, kw) > MAX_SIDE:
        raise ImfilterError(f"a kernel to draw must have at most {MAX_SIDE} taps along an axis, got {kh} x {kw}")
    down, across = np.indices((kh, kw))
    weights: Array = ((down + across + 1) % 3).astype(np.float64)
    return weights


def pad_image(image: Array, margin: Margins, border: Border) -> Array:
    """Return an image (H, W) with its padding; a constant is 0."""
    for axis, (before, after) in enumerate(margin):
        size = image.shape[axis]
        indices, outside = source_indices(border, size, -before, 1, before + size + after)
        image = image[indices] if axis == 0 else image[:, indices]
        if outside is not None:
            image[outside if axis == 0 else (slice(None), outside)] = 0
    return image


def _choose_places(count: int) -> list[int]:
    """Return the first two, the middle and the last of some places."""
    return sorted({0, min(1, count - 1), count // 2, count - 1})
