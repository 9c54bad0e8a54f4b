"""Drop-in replacements for scikit-image's rank filters: `from imfilter.interop.skimage import rank`.

Signatures, defaults, dtypes, warnings and results are those of skimage.filters.rank in scikit-image 0.26, to the bit.
Pixels outside of the image, and where a mask is 0, do not count. Images (H, W) are computed here; volumes and all else
are left to scikit-image if it is installed, so its errors are its own. All other names of skimage.filters.rank are
scikit-image's.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from .fallback import PACKAGES
from .rank_calls import RankCall, filter_rank
from .rank_needs import need_all, need_any, need_more_than
from .rank_percentiles import (
    autolevel_percentile,
    enhance_contrast_percentile,
    gradient_percentile,
    mean_percentile,
    percentile,
    pop_percentile,
    subtract_mean_percentile,
    sum_percentile,
    threshold_percentile,
)

__all__ = [
    "autolevel", "autolevel_percentile", "enhance_contrast", "enhance_contrast_percentile", "entropy", "equalize",
    "geometric_mean", "gradient", "gradient_percentile", "majority", "maximum", "mean", "mean_percentile", "median",
    "minimum", "modal", "noise_filter", "percentile", "pop", "pop_percentile", "subtract_mean",
    "subtract_mean_percentile", "sum", "sum_percentile", "threshold", "threshold_percentile",
]


def __getattr__(name: str) -> Any:
    return PACKAGES["rank"].find_other(name, __name__)


def mean(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the mean of each window, cut off to an integer, as skimage.filters.rank.mean does.

    Parameters
    ----------
    image : (H, W) array of uint8 or uint16
        Others but booleans are converted to uint8 by scikit-image, with a warning.
    footprint : (h, w) array
        Pixels that count where it is above 0. Its center is (h // 2, w // 2).
    out : (H, W) array, optional
        C-contiguous, of uint8, uint16, float32 or float64.
    mask : (H, W) array, optional
        Pixels that count where it is not 0; by default all do.
    shift_x, shift_y : int, default 0
        Columns and rows by which the center moves; it stays within the footprint.
    shift_z : int, default 0
        For volumes, which are passed on to scikit-image.

    Returns
    -------
    (H, W) array
        `out`, else a new one of the dtype of the image as it is computed; 0 where no pixel counts.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.mean(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  3,   5,  71, 104]], dtype=uint8)
    """
    call = RankCall("mean", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "mean")


def median(
    image: Any, footprint: Any = None, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0,
    shift_z: Any = 0,
) -> Any:
    """Return the median of each window, as skimage.filters.rank.median does; by default of 3 x 3.

    Parameters are those of `mean`. Of an even number of pixels it is the upper one.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.median(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  5,   5,   9, 200]], dtype=uint8)
    """
    if footprint is None:
        footprint = np.ones((3,) * image.ndim, bool)
    call = RankCall("median", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "value", need_more_than(0.5))


def minimum(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the least pixel of each window, as skimage.filters.rank.minimum does.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.minimum(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[1, 1, 5, 9]], dtype=uint8)
    """
    call = RankCall("minimum", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "value", need_any)


def maximum(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the largest pixel of each window, as skimage.filters.rank.maximum does.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.maximum(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  5,   9, 200, 200]], dtype=uint8)
    """
    call = RankCall("maximum", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "value", need_all)


def gradient(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the largest minus the least pixel of each window, as skimage.filters.rank.gradient does.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.gradient(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  4,   8, 195, 191]], dtype=uint8)
    """
    call = RankCall("gradient", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "difference", need_any, need_all)


def autolevel(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Stretch the levels of each window to the whole range, as skimage.filters.rank.autolevel does.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.autolevel(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  0, 127,   5, 255]], dtype=uint8)
    """
    call = RankCall("autolevel", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "stretch", need_any, need_all)


def enhance_contrast(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the least or largest pixel of each window, which is nearer, as enhance_contrast in skimage.filters.rank.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.enhance_contrast(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  1,   1,   5, 200]], dtype=uint8)
    """
    call = RankCall("enhance_contrast", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "nearer", need_any, need_all)


def equalize(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Equalize the histogram of each window, as skimage.filters.rank.equalize does.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.equalize(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[127, 170, 170, 255]], dtype=uint8)
    """
    call = RankCall("equalize", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "equalize")


def subtract_mean(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return half the pixel minus the mean of its window, as skimage.filters.rank.subtract_mean does.

    Parameters are those of `mean`. The middle of the range minus 1 is added.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.subtract_mean(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[126, 127,  95, 174]], dtype=uint8)
    """
    call = RankCall("subtract_mean", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "subtract_mean")


def threshold(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return 1 where a pixel is above the mean of its window, as skimage.filters.rank.threshold does.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.threshold(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[0, 0, 0, 1]], dtype=uint8)
    """
    call = RankCall("threshold", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "above_mean")


def entropy(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the entropy of each window in bits, as skimage.filters.rank.entropy does, in float64.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.entropy(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[1.       , 1.5849625, 1.5849625, 1.       ]])
    """
    call = RankCall("entropy", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "entropy")


def pop(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return how many pixels of each window count, as skimage.filters.rank.pop does; integers wrap.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.pop(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[2, 3, 3, 2]], dtype=uint8)
    """
    call = RankCall("pop", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "population")


def sum(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the sum of each window, as skimage.filters.rank.sum does; integers wrap.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.sum(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[  6,  15, 214, 209]], dtype=uint8)
    """
    call = RankCall("sum", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "sum")


def noise_filter(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return how far the nearest level in its window is from a pixel, as noise_filter in skimage.filters.rank.

    Parameters are those of `mean`. The pixel itself does not count, but level 0 and the highest one do.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.noise_filter(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[ 1,  4,  4, 55]], dtype=uint8)
    """
    call = RankCall("noise_filter", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "noise")


def geometric_mean(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the geometric mean of each window, of pixels plus 1, as geometric_mean in skimage.filters.rank.

    Parameters are those of `mean`.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.geometric_mean(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[ 2,  4, 22, 44]], dtype=uint8)
    """
    call = RankCall("geometric_mean", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "geometric_mean")


def modal(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, shift_z: Any = 0
) -> Any:
    """Return the level that is most frequent in each window, as skimage.filters.rank.modal does.

    Parameters are those of `mean`. Of several it is the lowest.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.modal(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[1, 1, 5, 9]], dtype=uint8)
    """
    call = RankCall("modal", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "mode")


def majority(
    image: Any, footprint: Any, *, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0,
    shift_z: Any = 0,
) -> Any:
    """Return the level that is most frequent in each window, as skimage.filters.rank.majority does.

    Parameters are those of `mean`. Of several it is the lowest.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.majority(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)))
    array([[1, 1, 5, 9]], dtype=uint8)
    """
    call = RankCall("majority", image, footprint, out, mask, shift_x, shift_y, {"shift_z": shift_z})
    return filter_rank(call, "mode")
