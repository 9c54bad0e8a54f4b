"""The convolutions of a stack that carries weights, kept ready for the next image of the same size."""
from __future__ import annotations

from ..arrays.dtypes import Array
from ..engine.bank import PreparedBank, keep_bank
from ..engine.request import BankOptions


class KeptBanks:
    """Convolutions by their weights, which do not change. Each is kept for the last shape and dtype of its input."""

    def __init__(self) -> None:
        self.fits: tuple[int, ...] | None = None  # the shape of the last image, which fits the layers and weights
        # By the identity of weights, which are held so that no others get it.
        self._banks: dict[int, tuple[Array, object, PreparedBank]] = {}

    def convolve(
        self, source: Array, weight: Array, bias: Array | None, options: BankOptions, workers: int | None
    ) -> Array:
        """Return what `conv2d` returns for maps (H, W, C) or (N, H, W, C)."""
        found, kind = self._banks.get(id(weight)), (source.shape, source.dtype, options)
        if found is None or found[1] != kind:
            found = weight, kind, keep_bank(source, weight, bias, options)
            self._banks[id(weight)] = found
        return found[2].run(source, None, workers)

    def __reduce__(self) -> tuple[type[KeptBanks], tuple[()]]:
        return KeptBanks, ()  # of copies and of other processes: packed weights are made anew
