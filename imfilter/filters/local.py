"""Local statistics: mean, variance, deviation and entropy of the samples around each pixel."""

from typing import Any

from ..arrays.opened import OpenedImage
from ..engine.channelwise import KernelSet
from ..engine.footprint import Footprint
from ..engine.request import FilterOptions
from ..engine.statistics import PreparedEntropy, prepare_statistic
from ..weights.footprints import footprint_of
from .means import UnroundedMean
from .operation import Composition, Operation, Prepared
from .operations import KernelOperation
from .rank import Size, WindowShape, window_of
from .registry import register_filter
from .sample_range import white_level

SCORE = 4.0  # a standard score that pictures show as white: few are higher

# What docstrings share.
FLOATS = """\
Returns
-------
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    float32 for arrays of integers, the dtype of a Pillow image, unless `dtype` says otherwise."""
SPREAD = """\
Parameters
----------
size : int or (int, int), default 3
    Rows and columns of the window, in pixels, at most 16384. Of images of 8 and 16 bits any size takes about as long.

""" + FLOATS


@register_filter("local", shared=FLOATS)
def local_mean(size: Size = 3, footprint: WindowShape = None) -> Operation:
    """Local mean: average the samples around each pixel, unrounded.

    Parameters
    ----------
    size : int or (int, int), default 3
        Rows and columns of the window, in pixels.
    footprint : str or (rows, columns) array of bool, default None
        Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
        returns.

    Notes
    -----
    The sum of the n samples of a window over n; sums of integers are exact. `imfilter.box` rounds it to the image's
    dtype. An even size has its center at size // 2.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.local_mean(numpy.array([[1, 2, 4, 4]], numpy.uint8), (1, 2))
    array([[1. , 1.5, 3. , 4. ]], dtype=float32)
    """
    if footprint is not None:
        return MeanOfWindow(footprint_of(footprint))
    height, width = size  # type: ignore[misc]
    return UnroundedMean(height, width)


class MeanOfWindow(KernelOperation):
    """Average the samples of a footprint."""

    floats = True

    def __init__(self, footprint: Any) -> None:
        self.kernel = footprint / footprint.sum()
        super().__init__(KernelSet.from_kernel(self.kernel, flip=False))

    def composition(self) -> Composition:
        return Composition("It is correlation with:", ({"kernel": self.kernel},), flip=False)


class StatisticOfWindow(Operation):
    """Compute a statistic of the samples of a rectangle. full_scale: as in Operation."""

    def __init__(
        self, size: Any, statistic: str, *, signed: bool = False, full_scale: float | None = None
    ) -> None:
        self._size, self._statistic, self.full_scale = size, statistic, full_scale
        self.signed, self.floats = signed, not signed

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare_statistic(opened, self._size, self._statistic, options)


@register_filter("local", own_sign=True, shared=SPREAD)
def local_variance(size: Size = 3) -> Operation:
    """Local variance: how much the samples around each pixel differ from each other.

    Notes
    -----
    The mean of the squared differences of a window's samples from their mean, as numpy.var. It is exact before it is
    rounded for images of 8 and 16 bits; others join the variances of smaller windows, so that nothing cancels on a
    large offset. The variance of equal samples is exactly 0. An even size has its center at size // 2. A window that
    contains NaN or infinity gives NaN.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", COMPSTAT 1982.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.local_variance(numpy.array([[7, 7, 7, 10]], numpy.uint8), (1, 3))
    array([[0., 0., 2., 2.]], dtype=float32)
    """
    return StatisticOfWindow(size, "variance")


@register_filter("local", own_sign=True, shared=SPREAD)
def local_std(size: Size = 3) -> Operation:
    """Local standard deviation: texture and noise, in the image's own units.

    Notes
    -----
    The square root of `imfilter.local_variance`, as numpy.std.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.local_std(numpy.array([[7, 7, 9, 9]], numpy.uint8), (1, 2))
    array([[0., 0., 1., 0.]], dtype=float32)
    """
    return StatisticOfWindow(size, "deviation")


@register_filter("local", own_sign=True, signed=True)
def local_normalize(size: Size = 15) -> Operation:
    """Local contrast normalization: the standard score of each pixel among those around it.

    Parameters
    ----------
    size : int or (int, int), default 15
        Rows and columns of the window, in pixels, at most 16384.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        Signed: float32 for arrays of integers, and of a Pillow image around mid-gray (see `signed`), unless `dtype`
        says otherwise.

    Notes
    -----
    (p - m) / s, with the mean m and the standard deviation s of the window's samples; 0 where s is 0. In Pillow
    images and files of integers, 0 is mid-gray, -4 black and 4 white, unless `signed` says otherwise.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.local_normalize(numpy.array([[7, 7, 9, 9]], numpy.uint8), (1, 2))
    array([[0., 0., 1., 0.]], dtype=float32)
    """
    return StatisticOfWindow(size, "standard", signed=True, full_scale=SCORE)


class EntropyOfWindow(Operation):
    """Compute the entropy of the samples of each window."""

    floats, full_scale = True, 8.0

    def __init__(self, window: Footprint) -> None:
        self._window = window

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return PreparedEntropy(opened, self._window, white_level(opened.dtype), options)


@register_filter("local", own_sign=True, shared=FLOATS)
def local_entropy(size: Size = 5, footprint: WindowShape = None) -> Operation:
    """Local entropy: how many bits a sample needs, given the samples around it.

    Parameters
    ----------
    size : int or (int, int), default 5
        Rows and columns of the window, in pixels; at most 262144 samples.
    footprint : str or (rows, columns) array of bool, default None
        Which pixels of a window count, instead of `size`: "disk:5", or an array such as `imfilter.kernels.footprint`
        returns.

    Notes
    -----
    The sum of -f log2(f) over the levels in a window, with f the share of its samples at a level: from 0 to 8 bits.
    Samples of uint8 are levels; others become one of 256 from 0 to the white of their dtype, and floats one from 0 to
    1. Pillow images and files of integers show 8 bits as white. An even size has its center at size // 2. A window that
    contains NaN gives NaN in a result of floats. Inside the image it is skimage.filters.rank.entropy, which leaves out
    pixels beyond the border.

    References
    ----------
    C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.local_entropy(numpy.array([[5, 5, 5, 5, 8, 9]], numpy.uint8), (1, 4))
    array([[0.       , 0.       , 0.       , 0.8112781, 1.5      , 1.5      ]],
          dtype=float32)
    """
    return EntropyOfWindow(window_of(size, footprint))
