"""Compare two images: PSNR, SSIM, mean and largest difference, and a heat map of where they differ."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, has_alpha, is_picture
from ...arrays.dtypes import Array, supported_dtype
from ...errors import ImfilterError, check_finite
from ...runtime.keywords import checks_keywords

if TYPE_CHECKING:
    import PIL.Image

SSIM_WINDOW = 11  # pixels a side
HEAT = np.array([[0, 0, 0], [160, 0, 60], [255, 110, 0], [255, 230, 100], [255, 255, 255]])  # no difference first


@dataclass(frozen=True)
class Difference:
    """The difference between the samples of one channel, or of all.

    psnr: infinite for identical samples. ssim: None if it was not computed. place: (y, x) of the largest difference.
    """

    name: str
    psnr: float
    ssim: float | None
    mean: float
    largest: float
    place: tuple[int, int]


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`.

    total: the difference over all channels. channels: the difference of each. without_ssim: why ssim is None, or ''.
    unseen: number of pixels that differ but are fully transparent in both images; they do not count.
    """

    total: Difference
    channels: tuple[Difference, ...]
    data_range: float
    without_ssim: str
    unseen: int = 0

    @property
    def identical(self) -> bool:
        """Whether the images have the same samples, apart from fully transparent pixels."""
        return self.total.largest == 0


@checks_keywords
def compare(first: Any, second: Any, *, data_range: float | None = None) -> Comparison:
    """Compare two images of the same size: PSNR, SSIM, mean and largest difference.

    Parameters
    ----------
    first, second : (H, W) or (H, W, C) arrays or Pillow images
        Of the same shape and dtype.
    data_range : float, optional
        The largest possible difference. Default: that of the dtype, 255 for uint8, 65535 for uint16, 1 for floats and
        bools.

    Returns
    -------
    Comparison
        `total` and each of `channels` have `psnr` in decibels, `ssim`, `mean`, `largest` and `place`.

    Raises
    ------
    ImfilterError
        When shapes or dtypes differ, or samples are not finite.

    Notes
    -----
    PSNR = 10 log10(data_range^2 / mean((first - second)^2)). SSIM follows Wang et al.: a Gaussian window of standard
    deviation 1.5 and 11 x 11 pixels. It needs scikit-image, and images of at least 11 x 11 pixels.

    Pixels that are fully transparent in both of two Pillow images count as equal, since their color is invisible. All
    other samples count alike, alpha included.

    References
    ----------
    Z. Wang and A. C. Bovik, "Mean squared error: love it or leave it?", IEEE Signal Processing Magazine 26(1), 2009.
    Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", IEEE Transactions on Image Processing 13(4), 2004.

    Examples
    --------
    >>> import numpy
    >>> from imfilter import explain
    >>> gray = numpy.full((20, 30), 100, numpy.uint8)
    >>> result = explain.compare(gray, gray + numpy.uint8(5))
    >>> round(result.total.psnr, 2), result.total.mean, result.total.largest, result.identical
    (34.15, 5.0, 5.0, False)
    """
    one, other, unseen = _prepare_pair(first, second)
    reach = _dtype_range(one.dtype) if data_range is None else check_finite("data_range", data_range)
    if reach <= 0:
        raise ImfilterError(f"data_range must be positive, got {data_range!r}")
    ssim, missing = _load_ssim(one.shape)
    channels = tuple(
        _measure_channel(name, one[..., k], other[..., k], reach, ssim)
        for k, name in enumerate(_channel_names(first, one)))
    return Comparison(_combine_channels(channels, reach), channels, reach, missing, unseen)


def format_difference(value: float) -> str:
    """Format a difference with four digits; samples of 16 bits have five."""
    return f"{value:.0f}" if 9999.5 <= value < 1e9 else f"{value:.4g}"


def draw_difference(first: Any, second: Any) -> PIL.Image.Image:
    """Return a heat map of the difference: black for none, then red and yellow, and white for the largest.

    The color of a pixel shows the largest difference among its channels.
    """
    from PIL import Image

    one, other, _ = _prepare_pair(first, second)
    most = np.zeros(one.shape[:2])
    for k in range(one.shape[2]):
        np.maximum(most, _absolute_difference(one[..., k], other[..., k]), out=most)
    share = most / (most.max() or 1.0)
    stops = np.linspace(0, 1, len(HEAT))
    return Image.fromarray(np.stack([np.interp(share, stops, band) for band in HEAT.T], -1).round().astype(np.uint8))


def _prepare_pair(first: Any, second: Any) -> tuple[Array, Array, int]:
    """Return two images as (H, W, C) arrays, and the number of invisible pixels that differ."""
    one, other = as_array(first, "first"), as_array(second, "second")
    if (one.shape, one.dtype) != (other.shape, other.dtype) or (
            is_picture(first) and is_picture(second) and first.mode != second.mode):
        raise ImfilterError(f"images to compare must have the same size and kind, got "
                            f"{_describe(first, one)} and {_describe(second, other)}")
    if one.ndim not in (2, 3) or one.size == 0:
        raise ImfilterError(f"images to compare must have the shape (H, W) or (H, W, C), got {one.shape}")
    supported_dtype(one.dtype)
    for samples in (one, other):
        if samples.dtype.kind == "f" and not np.isfinite(samples).all():
            raise ImfilterError("images to compare must be finite, got NaN or infinity in one")
    if one.ndim == 2:
        return one[..., None], other[..., None], 0
    if not (is_picture(first) and is_picture(second) and has_alpha(first)):
        return one, other, 0
    unseen = (one[..., -1] == 0) & (other[..., -1] == 0) & (one != other).any(axis=-1)
    return one, np.where(unseen[..., None], one, other), int(np.count_nonzero(unseen))


def _describe(image: Any, pixels: Array) -> str:
    if is_picture(image):
        return f"{image.width} x {image.height} {image.mode}"
    return f"{pixels.shape} {pixels.dtype}"


def _channel_names(image: Any, pixels: Array) -> tuple[str, ...]:
    if is_picture(image):
        bands: tuple[str, ...] = image.getbands()
        return bands
    return tuple(map(str, range(pixels.shape[2])))


def _dtype_range(dtype: np.dtype[Any]) -> float:
    """Return the largest possible difference between samples of a dtype; floats are assumed to lie from 0 to 1."""
    if dtype.kind in "fb":
        return 1.0
    limits = np.iinfo(dtype)
    return float(limits.max) - float(limits.min)


def _absolute_difference(one: Array, other: Array) -> Array:
    difference: Array = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return difference


def _measure_channel(name: str, one: Array, other: Array, reach: float, ssim: Any) -> Difference:
    sizes = _absolute_difference(one, other)
    y, x = divmod(int(sizes.argmax()), sizes.shape[1])
    similarity = None
    if ssim:
        similarity = float(ssim(
            one, other, data_range=reach, gaussian_weights=True, sigma=1.5, use_sample_covariance=False))
    return Difference(name, _psnr(float(np.square(sizes).mean()), reach), similarity, float(sizes.mean()),
                      float(sizes[y, x]), (y, x))


def _psnr(error: float, reach: float) -> float:
    return 10 * math.log10(reach**2 / error) if error else math.inf


def _combine_channels(channels: tuple[Difference, ...], reach: float) -> Difference:
    """Return the difference over all channels, which have equally many samples."""
    worst = max(channels, key=lambda channel: channel.largest)
    error = sum(reach**2 * 10 ** (-channel.psnr / 10) for channel in channels) / len(channels)
    known = [channel.ssim for channel in channels if channel.ssim is not None]
    ssim = sum(known) / len(known) if known else None
    mean = sum(channel.mean for channel in channels) / len(channels)
    return Difference("all", _psnr(error, reach), ssim, mean, worst.largest, worst.place)


def _load_ssim(shape: tuple[int, ...]) -> tuple[Any, str]:
    """Return the function that computes SSIM, or None and the reason."""
    if min(shape[:2]) < SSIM_WINDOW:
        return None, f"SSIM needs at least {SSIM_WINDOW} x {SSIM_WINDOW} pixels"
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        return None, "SSIM needs scikit-image: pip install 'imfilter[skimage]'"
    return structural_similarity, ""
