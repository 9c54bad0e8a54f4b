"""Filters whose kernels are sums of products of columns and rows: the dense kernels are never computed."""

import math
from collections.abc import Callable

from ..engine.channelwise import KernelSet
from ..engine.joined import Join
from ..weights.taps import Products, dense_kernel
from .operation import Composition
from .operations import JoinOperation


def kernel_sets(products: Products) -> tuple[KernelSet, ...]:
    """Return the kernel sets of products of odd sizes, for convolution."""
    return tuple(KernelSet.separable(column, row, flip=True) for column, row in products)


class SumOfProducts(JoinOperation):
    """Convolve with the sum of products. of_one_size: returns the products padded to one size, where they are not."""

    signed = True

    def __init__(self, products: Products, of_one_size: Callable[[], Products] | None = None) -> None:
        super().__init__(Join(((kernel_sets(products),),)))
        self._of_one_size = of_one_size or (lambda: products)

    def composition(self) -> Composition:
        return Composition("It is convolution with:", ({"kernel": dense_kernel(self._of_one_size())},))


class StrongestWave(JoinOperation):
    """Take the largest response over several directions: the size of a complex one, or one part of it.

    directions: by label, the products of one part of a kernel, or of its real and imaginary parts.
    """

    def __init__(self, directions: list[dict[str, Products]], *, signed: bool, first: bool) -> None:
        super().__init__(Join(tuple(tuple(map(kernel_sets, parts.values())) for parts in directions)))
        self._directions, self.signed, self._first = directions, signed, first

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
