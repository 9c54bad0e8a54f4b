"""How much two pictures differ: PSNR, SSIM, mean and largest difference, and a picture of where."""
from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, has_alpha, is_picture
from ...arrays.dtypes import Array, supported_dtype
from ...errors import ImfilterError, check_finite

if TYPE_CHECKING:
    import PIL.Image

LEAST_SSIM = 11  # pixels a side of the window that SSIM looks through
HEAT = np.array([[0, 0, 0], [160, 0, 60], [255, 110, 0], [255, 230, 100], [255, 255, 255]])  # from no difference on


@dataclass(frozen=True)
class Difference:
    """How much the samples of one channel, or of all, differ.

    psnr: infinite where none does. ssim: None where it was not computed. place: (y, x) of the largest difference.
    """

    name: str
    psnr: float
    ssim: float | None
    mean: float
    largest: float
    place: tuple[int, int]


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    total: over all channels; channels: each of them; without_ssim: why ssim is None, or ''. unseen: pixels that differ
    where both pictures are fully transparent, which does not count.
    """

    total: Difference
    channels: tuple[Difference, ...]
    data_range: float
    without_ssim: str
    unseen: int = 0

    @property
    def identical(self) -> bool:
        """Whether every sample of one is that of the other, where it can be seen."""
        return self.total.largest == 0


def compare(first: Any, second: Any, *, data_range: float | None = None) -> Comparison:
    """Measure how much two pictures of one size differ.

    Parameters
    ----------
    first, second : (H, W) or (H, W, C) arrays or Pillow images
        Of the same shape and dtype.
    data_range : float, optional
        The largest difference that there can be. When left out, that of the dtype: 255 for uint8, 65535 for uint16,
        1 for floats and bools.

    Returns
    -------
    Comparison
        Its `total` and each of its `channels` has `psnr` in decibels, `ssim`, `mean`, `largest` and `place`.

    Raises
    ------
    ImfilterError
        When shapes or dtypes differ, or samples are not finite.

    Notes
    -----
    PSNR = 10 log10(data_range^2 / mean((first - second)^2)). SSIM is that of Wang et al.: a Gaussian window of standard
    deviation 1.5 and 11 pixels a side; it takes scikit-image, and 11 x 11 pixels.

    Colors where both of two Pillow images are fully transparent are taken to be the same, since nobody sees them. All
    other samples count alike, those of alpha too.

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
    >>> found = explain.compare(gray, gray + numpy.uint8(5))
    >>> round(found.total.psnr, 2), found.total.mean, found.total.largest, found.identical
    (34.15, 5.0, 5.0, False)
    """
    one, other, unseen = _alike(first, second)
    reach = _reach(one.dtype) if data_range is None else check_finite("data_range", data_range)
    if reach <= 0:
        raise ImfilterError(f"data_range must be positive, got {data_range!r}")
    similar, missing = _ssim(one.shape)
    channels = tuple(
        _measured(name, one[..., k], other[..., k], reach, similar) for k, name in enumerate(_names(first, one)))
    return Comparison(_total(channels, reach), channels, reach, missing, unseen)


def difference_picture(first: Any, second: Any) -> PIL.Image.Image:
    """Return where two pictures differ: black where they do not, then red, yellow, and white where they do most.

    The color stands for the largest difference of a pixel's channels, as a share of the largest there is.
    """
    from PIL import Image

    one, other, _ = _alike(first, second)
    most = np.zeros(one.shape[:2])
    for _, sizes in _sizes(one, other):
        np.maximum(most, sizes, out=most)
    share = most / (most.max() or 1.0)
    stops = np.linspace(0, 1, len(HEAT))
    return Image.fromarray(np.stack([np.interp(share, stops, band) for band in HEAT.T], -1).round().astype(np.uint8))


def _alike(first: Any, second: Any) -> tuple[Array, Array, int]:
    """Return two pictures as (H, W, C) arrays of one shape and dtype, and in how many pixels they differ unseen."""
    one, other = as_array(first, "first"), as_array(second, "second")
    if (one.shape, one.dtype) != (other.shape, other.dtype) or (
            is_picture(first) and is_picture(second) and first.mode != second.mode):
        raise ImfilterError(f"pictures to compare must have the same size and kind, got {_told(first, one)} and "
                            f"{_told(second, other)}")
    if one.ndim not in (2, 3) or one.size == 0:
        raise ImfilterError(f"pictures to compare must have the shape (H, W) or (H, W, C), got {one.shape}")
    supported_dtype(one.dtype)
    for samples in (one, other):
        if samples.dtype.kind == "f" and not np.isfinite(samples).all():
            raise ImfilterError("pictures to compare must be finite, got NaN or infinity in one")
    if one.ndim == 2:
        return one[..., None], other[..., None], 0
    if not (is_picture(first) and is_picture(second) and has_alpha(first)):
        return one, other, 0
    unseen = (one[..., -1] == 0) & (other[..., -1] == 0) & (one != other).any(axis=-1)
    return one, np.where(unseen[..., None], one, other), int(np.count_nonzero(unseen))


def _told(picture: Any, pixels: Array) -> str:
    if is_picture(picture):
        return f"{picture.width} x {picture.height} {picture.mode}"
    return f"{pixels.shape} {pixels.dtype}"


def _names(picture: Any, pixels: Array) -> tuple[str, ...]:
    if is_picture(picture):
        bands: tuple[str, ...] = picture.getbands()
        return bands
    return tuple(map(str, range(pixels.shape[2])))


def _reach(dtype: np.dtype[Any]) -> float:
    """Return the largest difference that samples of a dtype can have; floats are taken to lie from 0 to 1."""
    if dtype.kind in "fb":
        return 1.0
    limits = np.iinfo(dtype)
    return float(limits.max) - float(limits.min)


def _sizes(one: Array, other: Array) -> Iterator[tuple[int, Array]]:
    """Yield the sizes of the differences, channel by channel."""
    for k in range(one.shape[2]):
        yield k, np.abs(one[..., k].astype(np.float64) - other[..., k].astype(np.float64))


def _measured(name: str, one: Array, other: Array, reach: float, similar: Any) -> Difference:
    (_, sizes), = _sizes(one[..., None], other[..., None])
    y, x = divmod(int(sizes.argmax()), sizes.shape[1])
    ssim = None
    if similar:
        ssim = float(similar(
            one, other, data_range=reach, gaussian_weights=True, sigma=1.5, use_sample_covariance=False))
    return Difference(name, _psnr(float(np.square(sizes).mean()), reach), ssim, float(sizes.mean()),
                      float(sizes[y, x]), (y, x))


def _psnr(error: float, reach: float) -> float:
    return 10 * math.log10(reach**2 / error) if error else math.inf


def _total(channels: tuple[Difference, ...], reach: float) -> Difference:
    """Return what the channels, which are equally large, make together."""
    worst = max(channels, key=lambda channel: channel.largest)
    error = sum(reach**2 * 10 ** (-channel.psnr / 10) for channel in channels) / len(channels)
    known = [channel.ssim for channel in channels if channel.ssim is not None]
    ssim = sum(known) / len(known) if known else None
    mean = sum(channel.mean for channel in channels) / len(channels)
    return Difference("all", _psnr(error, reach), ssim, mean, worst.largest, worst.place)


def _ssim(shape: tuple[int, ...]) -> tuple[Any, str]:
    """Return the function that computes SSIM, or None and why not."""
    if min(shape[:2]) < LEAST_SSIM:
        return None, f"SSIM needs at least {LEAST_SSIM} x {LEAST_SSIM} pixels"
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        return None, "SSIM needs scikit-image: pip install 'imfilter[skimage]'"
    return structural_similarity, ""
