"""Compass filters: the largest response to a kernel in eight directions."""

from ..arrays.dtypes import Array
from ..engine.channelwise import KernelSet
from ..engine.joined import Join
from .operation import Composition
from .operations import JoinOperation


class StrongestDirection(JoinOperation):
    """Take the largest of the responses to kernels (8, 3, 3) of integers that sum to 0, over an odd divisor.

    The sizes of a kernel's weights sum to at most twice the divisor.
    """

    def __init__(self, kernels: Array, divisor: int) -> None:
        super().__init__(Join(tuple(((KernelSet.from_kernel(kernel, flip=True),),) for kernel in kernels), divisor))
        self.kernels, self.divisor = kernels, divisor

    def composition(self) -> Composition:
        return Composition("It is the largest of eight convolutions, with:", tuple(
            {f"{45 * k} degrees": kernel * (1 / self.divisor)} for k, kernel in enumerate(self.kernels)))
