"""Normalize photos as the training of a network did: scaled to 0..1, minus a mean, over a standard deviation."""
from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from ..arrays.dtypes import Array, sample_limits
from ..convolution import conv2d
from ..engine.request import BankOptions
from ..errors import ImfilterError, list_choices, shorten
from .kept_banks import KeptBanks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..arrays.image_types import Numbers

# Of red, green and blue over ImageNet's photos, which torchvision's trained models expect. torchvision 0.20, 2024,
# "Models and pre-trained weights".
StatisticsName = Literal["imagenet"]
STATISTICS: dict[StatisticsName, Any] = {"imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))}
Normalization: TypeAlias = "StatisticsName | Sequence[Numbers] | Array | None"  # a name or (mean, standard deviation)

class ChannelScale(NamedTuple):
    """What is done to each channel, as a depthwise bank of 1 x 1: the factors (C, 1, 1, 1), and what is added (C,)."""

    factors: Array
    offsets: Array


def find_scale(normalize: Any, dtype: np.dtype[Any], channels: int) -> ChannelScale | None:
    """Return what normalizes photos of a dtype, whose integers are divided by its largest; None for nothing."""
    if normalize is None:
        return None
    if isinstance(normalize, str) and normalize in STATISTICS:
        return _find_named(normalize, dtype, channels)
    return _make_scale(normalize, dtype, channels)


@lru_cache(maxsize=16)
def _find_named(name: StatisticsName, dtype: np.dtype[Any], channels: int) -> ChannelScale:
    return _make_scale(STATISTICS[name], dtype, channels)


def _make_scale(normalize: Any, dtype: np.dtype[Any], channels: int) -> ChannelScale:
    mean, deviation = (np.broadcast_to(values, (channels,)) for values in _check_statistics(normalize, channels))
    largest = 1.0 if dtype.kind == "f" else float(sample_limits(dtype)[1])
    with np.errstate(over="ignore"):
        factors, offsets = 1 / (largest * deviation), -mean / deviation
    if not np.isfinite([factors, offsets]).all():
        raise ImfilterError(f"the standard deviation of normalize must not be that small, got {deviation.min():g}")
    return ChannelScale(factors.reshape(-1, 1, 1, 1), offsets)


def _check_statistics(normalize: Any, channels: int) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of the channels."""
    is_list = isinstance(normalize, (tuple, list)) or (isinstance(normalize, np.ndarray) and normalize.ndim > 0)
    if not is_list or len(normalize) != 2:
        came = shorten(" ".join(repr(normalize).split()))  # on one line, also of an array
        raise ImfilterError(f"normalize must be {list_choices(STATISTICS)}, or (mean, standard deviation), got {came}")
    mean, deviation = (_check_channels(name, values, channels) for name, values in zip(
        ("mean", "standard deviation"), normalize, strict=True))
    if not (deviation > 0).all():
        raise ImfilterError(f"the standard deviation of normalize must be positive, got {normalize[1]!r}")
    return mean, deviation


def _check_channels(name: str, values: Any, channels: int) -> Array:
    """Return a number, or one for each channel."""
    try:
        numbers = np.asarray(values)
    except ValueError:  # lists of different lengths
        numbers = np.asarray(None)
    if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
        raise ImfilterError(f"the {name} of normalize must be finite numbers, got {values!r}")
    if numbers.shape not in ((), (1,), (channels,)):
        raise ImfilterError(
            f"the {name} of normalize must be one number or one for each of {channels} channels, got {values!r}")
    return numbers.astype(np.float64)


def normalize_photo(
    pixels: Array, scale: ChannelScale, dtype: np.dtype[Any], workers: int | None, kept: KeptBanks | None
) -> Array:
    """Return a photo (..., C) normalized, in a dtype of floats. kept: where a named normalization stays ready."""
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize == 8:
        pixels = pixels.astype(np.float64)  # which need not be exact here, as in conv2d
    options = BankOptions(groups=pixels.shape[-1], dtype=dtype)
    if kept is not None:
        return kept.convolve(pixels, *scale, options, workers)
    result: Array = conv2d(pixels, *scale, groups=options.groups, dtype=dtype, workers=workers)
    return result
