"""Infinite pixels under a sum of kernels: results are those of one kernel, not infinity minus infinity of its parts."""
from __future__ import annotations

import threading

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import run_task
from .channelwise import KernelSet, PreparedConvolution
from .kernel_structure import to_dense
from .request import ConvolutionRequest

LARGEST_KERNEL = 2**22  # weights; larger kernels are not computed as one, and their results stay NaN


class InfinityResolver:
    """Replaces NaN in the sum of several responses by the infinity that one kernel would give.

    A result is infinite where the kernel's nonzero weights meet infinite pixels whose products have one sign, and no
    NaN. The signs are computed for the whole image when a sum is NaN for the first time, by counting; images without
    infinity never get there.

    request: with a checked cval. terms: kernel sets of odd sizes, whose responses are added up. source: (images, rows,
    columns, channels).
    """

    def __init__(self, request: ConvolutionRequest, terms: tuple[KernelSet, ...], source: Array) -> None:
        self._request, self._terms, self._source = request, terms, source
        self._lock = threading.Lock()
        self._signs: Array | None = None

    @classmethod
    def of_sum(
        cls, request: ConvolutionRequest, terms: tuple[KernelSet, ...], source: Array
    ) -> InfinityResolver | None:
        """Return what resolves the sum of these terms; None where there is no sum, or no infinity as in integers."""
        return cls(request, terms, source) if len(terms) > 1 and source.dtype.kind == "f" else None

    def resolve(self, n: int, top: int, left: int, total: Array) -> None:
        """Replace NaN in a block of sums (1, rows, columns, channels) of image n, from row top and column left on."""
        if not np.isnan(total.max()):
            return
        with self._lock:
            if self._signs is None:
                self._signs = self._find_signs()
        if self._signs.size:
            signs = self._signs[n:n + 1, top:top + total.shape[1], left:left + total.shape[2]]
            np.copyto(total, signs * np.float32(np.inf), where=np.isnan(total) & (signs != 0))

    def _find_signs(self) -> Array:
        """Return 1 and -1 for infinite results, 0 for others; nothing if all are 0."""
        cval = np.float64(self._request.options.cval)
        infinite = np.isinf(self._source).any() or np.isinf(cval)
        if not infinite or max(kernels.size for kernels in self._terms) > LARGEST_KERNEL:
            return np.empty(0, np.int8)
        kernel = _add_kernels(self._terms)
        up, down, missing = (
            self._meets(plus, kernel > 0) | self._meets(minus, kernel < 0) for plus, minus in (
                (np.inf, -np.inf), (-np.inf, np.inf), (np.nan, np.nan)))
        signs: Array = up.astype(np.int8) - down
        signs[missing] = 0
        return signs

    def _meets(self, value: float, taps: Array) -> Array:
        """Return which results have one of these taps on a pixel of this value."""
        options = self._request.options
        found, outside = (
            np.isnan(pixels) if np.isnan(value) else np.equal(pixels, value)
            for pixels in (self._source, np.float64(options.cval)))
        kernels = KernelSet((taps.astype(np.float64),), flipped=True)
        options = options._replace(dtype=np.dtype(np.uint8), method="runs", cval=float(outside))
        counting = PreparedConvolution(self._request._replace(
            kernels=kernels, image_dtype=np.dtype(np.uint8), options=options))
        counts = np.empty((len(found), *counting.layout.size(counting.shape), found.shape[3]), np.uint8)
        if taps.any() and counts.size:
            run_task(counting._make_task(np.ascontiguousarray(found).view(np.uint8), counts), 1)
            return counts > 0
        return np.zeros(counts.shape, bool)


def _add_kernels(terms: tuple[KernelSet, ...]) -> Array:
    """Return the sum of kernels of odd sizes around a common center."""
    height, width = (max(kernels.shape[axis] for kernels in terms) for axis in (0, 1))
    total = np.zeros((height, width))
    for kernels in terms:
        dense = to_dense(kernels.kernels[0])
        top, left = (height - dense.shape[0]) // 2, (width - dense.shape[1]) // 2
        total[top:top + dense.shape[0], left:left + dense.shape[1]] += dense
    return total
