"""Replacements for scikit-image's rank filters that take percentiles: p0 and p1, from 0 to 1."""
from __future__ import annotations

from typing import Any

import numpy as np

from .rank_calls import RankCall, filter_rank
from .rank_needs import (
    need_all,
    need_fraction,
    need_fraction_above,
    need_more_above,
    need_more_or_zero,
    need_more_than,
)


def percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0
) -> Any:
    """Return the level of each window below which a share p0 lies, as skimage.filters.rank.percentile does.

    Parameters are those of `mean`, and p0: a share from 0 to 1; the maximum for 1.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.5)
    array([[  5,   5,   9, 200]], dtype=uint8)
    """
    call = RankCall("percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0})
    return filter_rank(call, "value", need_all if p0 == 1 else need_more_than(_number(p0)))


def autolevel_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Stretch the levels between two percentiles to the range, as skimage.filters.rank.autolevel_percentile does.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the lower and the upper level.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.autolevel_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[  0, 127,   5, 255]], dtype=uint8)
    """
    call = RankCall("autolevel_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "stretch_within", need_more_or_zero(_number(p0)), need_more_above(1.0 - _number(p1)))


def gradient_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Return the difference of two percentiles, as skimage.filters.rank.gradient_percentile does.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the lower and the upper level.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.gradient_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[  4,   8, 195, 191]], dtype=uint8)
    """
    call = RankCall("gradient_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "difference", need_fraction(_number(p0)), need_fraction_above(1.0 - _number(p1)))


def enhance_contrast_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Return which of two percentiles is nearer, as enhance_contrast_percentile in skimage.filters.rank.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the lower and the upper level.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.enhance_contrast_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[  1,   1,   5, 200]], dtype=uint8)
    """
    call = RankCall("enhance_contrast_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "nearer", need_more_or_zero(_number(p0)), need_more_above(1.0 - _number(p1)))


def mean_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Return the mean between two percentiles, as skimage.filters.rank.mean_percentile does.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the band of levels and up to its end.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.mean_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[1, 3, 7, 9]], dtype=uint8)
    """
    call = RankCall("mean_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "whole_mean", *_find_band(p0, p1))


def subtract_mean_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Return half the pixel minus the mean between percentiles, as subtract_mean_percentile in skimage.filters.rank.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the band of levels and up to its end.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.subtract_mean_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[128, 129, 129, 223]], dtype=uint8)
    """
    call = RankCall("subtract_mean_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "subtract_whole_mean", *_find_band(p0, p1))


def sum_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Return the sum between two percentiles, as skimage.filters.rank.sum_percentile does; integers wrap.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the band of levels and up to its end.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.sum_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[ 1,  6, 14,  9]], dtype=uint8)
    """
    call = RankCall("sum_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "sum", *_find_band(p0, p1))


def pop_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0,
    p1: Any = 1,
) -> Any:
    """Return the number of pixels between two percentiles, as skimage.filters.rank.pop_percentile does.

    Parameters are those of `mean`, and p0, p1: the shares of pixels below the band of levels and up to its end.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.pop_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.1, p1=0.9)
    array([[1, 2, 2, 1]], dtype=uint8)
    """
    call = RankCall("pop_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0, "p1": p1})
    return filter_rank(call, "population", *_find_band(p0, p1))


def threshold_percentile(
    image: Any, footprint: Any, out: Any = None, mask: Any = None, shift_x: Any = 0, shift_y: Any = 0, p0: Any = 0
) -> Any:
    """Return the highest level where a pixel reaches a percentile, as skimage.filters.rank.threshold_percentile does.

    Parameters are those of `mean`, and p0: a share from 0 to 1.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import rank
    >>> rank.threshold_percentile(numpy.array([[1, 5, 9, 200]], numpy.uint8), numpy.ones((1, 3)), p0=0.5)
    array([[255, 255, 255, 255]], dtype=uint8)
    """
    call = RankCall("threshold_percentile", image, footprint, out, mask, shift_x, shift_y, {"p0": p0})
    return filter_rank(call, "above_rank", need_fraction(_number(p0)))


def _find_band(p0: Any, p1: Any) -> tuple[Any, Any, bool]:
    """Return both ends of a band of levels, and whether it is less than all levels."""
    return need_fraction(_number(p0)), need_more_than(_number(p1)), p0 != 0 or p1 != 1


def _number(share: Any) -> float:
    """Return a share as a float; one that is no number goes on to scikit-image, which refuses it."""
    return float(share) if isinstance(share, (int, float, np.number)) else 0.0
