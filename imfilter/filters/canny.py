"""Canny edges: lines one pixel wide along the ridges of a smoothed gradient."""

import math
from typing import Annotated, Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.layout import layout_of
from ..engine.channelwise import KernelSet, filter_same
from ..engine.request import FilterOptions
from ..errors import ImfilterError
from ..weights.gradients import DIFFERENCE, SOBEL, derivative_pair
from ..weights.taps import gaussian_taps
from .combine import combine
from .operation import Operation
from .parameters import Number
from .registry import register_filter
from .sample_range import white_level

Threshold = Annotated[float | None, Number(least=0, optional=True)]
SAFE = 1e-100, 1e100  # gradients whose squares neither overflow nor vanish


@register_filter("edges", far=True)
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
        self._blur = KernelSet.separable(taps, taps)
        self._gradient = [KernelSet.from_kernel(4 * kernel, flip=True) for kernel in derivative_pair(DIFFERENCE, SOBEL)]
        self.size = 2 * taps.size

    def apply(self, image: Any, options: FilterOptions) -> Any:
        white = white_level(as_array(image).dtype)
        return combine(image, lambda pixels, own: self._trace(pixels, white, own), options)

    def _trace(self, pixels: Array, white: float, options: FilterOptions) -> Array:
        low, high = _thresholds(self.low, self.high, white)
        # In double for every dtype: what is an edge must not depend on how a result is rounded.
        double = options._replace(stride=1, dtype=np.float64)
        smooth = filter_same(pixels, self._blur, double)
        double = double._replace(mode="reflect", cval=0.0)
        gradient = [filter_same(smooth, kernel, double) for kernel in self._gradient]
        layout = layout_of(pixels.shape, options.channel_axis)
        lines = np.zeros(smooth.shape, options.dtype)
        target, (down, across) = layout.images(lines), map(layout.images, gradient)
        for n, c in np.ndindex(target.shape[0], target.shape[3]):
            target[n, :, :, c] = _trace_lines(down[n, :, :, c], across[n, :, :, c], low, high)
        lines *= white
        return np.ascontiguousarray(layout.subsample(lines, options.stride))


def _thresholds(low: float | None, high: float | None, white: float) -> tuple[float, float]:
    """Return both thresholds; one that is None follows from the other, or from white."""
    if low is None:
        low = 0.1 * white if high is None else high / 2
    if high is None:
        high = 2 * low
    return low, high


def _root_of_squares(down: Array, across: Array) -> Array:
    """Return the sizes of a gradient."""
    with np.errstate(over="ignore", invalid="ignore"):
        size: Array = np.sqrt(down * down + across * across)
    return size


def _trace_lines(down: Array, across: Array, low: float, high: float) -> Array:
    """Return 1 on the edges of one channel of one image, 0 elsewhere. down, across: its gradient (height, width)."""
    down, across = np.ascontiguousarray(down), np.ascontiguousarray(across)
    size = _root_of_squares(down, across)
    if not SAFE[0] < size.max(initial=0) < SAFE[1]:  # nearly always it is
        largest = max(float(np.max(np.abs(part), where=np.isfinite(part), initial=0)) for part in (down, across))
        exponent = 0 if SAFE[0] < largest < SAFE[1] else math.frexp(largest)[1]
        with np.errstate(over="ignore"):  # of thresholds far above the gradient
            down, across, (low, high) = (np.ldexp(part, -exponent) for part in (down, across, [low, high]))
        size = _root_of_squares(down, across)
    marks = np.zeros(size.shape, np.uint8)
    from ..engine import _tracing  # compiled, and of use only here

    _tracing.thin(down, across, size, marks, low, high)
    _tracing.follow(marks, np.empty(np.count_nonzero(marks), np.intp))
    return marks
