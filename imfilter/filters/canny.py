"""Canny edges: lines one pixel wide along the ridges of a smoothed gradient."""

from typing import Annotated

import numpy as np

from ..arrays.dtypes import Array, result_dtype, round_to_dtype, to_native
from ..arrays.layout import iterate_strips
from ..arrays.opened import OpenedImage
from ..engine.channelwise import KernelSet
from ..engine.gradient import Kernels
from ..engine.output import allocate_output, write_output
from ..engine.request import FilterOptions
from ..engine.ridges import KEPT, EdgeMarking
from ..errors import ImfilterError, check_pair
from ..runtime.threads import for_each, thread_count
from ..weights.gradients import DIFFERENCE, SOBEL, derivative_pair
from ..weights.taps import gaussian_taps
from .operation import Operation, Prepared
from .parameters import Number
from .registry import register_filter
from .sample_range import white_level

Threshold = Annotated[float | None, Number(least=0, optional=True)]


@register_filter("edges", far=True, draws=True)
def canny(
    sigma: Annotated[float, Number(least=0)] = 1.0, low_threshold: Threshold = None, high_threshold: Threshold = None,
) -> Operation:
    """Canny edge detector: draw edges as lines one pixel wide.

    Parameters
    ----------
    sigma : float, default 1.0
        Standard deviation of the blur in pixels; larger values leave fewer, larger edges.
    low_threshold : float or None, default None
        Smallest gradient of an edge, in the image's own units. None: half of high_threshold, or 0.1 white.
    high_threshold : float or None, default None
        Smallest gradient somewhere along an edge. None: twice low_threshold, or 0.2 white.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        White lines on black, for each channel by itself, in the image's dtype unless `dtype` says otherwise. White is
        the largest number of an integer image's dtype (255 of uint8; 2^53 of 64 bits), and 1 for floats.

    Raises
    ------
    ImfilterError
        When high_threshold is below low_threshold.

    Notes
    -----
    A Gaussian blur; its gradient by [1 0 -1]' x [1 2 1] and the transpose; non-maximum suppression: pixels
    whose gradient is at least low_threshold and a maximum along its direction, with neighbors interpolated; hysteresis:
    8-connected groups of these pixels that reach high_threshold. All of it is computed in double precision. The
    outermost pixels are never edges; only the blur uses `mode`. The result is that of skimage.feature.canny, except
    that mode 'constant' has another meaning there.

    References
    ----------
    J. Canny, "A computational approach to edge detection", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 8(6), 1986.

    Examples
    --------
    >>> import imfilter, numpy
    >>> photo = numpy.zeros((5, 7), numpy.uint8)
    >>> photo[:, 3:] = 200
    >>> imfilter.canny(photo)[2]
    array([  0,   0, 255, 255,   0,   0,   0], dtype=uint8)
    """
    if low_threshold is not None and high_threshold is not None and high_threshold < low_threshold:
        raise ImfilterError(
            f"high_threshold must be at least low_threshold, which is {low_threshold:g}, got {high_threshold:g}")
    return EdgeTracing(gaussian_taps(sigma), low_threshold, high_threshold)


class EdgeTracing(Operation):
    """Trace the ridges of the gradient of a separable blur."""

    def __init__(self, taps: Array, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high
        down, across = (KernelSet.from_kernel(4 * kernel, flip=True) for kernel in derivative_pair(DIFFERENCE, SOBEL))
        self._kernels = KernelSet.separable(taps, taps), down, across
        self.size = 2 * taps.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        white = white_level(opened.dtype)
        return PreparedEdges(opened, self._kernels, _thresholds(self.low, self.high, white), white, options)


class PreparedEdges:
    """Edges, ready to be drawn of images of one shape and dtype. white: the largest sample of such an image."""

    ready = None

    def __init__(
        self, opened: OpenedImage, kernels: Kernels, thresholds: tuple[float, float], white: float,
        options: FilterOptions,
    ) -> None:
        self._layout, self._dtype = opened.layout, result_dtype(opened.dtype, options.dtype)
        self._step = check_pair("stride", options.stride, 1)
        height, width = (
            -(-size // step) for size, step in zip(self._layout.size(opened.pixels.shape), self._step, strict=True))
        self._shape = self._layout.shape(opened.pixels.shape, height, width)
        self._line = round_to_dtype(np.array([white]), self._dtype)
        # In double for every dtype: what is an edge must not depend on how a result is rounded.
        self._marking = EdgeMarking(
            kernels, thresholds, options._replace(stride=1, dtype=np.float64).channelwise())

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Draw the edges, in `out` if there is one."""
        threads, layout, native = thread_count(workers), self._layout, to_native(pixels)
        planes = layout.planes(native) if layout.planar else None
        source = layout.images(native) if planes is None else planes
        result, target = allocate_output(
            pixels, self._shape, self._dtype, out, layout, planes is not None, proxy=self._dtype)
        marks = _first_bytes(target) if self._step == (1, 1) else np.empty(source.shape, np.uint8)
        self._marking.mark(source, marks, threads)
        _draw(marks[:, ::self._step[0], ::self._step[1]], target, self._line, threads)
        return write_output(result, self._dtype, out)


def _first_bytes(array: Array) -> Array:
    """Return a view of the first byte of every sample."""
    if array.itemsize == 1:
        return array.view(np.uint8)
    first = np.dtype({"names": ["byte"], "formats": ["u1"], "offsets": [0], "itemsize": array.itemsize})
    return array.view(first)["byte"]


def _draw(marks: Array, target: Array, line: Array, threads: int) -> None:
    """Write lines on black where there are edges. marks: may be bytes of the target. line: one sample of a line."""
    integers = np.dtype(f"u{line.itemsize}")  # faster to write than to select, and 0 is black in every dtype
    target, line = target.view(integers), line.view(integers)

    def draw_rows(place: tuple[int, slice]) -> None:
        np.multiply(marks[place] == KEPT, line, out=target[place])

    for_each(draw_rows, [(n, rows) for n in range(len(target)) for rows in iterate_strips(target.shape[1:])], threads)


def _thresholds(low: float | None, high: float | None, white: float) -> tuple[float, float]:
    """Return both thresholds; one that is None follows from the other, or from white."""
    if low is None:
        low = 0.1 * white if high is None else high / 2
    if high is None:
        high = 2 * low
    return low, high
