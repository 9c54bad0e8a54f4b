"""The structure tensor: products of both derivatives of an image, blurred, block by block in double.

A block of both derivatives is computed with the margin that the blur reads, also beyond the border of the image, which
continues there as its mode says: nothing of the image's size is allocated but the result.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.layout import LAST_CHANNEL
from . import _normalized
from .channelwise import KernelSet, PreparedConvolution
from .joined import LEAST_COLUMNS, LEAST_ROWS
from .region import WholeImage
from .request import ChannelwiseOptions, ConvolutionRequest

MEMORY = 3 * 2**19  # bytes of both derivatives and their product in a block, about
ANY_SIZE = 2**40, 2**40  # rows and columns of an image in which no kernel reaches beyond the border
DOUBLE = np.dtype(np.float64)


class StructureTensor:
    """Kernels of the derivatives down and across and of the blur, and which elements become the result.

    pairs: of derivatives (0: down, 1: across) whose blurred products the formula gets. Kernels are separable, of odd
    sizes.
    """

    __slots__ = ("_key", "blur", "cacheable", "derivatives", "formula", "pairs", "size")

    def __init__(
        self, derivatives: tuple[KernelSet, KernelSet], blur: KernelSet, pairs: tuple[tuple[int, int], ...],
        formula: Callable[..., Array],
    ) -> None:
        self.derivatives, self.blur, self.pairs, self.formula = derivatives, blur, pairs, formula
        self.size = sum(kernels.size for kernels in (*derivatives, blur))
        self.cacheable = all(kernels.cacheable for kernels in (*derivatives, blur))
        self._key = derivatives, blur, pairs, formula

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StructureTensor) and self._key == other._key


class PreparedTensor(PreparedConvolution):
    """A structure tensor, ready to be computed of images of one shape and dtype."""

    def __init__(self, request: ConvolutionRequest) -> None:
        tensor: Any = request.kernels
        super().__init__(request._replace(kernels=tensor.blur))
        self._tensor = tensor
        size, options = self.layout.size(request.shape), request.options
        whole = request.whole or WholeImage(size, size)
        self._derivatives = [PreparedConvolution(request._replace(
            kernels=kernels, whole=WholeImage(whole.pixels, whole.pixels),
            options=options._replace(padding=_add_radii(kernels, tensor.blur), stride=1, dtype=DOUBLE)))
            for kernels in tensor.derivatives]
        self._inner = ChannelwiseOptions(padding=0, stride=options.stride, dtype=DOUBLE, exact=options.exact)
        self.seconds *= 6

    def _make_task(self, source: Array, target: Array) -> Task:
        """Return this work on arrays (images, rows, columns, channels)."""
        block = _find_block(target.shape, self._tensor.blur.shape, self.geometry.stride)
        rows, columns = (
            (count - 1) * step + taps for count, step, taps in zip(
                block, self.geometry.stride, self._tensor.blur.shape, strict=True))
        room = 1, rows, columns, target.shape[3]
        blur = PreparedConvolution(ConvolutionRequest(
            room, DOUBLE, LAST_CHANNEL[4], self._tensor.blur, WholeImage(ANY_SIZE, (target.shape[1], self.width)),
            self._inner))
        return Task(self._tensor, self._derivatives, blur, source, target, block, room)


def _add_radii(derivative: KernelSet, blur: KernelSet) -> tuple[tuple[int, int], ...]:
    """Return the padding with which there are derivatives wherever the blur reads them."""
    return tuple((one // 2 + two // 2,) * 2 for one, two in zip(derivative.shape, blur.shape, strict=True))


def _find_block(shape: tuple[int, ...], taps: tuple[int, int], stride: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns of the largest block of results of this shape."""
    _, height, width, channels = shape
    rows = min(max(LEAST_ROWS, taps[0] // 2) // stride[0] + 1, height)
    tall = (rows - 1) * stride[0] + taps[0]
    wide = MEMORY // (3 * DOUBLE.itemsize * channels * tall) - taps[1]
    columns = min(max(wide // stride[1], LEAST_COLUMNS), width)
    across = max(min(-(-width // columns), width // LEAST_COLUMNS), 1)
    return rows, -(-width // across)


class Task:
    """A structure tensor, ready to be computed block by block on any number of threads.

    block: rows and columns of the largest block of results. room: the shape of its derivatives.
    """

    align = 1

    def __init__(
        self, tensor: StructureTensor, derivatives: list[PreparedConvolution], blur: PreparedConvolution,
        source: Array, target: Array, block: tuple[int, int], room: tuple[int, ...],
    ) -> None:
        self._tensor, self._derivatives, self._blur = tensor, derivatives, blur
        self._source, self._target, self._block, self._room = source, target, block, room
        self._stopped = False
        self._counts = tuple(-(-size // most) for size, most in zip(target.shape[1:3], block, strict=True))
        self.rows = len(target) * self._counts[0] * self._counts[1]

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        *gradient, product = np.zeros((3, *self._room))
        elements = [np.empty((1, *self._block, self._room[3])) for _ in self._tensor.pairs]
        tasks = [one._make_task(self._source, gradient[0]) for one in self._derivatives]
        blur = self._blur._make_task(product, elements[0])
        with np.errstate(invalid="ignore", over="ignore"):
            for number in range(first, last):
                if self._stopped:
                    return
                n, rows, columns = self._find(number)
                size = rows.stop - rows.start, columns.stop - columns.start
                steps, taps = self._blur.geometry.stride, self._tensor.blur.shape
                height, width = ((count - 1) * s + k for count, s, k in zip(size, steps, taps, strict=True))
                parts = [one[:, :height, :width] for one in gradient]
                for task, part in zip(tasks, parts, strict=True):
                    task.part(n, rows.start * steps[0], columns.start * steps[1], part).run(0, height, caller)
                own = [element[:, :size[0], :size[1]] for element in elements]
                for (a, b), element in zip(self._tensor.pairs, own, strict=True):
                    np.multiply(parts[a], parts[b], out=product[:, :height, :width])
                    blur.part(0, 0, 0, element).run(0, size[0], caller)
                _normalized.store(self._tensor.formula(*own)[0], self._target[n, rows, columns])

    def _find(self, number: int) -> tuple[int, slice, slice]:
        """Return the image, the rows and the columns of a block."""
        number, across = divmod(number, self._counts[1])
        n, down = divmod(number, self._counts[0])
        height, width = self._target.shape[1:3]
        left, right = across * width // self._counts[1], (across + 1) * width // self._counts[1]
        return n, slice(down * self._block[0], min((down + 1) * self._block[0], height)), slice(left, right)
