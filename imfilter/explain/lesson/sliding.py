"""A kernel that slides over a padded image: all numbers of it, checked, before any is drawn."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...convolution import correlate
from ...engine.borders import Border, Margins, padding_margins, parse_border, source_indices
from ...engine.checks import check_kernel
from ...engine.sizes import count_outputs
from ...errors import ImfilterError, check_pair

Pair = tuple[int, int]

MOST_CELLS, MOST_STEPS = 24, 144  # along an axis of the padded image, and places of the kernel: more cannot be read


@dataclass(frozen=True)
class Slide:
    """What is drawn: the weights, the padded numbers, and which of them stand outside the image."""

    size: Pair
    weights: Array
    stride: Pair
    dilation: Pair
    margin: Margins
    edge: Border
    padded: Array
    result: Array

    @property
    def extent(self) -> Pair:
        """Rows and columns that the kernel spans."""
        down, across = (d * (k - 1) + 1 for k, d in zip(self.weights.shape, self.dilation, strict=True))
        return down, across

    def outside(self, y: int, x: int) -> bool:
        """Say whether a place of the padded image is outside the image."""
        (top, _), (left, _) = self.margin
        return not (top <= y < top + self.size[0] and left <= x < left + self.size[1])

    def taps(self, y: int, x: int) -> list[tuple[int, int, float]]:
        """Return where in the padded image the weights stand for an output pixel, and the weights."""
        return [(y * self.stride[0] + i * self.dilation[0], x * self.stride[1] + j * self.dilation[1],
                 float(self.weights[i, j])) for i, j in np.ndindex(self.weights.shape)]


def slide(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, mode: str) -> Slide:
    """Return the checked arguments with all numbers."""
    rows, columns = check_pair("size", size, 1)
    weights = _weights(kernel)
    steps, apart, edge = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1), parse_border("mode", mode)
    kh, kw = weights.shape
    margin = padding_margins(padding, (kh, kw), apart, (kh // 2, kw // 2))
    out = [count_outputs(pixels, taps, sides, step, gap) for pixels, taps, sides, step, gap in zip(
        (rows, columns), (kh, kw), margin, steps, apart, strict=True)]
    largest = max(rows + sum(margin[0]), columns + sum(margin[1]))
    if largest > MOST_CELLS or out[0] * out[1] > MOST_STEPS:
        raise ImfilterError(
            f"the padded image must have at most {MOST_CELLS} pixels along an axis and the output {MOST_STEPS} pixels "
            f"to be drawn, got {largest} and {out[0]} x {out[1]}: imfilter.output_size tells sizes without a picture")
    image = np.arange(1, rows * columns + 1, dtype=np.float64).reshape(rows, columns)
    return Slide((rows, columns), weights, steps, apart, margin, edge, padded(image, margin, edge), correlate(
        image, weights, mode=mode, padding=padding, stride=steps, dilation=apart))


def _weights(kernel: Any) -> Array:
    """Return the weights of a kernel given by its size, 1 2 0 in turn, or by themselves."""
    if not isinstance(kernel, (int, np.integer)) and np.ndim(kernel) != 1:
        return check_kernel(kernel, "kernel", 2)
    kh, kw = check_pair("kernel", tuple(kernel) if np.ndim(kernel) else kernel, 1)
    if max(kh, kw) > MOST_CELLS:
        raise ImfilterError(f"a kernel to draw must have at most {MOST_CELLS} taps along an axis, got {kh} x {kw}")
    down, across = np.indices((kh, kw))
    weights: Array = ((down + across + 1) % 3).astype(np.float64)
    return weights


def padded(image: Array, margin: Margins, edge: Border) -> Array:
    """Return an image (H, W) with what stands around it; a constant is 0."""
    for axis, (before, after) in enumerate(margin):
        size = image.shape[axis]
        at, beyond = source_indices(edge, size, -before, 1, before + size + after)
        image = image[at] if axis == 0 else image[:, at]
        if beyond is not None:
            image[beyond if axis == 0 else (slice(None), beyond)] = 0
    return image
