"""Normalize photos as the training of a network did: scaled to 0..1, minus a mean, over a standard deviation."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ..arrays.dtypes import Array, sample_limits
from ..convolution import conv2d
from ..errors import ImfilterError, list_choices, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..arrays.image_types import Numbers

# Of red, green and blue over ImageNet's photos, which torchvision's trained models expect. torchvision 0.20, 2024,
# "Models and pre-trained weights".
StatisticsName = Literal["imagenet"]
STATISTICS: dict[StatisticsName, Any] = {"imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))}
Normalization: TypeAlias = "StatisticsName | Sequence[Numbers] | None"  # a name or (mean, standard deviation)

Statistics = tuple[Array, Array]


def check_statistics(normalize: Any, channels: int) -> Statistics | None:
    """Return the mean and the standard deviation of the channels, or None for no normalization."""
    if normalize is None:
        return None
    if isinstance(normalize, str) and normalize in STATISTICS:
        normalize = STATISTICS[normalize]
    if not isinstance(normalize, (tuple, list)) or len(normalize) != 2:
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


def normalize_photo(pixels: Array, statistics: Statistics, dtype: np.dtype[Any], workers: int | None = None) -> Array:
    """Return a photo (..., C) normalized, in a dtype of floats. Integers are divided by the largest of their dtype."""
    channels = pixels.shape[-1]
    mean, deviation = (np.broadcast_to(values, (channels,)) for values in statistics)
    largest = 1.0 if pixels.dtype.kind == "f" else float(sample_limits(pixels.dtype)[1])
    with np.errstate(over="ignore"):
        factor, offset = 1 / (largest * deviation), -mean / deviation
    if not np.isfinite([factor, offset]).all():
        raise ImfilterError(f"the standard deviation of normalize must not be that small, got {deviation.min():g}")
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize == 8:
        pixels = pixels.astype(np.float64)  # which need not be exact here, as in conv2d
    result: Array = conv2d(
        pixels, factor.reshape(-1, 1, 1, 1), offset, groups=channels, dtype=dtype, workers=workers)
    return result
