"""Filters whose kernels are sums of products of columns and rows: the dense kernels are never computed."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..engine.channelwise import KernelSet
from ..weights.taps import Products, dense_kernel
from .combine import combine, sum_responses
from .operation import Composition, Operation


def kernel_sets(products: Products) -> tuple[KernelSet, ...]:
    """Return the kernel sets of products of odd sizes, for convolution."""
    return tuple(KernelSet.separable(column, row, flip=True) for column, row in products)


def count_taps(products: Products) -> int:
    """Return the number of weights in all columns and rows."""
    return sum(column.size + row.size for column, row in products)


class SumOfProducts(Operation):
    """Convolve with the sum of products. of_one_size: returns the products padded to one size, where they are not."""

    signed = True

    def __init__(self, products: Products, of_one_size: Callable[[], Products] | None = None) -> None:
        self._of_one_size = of_one_size or (lambda: products)
        self._sets = kernel_sets(products)
        self.size = count_taps(products)

    def apply(self, image: Any, **options: Any) -> Any:
        return combine(image, lambda pixels, **own: sum_responses(pixels, self._sets, **own), **options)

    def composition(self) -> Composition:
        return Composition("It is convolution with:", ({"kernel": dense_kernel(self._of_one_size())},))


class StrongestWave(Operation):
    """Take the largest response over several directions: the size of a complex one, or one part of it.

    directions: by label, the products of one part of a kernel, or of its real and imaginary parts.
    """

    def __init__(self, directions: list[dict[str, Products]], *, signed: bool, first: bool) -> None:
        self._directions, self.signed, self._first = directions, signed, first
        self._sets = [[kernel_sets(products) for products in parts.values()] for parts in directions]
        self.size = sum(count_taps(products) for parts in directions for products in parts.values())

    def apply(self, image: Any, **options: Any) -> Any:
        return combine(image, self._largest, **options)

    def _largest(self, pixels: Array, **options: Any) -> Array:
        largest = None
        for parts in self._sets:
            response = sum_responses(pixels, parts[0], **options)
            if len(parts) > 1:
                np.hypot(response, sum_responses(pixels, parts[1], **options), out=response)
            largest = response if largest is None else np.maximum(largest, response, out=largest)
        assert largest is not None
        return largest

    def composition(self) -> Composition:
        groups = tuple(
            {label: dense_kernel(products) for label, products in parts.items()} for parts in self._directions)
        both = len(groups[0]) > 1
        made = "the root of the sum of the squares of two convolutions" if both else "convolution"
        sentence = f"It is {made}, with:"
        if self._first:
            made = "of " + made
            sentence = f"It is the largest result in {len(groups)} directions {made}; in the first of them with:"
        return Composition(
            sentence, groups, join=(math.hypot, "sqrt({}^2 + {}^2)") if both else None, first=self._first)
