"""Filters made of one kernel or two: one convolution, the magnitude of a gradient, a response added to a gray level."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, result_dtype
from ..arrays.opened import OpenedImage
from ..engine.channelwise import Epilogue, KernelSet, filter_same, prepare, same_padding
from ..engine.joined import Join, PreparedJoin
from ..engine.request import FilterOptions
from ..weights.taps import dense_kernel
from .operation import Composition, Operation, Prepared

Level = Callable[[np.dtype[Any]], float]


class KernelOperation(Operation):
    """Filter with a set of kernels in one pass. method: as in `imfilter.correlate`."""

    def __init__(self, kernels: KernelSet, method: str = "auto") -> None:
        self._set, self.size, self._method = kernels, kernels.size, method

    def apply(self, image: Any, options: FilterOptions) -> Any:
        return filter_same(image, self._set, options, self._method)

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._set, options.channelwise(self._method))

    @property
    def kernel_set(self) -> KernelSet | None:
        return None if self._set.epilogue else self._set  # which reads pixels, in places that depend on the padding


class JoinOperation(Operation):
    """Filter with several kernels, and join their responses."""

    def __init__(self, join: Join) -> None:
        self._join, self.size = join, join.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._join, options.channelwise(), PreparedJoin)


class Convolution(KernelOperation):
    """Convolve with one kernel (kh, kw)."""

    def __init__(self, kernel: Array, *, signed: bool = False) -> None:
        super().__init__(KernelSet.from_kernel(kernel, flip=True))
        self.kernel, self.signed = kernel, signed

    def composition(self) -> Composition:
        return Composition("It is convolution with:", ({"kernel": self.kernel},))


class SeparableCorrelation(KernelOperation):
    """Correlate with the product of a column and a row. Even sizes have their center at size // 2."""

    def __init__(self, column: Array, row: Array, method: str = "auto") -> None:
        super().__init__(KernelSet.separable(column, row), method)
        self.column, self.row = column, row

    def composition(self) -> Composition:
        kernel = dense_kernel([(self.column, self.row)])
        odd = all(side % 2 for side in kernel.shape)  # then it makes no difference, as the kernel is symmetric
        return Composition(
            f"It is {'convolution' if odd else 'correlation'} with:", ({"kernel": kernel},), flip=False)


class SeparableDerivative(KernelOperation):
    """Convolve with the product of a column and a row of odd sizes, which is a derivative."""

    signed, averages = True, False

    def __init__(self, column: Array, row: Array) -> None:
        super().__init__(KernelSet.separable(column, row, flip=True))
        self.column, self.row = column, row

    def composition(self) -> Composition:
        return Composition("It is convolution with:", ({"kernel": dense_kernel([(self.column, self.row)])},))


class GradientMagnitude(KernelOperation):
    """Convolve with two kernels of one size, and take the root of the mean of the squares."""

    def __init__(self, first: Array, second: Array, labels: tuple[str, str]) -> None:
        super().__init__(KernelSet.magnitude(first, second, flip=True))
        self.kernels = dict(zip(labels, (first, second), strict=True))

    def composition(self) -> Composition:
        return Composition(
            "It is the root of the mean of the squares of two convolutions, sqrt((a^2 + b^2) / 2), with:",
            (self.kernels,), join=(_root_mean_square, "sqrt(({}^2 + {}^2) / 2)"), one_pass=True)


def _root_mean_square(a: float, b: float) -> float:
    return math.sqrt((a * a + b * b) / 2)


class LevelPlusConvolution(Operation):
    """Add the convolution with one kernel to a gray level, which depends on the image's dtype. name: of the level."""

    on_level = True

    def __init__(self, kernel: Array, level: Level, name: str) -> None:
        self.kernel, self.level, self.name = kernel, level, name
        self._set, self._negative = KernelSet.from_kernel(kernel, flip=True), KernelSet.from_kernel(-kernel, flip=True)
        self._leveled: dict[float, KernelSet] = {}  # by level
        self.size = 2 * kernel.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        kind, level = opened.dtype, self.level(opened.pixels.dtype)
        if kind.kind == "u" and level == np.iinfo(kind).max and result_dtype(kind, options.dtype) == kind:
            return PreparedNegative(prepare(opened, self._negative, same_padding(options)))
        if level not in self._leveled:
            self._leveled[level] = self._set.with_epilogue(Epilogue("level", level))
        return prepare(opened, self._leveled[level], same_padding(options))

    @property
    def kernel_set(self) -> KernelSet:
        return self._set

    def composition(self) -> Composition:
        return Composition(
            f"It is {self.name} plus the convolution with:", ({"kernel": self.kernel},), level=self.level)


class PreparedNegative(NamedTuple):
    """White minus a saturated response, in one pass: only what falls below white shows."""

    response: Prepared
    ready: None = None

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""
        drawing = self.response.run(pixels, out, workers)
        result: Array = np.invert(drawing, out=drawing)
        return result
