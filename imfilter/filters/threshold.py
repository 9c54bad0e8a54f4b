"""Adaptive thresholds: white where a pixel is above a level that its neighborhood sets, black elsewhere."""

from typing import Annotated, Any

import numpy as np

from ..arrays.dtypes import Array, sample_limits
from ..arrays.opened import OpenedImage
from ..engine.channelwise import Epilogue, KernelSet, prepare, same_padding
from ..engine.request import FilterOptions
from ..engine.statistics import PreparedExtent, prepare_statistic, scaled_by
from ..weights.taps import gaussian_taps
from .operation import Operation, Prepared
from .parameters import Number
from .rank import Size
from .registry import register_filter
from .sample_range import range_dtype, white_level

Sigma = Annotated[float | None, Number(above=0, optional=True)]
Range = Annotated[float | None, Number(above=0, optional=True)]

# What docstrings share.
BINARY = """\
Returns
-------
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    White and black, for each channel by itself, in the image's dtype unless `dtype` says otherwise. White is the
    largest number of an integer image's dtype (255 of uint8; 2^53 of 64 bits), and 1 for floats and bool; black is 0. A
    window that contains NaN gives NaN in a result of floats, else black."""


@register_filter("threshold", shared=BINARY)
def adaptive_mean(size: Size = 3, offset: Annotated[float, Number()] = 0.0) -> Operation:
    """Adaptive threshold by the local mean: white where a pixel is above it.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns of the window, in pixels, at most 16384.
    offset : float, default 0.0
        What is taken from the mean, in the image's own units. Above 0, flat areas become white.

    Notes
    -----
    White where p > m - offset, with the mean m of the window: skimage.filters.threshold_local with method 'mean', and
    OpenCV's adaptiveThreshold with ADAPTIVE_THRESH_MEAN_C and mode 'nearest', which rounds m. Means of integers of 8
    and 16 bits are compared exactly.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.adaptive_mean(numpy.array([[10, 10, 14, 90, 94, 90]], numpy.uint8), (1, 3))
    array([[  0,   0,   0, 255, 255,   0]], dtype=uint8)
    """
    return DeviationThreshold(size, 0.0, offset)


@register_filter("threshold", shared=BINARY)
def adaptive_gaussian(
    size: Size = 3, offset: Annotated[float, Number()] = 0.0, sigma: Sigma = None,
) -> Operation:
    """Adaptive threshold by a Gaussian blur: white where a pixel is above it.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns that the blur is for, in pixels.
    offset : float, default 0.0
        What is taken from the blurred image, in the image's own units. Above 0, flat areas become white.
    sigma : float or None, default None
        Standard deviation of the blur in pixels, cut off at size. None: (size - 1) / 6, cut off at four times that.

    Notes
    -----
    White where p > g - offset, with the Gaussian blur g in double precision; what differs by less than 2^-40 of p is
    equal. skimage.filters.threshold_local with method 'gaussian' has no sigma. OpenCV's adaptiveThreshold with
    ADAPTIVE_THRESH_GAUSSIAN_C and mode 'nearest' rounds g, and from size 11 on has the sigma
    0.3 ((size - 1) / 2 - 1) + 0.8.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.adaptive_gaussian(numpy.array([[10, 10, 14, 90, 94, 90]], numpy.uint8), (1, 7))
    array([[  0,   0,   0, 255, 255,   0]], dtype=uint8)
    """
    down, across = (_bell(side, sigma) for side in size)  # type: ignore[union-attr]
    return BlurThreshold(down, across, offset)


def _bell(side: int, sigma: float | None) -> Array:
    """Return the weights of a blur along an axis."""
    if sigma is None:
        return gaussian_taps((side - 1) / 6, 4.0)
    return gaussian_taps(sigma, side // 2 / sigma)


class BlurThreshold(Operation):
    """Draw white where a pixel is above its blur."""

    def __init__(self, down: Array, across: Array, offset: float) -> None:
        self._kernels, self._offset = KernelSet.separable(down, across), offset
        self.size = down.size + across.size

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        white = white_level(opened.dtype)
        return prepare(
            opened, self._kernels.with_epilogue(Epilogue("above", -self._offset, white)), same_padding(options))


@register_filter("threshold", shared=BINARY)
def niblack(size: Size = 15, k: Annotated[float, Number()] = 0.2) -> Operation:
    """Niblack's threshold of text: the local mean less some of the deviation.

    Parameters
    ----------
    size : int or (int, int), default 15
        Rows and columns of the window, in pixels, at most 16384.
    k : float, default 0.2
        How many deviations the threshold lies below the mean.

    Notes
    -----
    White where p > m - k s, with the mean m and the standard deviation s of the window.
    skimage.filters.threshold_niblack returns the level, for which its mode is 'mirror'; opencv-contrib's
    niBlackThreshold has the opposite sign of k and mode 'nearest', and rounds the level.

    References
    ----------
    W. Niblack, "An introduction to digital image processing", Prentice-Hall, 1986.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.niblack(numpy.array([[90, 92, 20, 90, 92, 20]], numpy.uint8), (1, 5))
    array([[255, 255,   0, 255, 255,   0]], dtype=uint8)
    """
    return DeviationThreshold(size, -k, 0.0)


class DeviationThreshold(Operation):
    """Draw white where a pixel is above the mean plus some deviations."""

    def __init__(self, size: Size, amount: float, offset: float) -> None:
        self._size, self._amount, self._offset = size, amount, offset

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare_statistic(
            opened, self._size, "above", options, amount=self._amount, offset=self._offset,  # type: ignore[arg-type]
            white=white_level(opened.dtype))


@register_filter("threshold", shared=BINARY)
def sauvola(size: Size = 15, k: Annotated[float, Number()] = 0.2, r: Range = None) -> Operation:
    """Sauvola's threshold of text: Niblack's, without specks on an even background.

    Parameters
    ----------
    size : int or (int, int), default 15
        Rows and columns of the window, in pixels, at most 16384.
    k : float, default 0.2
        How far the threshold falls below the mean where the image is flat, as a share of the mean.
    r : float or None, default None
        The deviation at which the threshold is the mean, in the image's own units. None: half of the range of the
        dtype, 127.5 for uint8, and 1 for floats.

    Notes
    -----
    White where p > m (1 + k (s / r - 1)), with the mean m and the standard deviation s of the window.
    skimage.filters.threshold_sauvola returns the level, for which its mode is 'mirror'.

    References
    ----------
    J. Sauvola and M. Pietikainen, "Adaptive document image binarization", Pattern Recognition 33(2), 2000.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.sauvola(numpy.array([[90, 90, 20, 90, 90, 90]], numpy.uint8), (1, 3))
    array([[255, 255,   0, 255, 255, 255]], dtype=uint8)
    """
    return ScaledThreshold(size, k, r)


class ScaledThreshold(Operation):
    """Draw white where a pixel is above the mean times a factor that grows with the deviation."""

    def __init__(self, size: Size, k: float, r: float | None) -> None:
        self._size, self._k, self._r = size, k, r

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        deviation = self._r or half_range(range_dtype(opened.dtype))
        scales = scaled_by(opened, self._size, deviation)  # type: ignore[arg-type]
        return prepare_statistic(
            opened, self._size, "above_scaled", options, amount=self._k,  # type: ignore[arg-type]
            white=white_level(opened.dtype), scales=scales)


def half_range(dtype: np.dtype[Any]) -> float:
    """Return half of the range of a dtype; floats are from -1 to 1, as in scikit-image."""
    if dtype.kind == "f":
        return 1.0
    low, high = sample_limits(dtype)
    return float(high - low) / 2


@register_filter("threshold", far=True, shared=BINARY)
def wolf(size: Size = 15, k: Annotated[float, Number()] = 0.5) -> Operation:
    """Wolf's threshold of text: Sauvola's, by the contrast and the black of the image itself.

    Parameters
    ----------
    size : int or (int, int), default 15
        Rows and columns of the window, in pixels, at most 16384.
    k : float, default 0.5
        How far the threshold falls from the mean to the image's darkest sample where the image is flat, as a share.

    Notes
    -----
    White where p > m - k (m - M) (1 - s / R), with the mean m and the standard deviation s of the window, the smallest
    sample M of the channel, and the largest s of all its windows, R. As a pixel depends on all others, it cannot be
    computed in tiles.

    References
    ----------
    C. Wolf and J.-M. Jolion, "Extraction and recognition of artificial text in multimedia documents", Pattern Analysis
    and Applications 6(4), 2004.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.wolf(numpy.array([[90, 90, 20, 90, 90, 90]], numpy.uint8), (1, 3))
    array([[255, 255,   0, 255, 255, 255]], dtype=uint8)
    """
    return ExtentThreshold(size, k)


class ExtentThreshold(Operation):
    """Draw white where a pixel is above the mean, less a share of its height above the darkest sample."""

    def __init__(self, size: Size, k: float) -> None:
        self._size, self._k = size, k

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return PreparedExtent(opened, self._size, self._k, white_level(opened.dtype), options)  # type: ignore[arg-type]
