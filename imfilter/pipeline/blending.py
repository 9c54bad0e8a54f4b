"""blend: a filtered image within a region, the original outside, and a soft edge between."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..arrays.alpha import merge_picture_alpha, split_alpha, split_picture_alpha
from ..arrays.conversion import Picture, as_array, has_alpha, is_picture, to_input_type, to_pil
from ..arrays.depth import full_scale
from ..arrays.dtypes import Array, round_to_dtype, supported_dtype
from ..arrays.high_depth import HighDepthImage
from ..arrays.labeled import Grid
from ..arrays.layout import layout_of
from ..arrays.nodata import Value, find_missing, place_nodata
from ..arrays.same_kind import is_foreign
from ..errors import DtypeError, ImfilterError
from ..runtime.keywords import checks_keywords
from .region import Region

if TYPE_CHECKING:
    from ..arrays.image_types import Image, InKind, Numbers


@checks_keywords
def blend(
    before: Image, after: Image, region: str | Numbers | Picture, *, feather: int = 0, channel_axis: int | None = -1
) -> InKind:
    """Blend two images: `after` within a region, `before` outside.

    Parameters
    ----------
    before, after : (H, W), (H, W, C) or (N, H, W, C) arrays or Pillow images
        An image, and the same image filtered. A gray one is repeated for every channel of the other.
    region : (x, y, width, height), str, or (H, W) array or gray Pillow image
        A rectangle, in pixels or in percent of the image's size, (10, 20, 300, 200) or "10%,10%,50%,50%"; or weights
        from 0 to 1 (integers: to their largest value).
    feather : int, default 0
        Pixels on either side of the region's edge over which it fades. Beyond them, samples are exactly those of
        `before` and `after`.
    channel_axis : int or None, default -1
        Axis of the channels.

    Returns
    -------
    (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        In the dtype of `after`, rounded.

    Raises
    ------
    ImfilterError
        When the images or the mask differ in size, or a rectangle lies outside; DtypeError when `before` has another
        dtype than `after` and that is not of floats.

    Notes
    -----
    (1 - w) before + w after. Colors of Pillow images with alpha are weighted by it.

    Examples
    --------
    >>> import imfilter, numpy
    >>> image = numpy.full((1, 6), 100, numpy.uint8)
    >>> imfilter.blend(image, image * 2, (0, 0, 3, 1))
    array([[200, 200, 200, 100, 100, 100]], dtype=uint8)
    >>> imfilter.blend(image, image * 2, "0,0,50%,100%", feather=1)
    array([[200, 200, 175, 125, 100, 100]], dtype=uint8)
    """
    wanted = Region.of(region, feather)
    if is_picture(before) != is_picture(after):
        raise ImfilterError(f"before and after must both be arrays or both Pillow images, got {type(before).__name__} "
                            f"and {type(after).__name__}")
    if is_picture(before):
        return blend_pictures(before, after, wanted)
    pair = _match_arrays(as_array(before, "before"), as_array(after, "after"), channel_axis)
    layout = layout_of(pair[1].shape, channel_axis if pair[1].ndim > 2 else None)
    old, new = (layout.images(one) for one in pair)
    height, width = new.shape[1:3]
    wanted.check_size(height, width)
    weights = wanted.weights(height, width, slice(None), slice(None))
    result = np.empty_like(pair[1])
    for target, first, second in zip(layout.images(result), old, new, strict=True):
        target[...] = mix_samples(first, second, weights)
    like = next((one for one in (after, before) if is_foreign(one) and one.shape == result.shape), None)
    return to_input_type(like, result, Grid(channel_axis))


def _match_arrays(before: Array, after: Array, channel_axis: int | None) -> tuple[Array, Array]:
    """Return both images in the dtype and shape of the result."""
    old, new = supported_dtype(before.dtype), supported_dtype(after.dtype)
    if old != new and new.kind != "f":
        raise DtypeError(f"before and after must have the same dtype unless after is of floats, got {old} and {new}")
    before, after = before.astype(new, copy=False), after.astype(new, copy=False)
    if channel_axis is not None and abs(before.ndim - after.ndim) == 1:
        gray, color = sorted((before, after), key=np.ndim)
        wide = np.broadcast_to(np.expand_dims(gray, channel_axis), color.shape) if _fits(
            gray, color, channel_axis) else gray
        before, after = (wide if one is gray else one for one in (before, after))
    if before.shape != after.shape:
        raise ImfilterError(f"before and after must have the same size, got {before.shape} and {after.shape}")
    return before, after


def _fits(gray: Array, color: Array, channel_axis: int) -> bool:
    """Return whether a gray image has the height and width of a color image."""
    axis = channel_axis % color.ndim if -color.ndim <= channel_axis < color.ndim else -1
    return bool(gray.shape == tuple(side for k, side in enumerate(color.shape) if k != axis))


def blend_pictures(before: Picture, after: Picture, region: Region, nodata: Value | None = None) -> Picture:
    """Return `after` within the region and `before` outside, as pictures with the metadata of `before`.

    nodata: the value of samples without data, which are not mixed with others.
    """
    if before.size != after.size:
        raise ImfilterError(f"before and after must have the same size, got {before.width} x {before.height} and "
                            f"{after.width} x {after.height}")
    region.check_size(before.height, before.width)
    weights = region.weights(before.height, before.width, slice(None), slice(None))
    colors, alpha = blend_colors(split_picture_alpha(before), split_picture_alpha(after), weights, nodata)
    rich = before if len(before.getbands()) >= len(after.getbands()) else after
    if isinstance(after, HighDepthImage) and not isinstance(rich, HighDepthImage):
        rich = HighDepthImage(np.empty((1, 1, len(rich.getbands())), colors.dtype), has_alpha(rich),
                              info=dict(before.info))
    if alpha is not None:
        return merge_picture_alpha(rich, colors, alpha)
    if isinstance(rich, HighDepthImage) and colors.ndim == 2:
        return replace(rich, pixels=colors[..., None])
    return to_pil(colors, rich)


def blend_colors(
    before: tuple[Array, Array | None], after: tuple[Array, Array | None], weights: Array, nodata: Value | None = None
) -> tuple[Array, Array | None]:
    """Return blended colors and alpha, in the dtype of `after`; gray colors are repeated, missing alpha is opaque."""
    (old, old_alpha), (new, new_alpha) = before, after
    if old.ndim != new.ndim:
        old, new = np.broadcast_arrays(*(one if one.ndim == 3 else one[..., None] for one in (old, new)))
    old = round_to_dtype(old, new.dtype)
    if old_alpha is None and new_alpha is None:
        return _mix_colors(old, new, weights, nodata), None
    white = full_scale(new.dtype)
    first, second = (np.full(new.shape[:2], white, new.dtype) if alpha is None else alpha
                     for alpha in (old_alpha, new_alpha))
    first = round_to_dtype(first, second.dtype)
    shares = weights * second, (1 - weights) * first  # a color counts by how much of it is seen
    total = shares[0] + shares[1]
    share = np.divide(shares[0], total, out=np.array(weights, np.float64), where=total > 0)
    share[weights <= 0], share[weights >= 1] = 0, 1
    return _mix_colors(old, new, share, nodata), mix_samples(first, second, weights)


def _mix_colors(before: Array, after: Array, weights: Array, nodata: Value | None) -> Array:
    """Return mixed samples. Where `after` counts, and is without data, so is the result."""
    result = mix_samples(before, after, weights)
    if nodata is not None:
        inside = weights > 0 if after.ndim == 2 else weights[..., None] > 0
        missing = np.where(inside, find_missing(after, nodata), find_missing(before, nodata))
        place_nodata(result, missing, nodata)
    return result


def mix_samples(before: Array, after: Array, weights: Array) -> Array:
    """Return (1 - w) before + w after, rounded; exactly `before` where w is 0, and `after` where it is 1."""
    if before.shape != after.shape:
        raise ImfilterError(f"before and after must have the same channels, got {before.shape} and {after.shape}")
    result: Array = np.array(before)
    result[weights >= 1] = after[weights >= 1]
    between = (weights > 0) & (weights < 1)
    share = weights[between]
    share = share if before.ndim == 2 else share[:, None]
    result[between] = round_to_dtype((1 - share) * before[between] + share * after[between], after.dtype)
    return result


def blend_block(
    before: Array, after: Array, weights: Array, alpha: tuple[bool, bool], nodata: Value | None = None
) -> Array:
    """Return a blended block of samples; alpha: whether the last channel of each is alpha. nodata: as for pictures."""
    old, new = (split_alpha(one) if has else (one, None) for one, has in zip((before, after), alpha, strict=True))
    colors, plane = blend_colors(old, new, weights, nodata)
    if plane is None:
        return colors
    return np.concatenate([colors if colors.ndim == 3 else colors[..., None], plane[..., None]], axis=-1)
