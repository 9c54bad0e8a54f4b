"""Normalized convolution, block by block: weighted means of the pixels that count, by how much they count.

result = sum(w m p) / sum(w m) * sum(w), for weights w of the kernel, m of the mask, and pixels p. The loops convolve a
block of rows of m p and one of m, and the sums of the first are divided by those of the second, so nothing of the
image's size is allocated. Dilation splits the rows into classes that do not meet, as in fft.py.

H. Knutsson and C.-F. Westin, "Normalized and differential convolution", IEEE Conference on Computer Vision and Pattern
Recognition, 1993.
"""
from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, round_to_dtype, working_dtype
from . import _core, _normalized
from .borders import Border, source_indices
from .computation import Geometry
from .epilogue import Epilogue
from .kernel_structure import Kernel, absolute_sum, has_negative
from .normalized import Weights, sum_weights
from .planner import Samples, choose_plan
from .request import ChannelwiseOptions

BLOCK = 2**16  # results of a block of rows, about: what the loops read and write stays in the second-level cache
LEAST_ROWS = 16  # of a block, which reads as many additional rows as the kernel is high


class Rows(NamedTuple):
    """The result rows first, first + step, ... of a block: `number` rows; the first `own` exist."""

    first: int
    step: int
    number: int
    own: int


class Task:
    """One normalized convolution of a stack of images, ready to be run block by block on any number of threads.

    source, target: arrays (images, rows, columns, channels), like the mask of `weights`. kernel: for correlation.
    options: their method and exact. width: columns of the whole result. epilogue: for pixels that count; others are
    the normalized response.
    """

    align = 1

    def __init__(
        self, source: Array, target: Array, weights: Weights, kernel: Kernel, geometry: Geometry,
        options: ChannelwiseOptions, width: int, epilogue: Epilogue | None = None,
    ) -> None:
        self._source, self._target, self._weights = source, target, weights
        self._epilogue = epilogue
        self._total = sum_weights(kernel)
        self._before, self._border = geometry.before, Border(geometry.border)
        height = kernel.shape[0]
        stride, down = geometry.stride[0], geometry.dilation[0] if height > 1 else 1
        step = down // math.gcd(stride, down)
        self._stride, self._dilation, self._height = stride, down, height
        self._across = geometry.stride[1]
        self._step, self._advance = step, min(stride * step // down, height)  # rows between are not gathered
        across, results = target.shape[2], target.shape[1]
        count = max(LEAST_ROWS, height, BLOCK // (across * target.shape[3]))
        self._count = count = min(count, -(-results // step))
        self._blocks = [Rows(q + first * step, step, count, min(count, -(-(results - q) // step) - first))
                        for q in range(min(step, results)) for first in range(0, -(-(results - q) // step), count)]
        self._rows = (count - 1) * self._advance + height
        self.rows = len(source) * len(self._blocks)
        self._stopped = False
        self._choose_dtypes(kernel, geometry.cval)
        self._pack(kernel, geometry, options, width)

    def _choose_dtypes(self, kernel: Kernel, cval: float) -> None:
        """Choose the dtypes of a block's products, of its weights and of the sums of each."""
        mask, fill_weight, fine = self._weights
        width, channels = self._source.shape[2:]
        working = working_dtype(self._source.dtype, self._target.dtype)
        self._response = working_dtype(self._source.dtype, self._target.dtype)
        # With weights of both signs the sums may almost cancel, and a quotient of rounded ones be far off.
        if not 1e-30 < absolute_sum(kernel) < 1e30 or fine or has_negative(kernel):
            working = np.dtype(np.float64)
        # Pixels that count fully or not at all keep their dtype, if that holds the constant; products are floating.
        product = self._source.dtype.newbyteorder("=")
        self._kept = (mask is None or mask.dtype.kind == "b") and _holds(product, cval)
        product = product if self._kept else working
        weight = np.dtype(np.uint8) if self._kept else working
        planes = channels if mask is None else mask.shape[3]
        self._working, self._fill = working, (cval * fill_weight if fill_weight else 0.0, fill_weight)
        self._shapes = [(product, (self._rows, width, channels)), (weight, (self._rows, width, planes)),
                        (working, (self._count, self._target.shape[2], channels)),
                        (working, (self._count, self._target.shape[2], planes))]
        self.scratch = sum(dtype.itemsize * math.prod(shape) for dtype, shape in self._shapes)

    def _pack(self, kernel: Kernel, geometry: Geometry, options: ChannelwiseOptions, width: int) -> None:
        """Prepare the convolution of a block of products and of one of weights."""
        stride, dilation = (self._advance, geometry.stride[1]), (1, geometry.dilation[1])
        room = self._allocate_blocks()
        self._packed = []
        for source, target, outside in zip(room[:2], room[2:], self._fill, strict=True):
            plan = choose_plan(
                (kernel,), Samples(source.dtype, self._working, outside), stride=stride, dilation=dilation, width=width,
                method=options.method)
            block = Geometry(stride, dilation, (0, geometry.before[1]), geometry.border, outside)
            computation = plan.computation._replace(exact=options.exact)
            self._packed.append(_core.Packed(source[None], target[None], plan.kernels, block, computation))

    def _allocate_blocks(self) -> list[Array]:
        """Return arrays for the products and the weights of a block, and for the sums of each."""
        return [np.empty(shape, dtype) for dtype, shape in self._shapes]

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        room = self._allocate_blocks()
        sources, sums = room[:2], room[2:]
        for number in range(first, last):
            if self._stopped:
                return
            n, block = divmod(number, len(self._blocks))
            rows = self._blocks[block]
            self._gather(n, rows, *sources)
            for packed, source, target in zip(self._packed, sources, sums, strict=True):
                task = packed.task(source[None], target[None])
                assert task is not None
                task.run(0, rows.number, caller)
            results = self._target[n, rows.first:rows.first + (rows.own - 1) * rows.step + 1:rows.step]
            responses = results if self._epilogue is None else np.empty(results.shape, self._response)
            _normalized.share(sums[0][:rows.own], sums[1][:rows.own], self._total, responses)
            if self._epilogue is not None:
                results[...] = self._finish(self._epilogue, n, rows, responses)

    def _finish(self, epilogue: Epilogue, n: int, rows: Rows, responses: Array) -> Array:
        """Return the responses of a block's rows after the epilogue, where pixels count, as samples."""
        start, step = rows.first * self._stride, rows.step * self._stride
        own = slice(start, start + (rows.own - 1) * step + 1, step), slice(None, None, self._across)
        pixels, mask = self._source[n][own], self._weights.mask
        if mask is not None:
            counts = mask[n if len(mask) > 1 else 0][own] > 0
        else:
            counts = ~np.isnan(pixels) if pixels.dtype.kind == "f" else np.True_
        finished = np.where(counts, epilogue.apply(responses, pixels), responses)
        return round_to_dtype(finished, self._target.dtype)

    def _gather(self, n: int, rows: Rows, products: Array, counts: Array) -> None:
        """Fill in the weights of the rows that a block reads, and their pixels times these weights."""
        with np.errstate(invalid="ignore", over="ignore"):
            for at, length, where, outside in self._list_runs(rows):
                pixels = _to_plain(self._source[n][where], products.dtype if self._kept else None)
                into, weight = products[at:at + length], counts[at:at + length]
                mask = self._weights.mask
                if mask is None:
                    weight[...] = ~np.isnan(pixels) if pixels.dtype.kind == "f" else 1
                else:
                    weight[...] = mask[n if len(mask) > 1 else 0][where]
                multiply = _normalized.keep if self._kept else _normalized.weigh
                multiply(_flatten(pixels), _flatten(weight), _flatten(into))
                if outside is not None:
                    into[outside], weight[outside] = self._fill

    def _list_runs(self, rows: Rows) -> Iterator[tuple[int, int, Any, Array | None]]:
        """Yield (place in the block, number of rows, indices in the image, which are the constant) for a block's rows.

        Consecutive rows are gathered together: all of them, unless the stride skips some.
        """
        top = rows.first * self._stride - self._before[0]
        size = self._source.shape[1]
        together = self._rows if self._stride * rows.step == self._advance * self._dilation else self._height
        for k in range(0, self._rows, together):
            start = top + k // self._height * self._stride * rows.step if together < self._rows else top
            where, outside = source_indices(self._border, size, start, self._dilation, together)
            yield k, together, where, outside


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Return whether the dtype can hold a number exactly."""
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return value.is_integer() and limits.min <= value <= limits.max


def _to_plain(rows: Array, dtype: np.dtype[Any] | None) -> Array:
    """Return rows of native samples without gaps: themselves, if they are that."""
    dtype = dtype or rows.dtype.newbyteorder("=")
    if rows.flags.c_contiguous or rows.shape[-1] > 4:
        return np.require(rows, dtype, ["C", "A"])
    plain = np.empty(rows.shape, dtype)
    for c in range(rows.shape[-1]):  # pixels with gaps, such as colors next to alpha: NumPy copies short runs slowly
        plain[..., c] = rows[..., c]
    return plain


def _flatten(rows: Array) -> Array:
    return rows.reshape(-1, rows.shape[-1])
