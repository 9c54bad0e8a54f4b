"""Compute every number of a transposed convolution: the stamps of the input pixels, and what they add up to."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.sizes import transposed_output_size
from ...errors import ImfilterError, check_pair
from ...sampling.transposed import conv_transpose2d
from .sliding import MAX_CELLS, MAX_STEPS, MAX_TAPS, Pair, make_weights


@dataclass(frozen=True)
class Stamps:
    """The numbers of a transposed convolution. Places are those of the output before its padding is cut.

    more: output padding. output: the sums of all stamps, with the padding cut.
    """

    image: Array
    weights: Array
    stride: Pair
    dilation: Pair
    padding: Pair
    more: Pair
    output: Array

    @property
    def result(self) -> Pair:
        """Rows and columns of the output."""
        rows, columns = self.output.shape
        return rows, columns

    @property
    def extent(self) -> Pair:
        """Rows and columns of a stamp."""
        down, across = (d * (k - 1) + 1 for k, d in zip(self.weights.shape, self.dilation, strict=True))
        return down, across

    @property
    def size(self) -> Pair:
        """Rows and columns that the stamps cover, or that the output keeps beyond them."""
        down, across = (max(margin + kept, step * (pixels - 1) + reach) for margin, kept, step, pixels, reach in zip(
            self.padding, self.result, self.stride, self.image.shape, self.extent, strict=True))
        return down, across

    def is_kept(self, row: int, column: int) -> bool:
        """Say whether a place belongs to the output, once the padding is cut."""
        (top, left), (high, wide) = self.padding, self.result
        return top <= row < top + high and left <= column < left + wide

    def stamp(self, y: int, x: int) -> Iterator[tuple[int, int, float]]:
        """Yield the row and column of each weight when the kernel is stamped for input pixel (y, x), and the weight."""
        for i, j in np.ndindex(self.weights.shape):
            yield (y * self.stride[0] + i * self.dilation[0], x * self.stride[1] + j * self.dilation[1],
                   float(self.weights[i, j]))

    def sums(self) -> dict[Pair, dict[int, float]]:
        """Return, for every place that a stamp reaches, its sum after each input pixel that adds to it."""
        found: dict[Pair, dict[int, float]] = defaultdict(dict)
        for k, (y, x) in enumerate(np.ndindex(self.image.shape)):
            for row, column, weight in self.stamp(y, x):
                steps = found[row, column]
                steps[k] = (list(steps.values())[-1] if steps else 0.0) + float(self.image[y, x]) * weight
        return found


def compute_stamps(size: Any, kernel: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any) -> Stamps:
    """Check the arguments and place the stamps."""
    pixels, weights = check_pair("size", size, 1), make_weights(kernel)
    steps, gaps = check_pair("stride", stride, 1), check_pair("dilation", dilation, 1)
    margin, more = check_pair("padding", padding, 0), check_pair("output_padding", output_padding, 0)
    high, wide = (
        transposed_output_size(side, taps, padding=cut, stride=step, dilation=gap, output_padding=extra)
        for side, taps, cut, step, gap, extra in zip(pixels, weights.shape, margin, steps, gaps, more, strict=True))
    count = pixels[0] * pixels[1]
    if max(high + 2 * margin[0], wide + 2 * margin[1]) > MAX_CELLS or count > MAX_STEPS:
        raise ImfilterError(
            f"to be drawn, the output must have at most {MAX_CELLS} pixels along an axis before its padding is cut, "
            f"and the input {MAX_STEPS} pixels, got {high + 2 * margin[0]} x {wide + 2 * margin[1]} and {count}",
            "; imfilter.transposed_output_size needs no picture")
    if count * weights.size > MAX_TAPS:
        raise ImfilterError(f"to be drawn, all stamps must have at most {MAX_TAPS} weights, got {count * weights.size}")
    image = np.arange(1, count + 1, dtype=np.float64).reshape(pixels)
    output = conv_transpose2d(image, weights[None, None], stride=steps, padding=margin, output_padding=more,
                              dilation=gaps)
    return Stamps(image, weights, steps, gaps, margin, more, output[..., 0])
