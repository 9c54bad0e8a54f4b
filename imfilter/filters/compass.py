"""Compass filters: the largest response to a kernel in eight directions."""

from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array, result_dtype
from ..engine.channelwise import KernelSet, filter_channelwise
from .combine import combine
from .operation import Composition, Operation


class StrongestDirection(Operation):
    """Take the largest of the responses to kernels (8, 3, 3) of integers that sum to 0, over an odd divisor.

    The sizes of a kernel's weights sum to at most twice the divisor, so that sums of bytes fit into int16.
    """

    def __init__(self, kernels: Array, divisor: int) -> None:
        self.kernels, self.divisor = kernels, divisor
        self._sets = [KernelSet.from_kernel(kernel, flip=True) for kernel in kernels]
        self.size = kernels.size

    def apply(self, image: Any, **options: Any) -> Any:
        in_bytes = as_array(image).dtype == np.uint8 == result_dtype(np.dtype(np.uint8), options["dtype"])
        return combine(image, lambda pixels, **own: self._strongest(pixels, in_bytes, **own), **options)

    def _strongest(self, pixels: Array, in_bytes: bool, *, dtype: Any, out: None, **options: Any) -> Array:
        """Return the largest response, rounded to bytes if in_bytes."""
        # Sums of bytes are exact in int16, in half the memory of floats.
        border = options["cval"] if options["mode"] == "constant" else 0
        small = pixels.dtype in (np.uint8, np.bool_) and border in range(256)
        first, *others = self._sets
        strongest: Array = filter_channelwise(pixels, first, dtype=np.int16 if small else dtype, out=None, **options)
        response = np.empty_like(strongest)
        for kernel in others:
            filter_channelwise(pixels, kernel, dtype=strongest.dtype, out=response, **options)
            np.maximum(strongest, response, out=strongest)
        if small and in_bytes:
            # The largest of eight numbers that sum to 0 is not negative, and an odd divisor leaves no halves to round.
            levels = strongest.view(np.uint16)
            levels += self.divisor // 2
            levels //= self.divisor
            return levels.astype(np.uint8)
        scaled: Array = np.multiply(strongest, 1 / self.divisor, dtype=dtype)
        return scaled

    def composition(self) -> Composition:
        return Composition("It is the largest of eight convolutions, with:", tuple(
            {f"{45 * k} degrees": kernel * (1 / self.divisor)} for k, kernel in enumerate(self.kernels)))
