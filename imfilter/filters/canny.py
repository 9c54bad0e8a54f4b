"""Canny's edges: lines one pixel wide along the ridges of a smoothed gradient."""

from typing import Annotated, Any, Unpack

import numpy as np

from .. import kernels
from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.layout import layout_of
from ..convolution import convolve
from ..engine import _tracing
from ..errors import ImfilterError
from .blur import gaussian
from .combine import combine
from .parameters import Number
from .registry import Common, preset
from .sample_range import white_level

__all__ = ["canny"]

Threshold = Annotated[float | None, Number(least=0, optional=True)]


def _ordered(low_threshold: float | None, high_threshold: float | None, **_: Any) -> None:
    if None not in (low_threshold, high_threshold) and high_threshold < low_threshold:  # type: ignore[operator]
        raise ImfilterError(
            f"high_threshold must be at least low_threshold, which is {low_threshold:g}, got {high_threshold:g}")


@preset("edges", relation=_ordered, far=True)
def canny(
    image: Any, sigma: Annotated[float, Number(least=0)] = 1.0, low_threshold: Threshold = None,
    high_threshold: Threshold = None, **common: Unpack[Common],
) -> Any:
    """Draw edges as lines one pixel wide.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        What to filter; channels are never mixed, so each has edges of its own.
    sigma : float, default 1.0
        Standard deviation of the blur in pixels; more shows fewer, larger edges.
    low_threshold : float or None, default None
        Smallest gradient of an edge, in the image's own units. None: half of high_threshold, or 0.1 white.
    high_threshold : float or None, default None
        Smallest gradient somewhere along an edge. None: twice low_threshold, or 0.2 white.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        White lines on black, in the image's dtype unless `dtype` says otherwise. White is the largest number of an
        integer image's dtype (255 of uint8; 2^53 of 64 bits), and 1 for floats.

    Raises
    ------
    ImfilterError
        When high_threshold is below low_threshold.

    Notes
    -----
    A Gaussian blur; its gradient by [1 0 -1]' x [1 2 1] and the transpose; of the pixels where the gradient's length is
    at least low_threshold those where it is no less one step along the gradient, either way (between two pixels by
    their mean, weighted); and of these the 8-connected groups that reach high_threshold. It is computed in double. The
    outermost pixels are never edges; the blur alone uses `mode`. These are the numbers of skimage.feature.canny, but
    for what mode 'constant' means there.

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
    top = white_level(as_array(image).dtype)
    low, high = _thresholds(low_threshold, high_threshold, top)

    def traced(pixels: Array, *, dtype: Any, stride: tuple[int, int], channel_axis: Any, **options: Any) -> Array:
        # In double for every dtype: what is an edge must not depend on how a result is rounded.
        where = {"dtype": np.float64, "channel_axis": channel_axis}
        smooth = gaussian(pixels, sigma, **where, **options)
        gradient = [convolve(smooth, 4 * kernels.sobel(axis), workers=options["workers"], **where) for axis in (0, 1)]
        layout = layout_of(pixels.shape, channel_axis)
        lines = np.zeros(smooth.shape, dtype)
        target, (down, across) = layout.images(lines), map(layout.images, gradient)
        for n, c in np.ndindex(target.shape[0], target.shape[3]):
            target[n, :, :, c] = _lines(down[n, :, :, c], across[n, :, :, c], low, high)
        lines *= top
        return np.ascontiguousarray(layout.every(lines, stride))

    return combine(image, traced, **common)


def _thresholds(low: float | None, high: float | None, top: float) -> tuple[float, float]:
    """Return both thresholds. One that is given leads the other."""
    if low is None:
        low = 0.1 * top if high is None else high / 2
    if high is None:
        high = 2 * low
    return low, high


def _lines(down: Array, across: Array, low: float, high: float) -> Array:
    """Return 1 on the edges of one channel of one image, whose gradient (height, width) this is, and 0 elsewhere."""
    down, across = np.ascontiguousarray(down), np.ascontiguousarray(across)
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.sqrt(down * down + across * across)
    marks = np.zeros(size.shape, np.uint8)
    _tracing.thin(down, across, size, marks, low, high)
    _tracing.follow(marks, np.empty(np.count_nonzero(marks), np.intp))
    return marks
