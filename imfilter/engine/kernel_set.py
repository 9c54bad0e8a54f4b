"""KernelSet: the weights of a channel-wise filter, immutable and ready to be looked up in a cache."""
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..errors import DtypeError
from .checks import check_kernel
from .epilogue import Epilogue
from .kernel_structure import Kernel, Separable

LARGEST_CACHED = 2**12  # weights of the largest kernel whose structure is cached by value


class KernelSet:
    """The kernels of a channel-wise filter, for correlation: convolution has flipped them already.

    Small sets with equal weights are equal, and have the same hash.

    Parameters
    ----------
    kernels : tuple of (kh, kw) arrays or Separable
        One kernel, or two of one size: then the result is the root mean square of both responses. Contiguous float64,
        not to be changed.
    flipped : bool
        Whether they were flipped: the anchor, tap (kh // 2, kw // 2) of the kernel as given, was flipped with them.
    epilogue : Epilogue or None
        What is computed from each response before it is rounded.
    anchor : (int, int) or None
        The tap, of the kernels as they are correlated, that lies on a pixel; None: the middle one.
    """

    __slots__ = ("_hash", "anchor", "cacheable", "epilogue", "flipped", "kernels", "key", "shape", "size")

    def __init__(
        self, kernels: tuple[Kernel, ...], flipped: bool, epilogue: Epilogue | None = None,
        anchor: tuple[int, int] | None = None,
    ) -> None:
        self.kernels, self.flipped, self.epilogue = kernels, flipped, epilogue
        self.shape: tuple[int, int] = kernels[0].shape
        height, width = self.shape
        middle = height // 2, width // 2
        self.anchor = anchor or ((height - 1 - middle[0], width - 1 - middle[1]) if flipped else middle)
        self.size = sum(kernel.size for kernel in kernels)
        self.cacheable = self.size <= LARGEST_CACHED  # small enough for its structure to be cached
        # Comparing the values of a large set would take longer than planning for it: it equals only itself.
        self.key: Hashable = object()
        if self.cacheable:
            self.key = flipped, epilogue, self.shape, self.anchor, *map(_weights_as_bytes, kernels)
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KernelSet) and self.key == other.key

    @classmethod
    def from_kernel(cls, kernel: Any, *, flip: bool) -> "KernelSet":
        """Return the set of one dense kernel (kh, kw), checked; flip: for convolution."""
        weights = as_array(kernel, "kernel")
        if weights.dtype.kind == "O" and hasattr(kernel, "kernel"):
            raise DtypeError(f"kernel must be an array, got a {type(kernel).__name__}: pass its attribute kernel")
        if weights.ndim == 2 and weights.size <= LARGEST_CACHED and weights.dtype.kind in "biuf":
            return _from_bytes(weights.tobytes(), weights.dtype, weights.shape, flip)
        return cls._from_kernels((check_kernel(weights, "kernel", 2),), flip)

    @classmethod
    def separable(cls, column: Array, row: Array, *, flip: bool = False) -> "KernelSet":
        """Return the set of the kernel column[:, None] * row, which is never computed."""
        return cls._from_kernels((Separable.from_factors(_contiguous(column), _contiguous(row)),), flip)

    @classmethod
    def magnitude(cls, first: Array, second: Array, *, flip: bool) -> "KernelSet":
        """Return the set of two kernels of one size, for the root mean square of their responses."""
        return cls._from_kernels((_contiguous(first), _contiguous(second)), flip)

    def with_anchor(self, anchor: tuple[int, int]) -> "KernelSet":
        """Return this set with another tap on the pixel."""
        return KernelSet(self.kernels, self.flipped, self.epilogue, anchor)

    def with_epilogue(self, epilogue: Epilogue) -> "KernelSet":
        """Return this set of one kernel with an epilogue."""
        return KernelSet(self.kernels, self.flipped, epilogue, self.anchor)

    @classmethod
    def _from_kernels(cls, kernels: tuple[Kernel, ...], flip: bool) -> "KernelSet":
        return cls(tuple(map(_flip, kernels)) if flip else kernels, flip)


@lru_cache(maxsize=256)
def _from_bytes(weights: bytes, dtype: np.dtype[Any], shape: tuple[int, int], flip: bool) -> KernelSet:
    """Return the set of one kernel, from its weights in the order of rows: the same set for the same values."""
    kernel = check_kernel(np.frombuffer(weights, dtype).reshape(shape), "kernel", 2)
    return KernelSet._from_kernels((kernel,), flip)


def _contiguous(weights: Array) -> Array:
    return np.ascontiguousarray(weights, np.float64)


def _flip(kernel: Kernel) -> Kernel:
    if isinstance(kernel, Separable):
        return Separable(_contiguous(kernel.column[::-1]), _contiguous(kernel.row[::-1]))
    return _contiguous(kernel[::-1, ::-1])


def _weights_as_bytes(kernel: Kernel) -> Any:
    if isinstance(kernel, Separable):
        return kernel.column.tobytes(), kernel.row.tobytes()
    return kernel.tobytes()
