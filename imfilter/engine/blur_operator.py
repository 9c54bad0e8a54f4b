"""BlurOperator: the blur that an image went through, as a linear map H, and its exact adjoint H'.

An image x (rows, columns) becomes the observed y = H x. With a border mode, x has the size of y. Without one, x also
has the pixels beyond the border that the blur mixed in, which are unknown: H is then a correlation without padding.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from .borders import Border, source_indices
from .channelwise import KernelSet, filter_channelwise
from .computation import Pair
from .request import ChannelwiseOptions


class BlurOperator:
    """H and H' for images of one size and dtype.

    kernel: (kh, kw), both odd, for correlation. size: rows and columns of what was observed. border: how the image was
    continued when it was blurred; None: by unknown pixels. cval: samples beyond a constant border. domain: the size of
    x. power: the sum of the kernel's squares. H' x is valid until the next call of `adjoint`.
    """

    def __init__(
        self, kernel: Array, size: Pair, border: Border | None, dtype: np.dtype[Any], *,
        workers: int | None = None, exact: bool = False,
    ) -> None:
        self._kernels = KernelSet.from_kernel(kernel, flip=False)
        self._adjoint_kernels = KernelSet.from_kernel(kernel, flip=True)
        self.size, self.border, self.dtype, self.workers = size, border, dtype, workers
        self.cval = 0.0
        self.power = float(np.square(kernel).sum())
        self.margins = kernel.shape[0] // 2, kernel.shape[1] // 2
        full = size[0] + 2 * self.margins[0], size[1] + 2 * self.margins[1]
        self.domain: Pair = full if border is None else size
        self._full: Array = np.empty(full, dtype)
        self._options = ChannelwiseOptions(padding="valid" if border is None else "same", dtype=dtype, exact=exact)

    def apply(self, image: Array, out: Array, *, linear: bool = False) -> Array:
        """Write H x into `out`. linear: with 0 beyond a constant border, not its cval."""
        mode = "reflect" if self.border is None else self.border
        return self._correlate(
            image, self._kernels, self._options._replace(mode=mode, cval=0.0 if linear else self.cval), out)

    def adjoint(self, observed: Array) -> Array:
        """Return H' y. What fell on pixels beyond the border is added to the pixels that these were copied from."""
        full = self._correlate(
            observed, self._adjoint_kernels, self._options._replace(mode=Border.CONSTANT, padding="full"), self._full)
        if self.border is None:
            return full
        for axis, (view, size, margin) in enumerate(zip((full, full.T), self.size, self.margins, strict=True)):
            if self.border is not Border.CONSTANT:
                _fold(view, self.border, size, margin)
            full = full[margin:margin + size] if axis == 0 else full[:, margin:margin + size]
        return full

    def smooth(self, image: Array, out: Array) -> Array:
        """Write D' D x into `out`, with the differences D of neighbors in x."""
        mode = Border.WRAP if self.border is Border.WRAP else Border.REFLECT  # no difference across the border
        return self._correlate(image, LAPLACIAN, self._options._replace(mode=mode, padding="same"), out)

    def crop(self, image: Array) -> Array:
        """Return the part of x that lies where y was observed."""
        if self.border is not None:
            return image
        (top, left), (height, width) = self.margins, self.size
        return image[top:top + height, left:left + width]

    def _correlate(self, image: Array, kernels: KernelSet, options: ChannelwiseOptions, out: Array) -> Array:
        result: Array = filter_channelwise(
            image, kernels, options, channel_axis=None, out=out, workers=self.workers)
        return result


def _fold(padded: Array, border: Border, size: int, margin: int) -> None:
    """Add the rows of a padded image that lie beyond its border to the rows that they are copies of."""
    sources, _ = source_indices(border, size, -margin, 1, size + 2 * margin)
    for row in (*range(margin), *range(margin + size, size + 2 * margin)):
        padded[margin + sources[row]] += padded[row]


LAPLACIAN = KernelSet.from_kernel(np.array([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]), flip=False)
