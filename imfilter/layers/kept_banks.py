"""The convolutions of a stack that carries weights, kept ready for the next image of the same size."""
from __future__ import annotations

from ..arrays.dtypes import Array
from ..engine.activations import activate
from ..engine.bank import PreparedBank, keep_bank
from ..engine.request import BankOptions
from .activation import RELU


class KeptBanks:
    """Convolutions by their weights, which do not change. Each is kept for the last shape and dtype of its input."""

    def __init__(self) -> None:
        self.fits: tuple[int, ...] | None = None  # the shape of the last image, which fits the layers and weights
        # By the identity of weights, which are held so that no others get it.
        self._banks: dict[int, tuple[Array, object, PreparedBank]] = {}

    def convolve(
        self, source: Array, weight: Array, bias: Array | None, options: BankOptions, workers: int | None,
        relu: bool = False,
    ) -> Array:
        """Return what `conv2d` returns for maps (H, W, C) or (N, H, W, C), with negative values set to 0 on request."""
        found, kind = self._banks.get(id(weight)), (source.shape, source.dtype, options, relu)
        if found is None or found[1] != kind:
            found = weight, kind, keep_bank(source, weight, bias, options, relu)
            self._banks[id(weight)] = found
        bank = found[2]
        maps = bank.run(source, None, workers)
        return activate(maps, RELU, 0.0, maps, workers) if relu and not bank.computation.rectified else maps

    def __reduce__(self) -> tuple[type[KeptBanks], tuple[()]]:
        return KeptBanks, ()  # of copies and of other processes: packed weights are made anew
