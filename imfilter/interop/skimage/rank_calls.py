"""Calls of scikit-image's rank filters: what is computed here, conversions and warnings, and what is passed on."""
from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...engine.footprint_statistics import MOST_PIXELS, Statistic, Window, compute_statistic
from ...errors import ImfilterError
from .conditions import describe_support, is_gray
from .fallback import PACKAGES, call_original
from .rank_needs import Needs

OUT_DTYPES = {"u1", "u2", "f4", "f8"}
MANY_BINS = 2**10
SUPPORT = ", a footprint of two axes, and an `out` of its shape"
CALLER = 4  # frames from a warning in filter_rank to whoever called the filter: _warn, filter_rank, the filter


@dataclass(frozen=True)
class RankCall:
    """The arguments of a call of a filter. more: those that scikit-image's function has besides."""

    name: str
    image: Any
    footprint: Any
    out: Any
    mask: Any
    shift_x: Any
    shift_y: Any
    more: dict[str, Any] = field(default_factory=dict)


def filter_rank(
    call: RankCall, formula: str, low: Needs | None = None, high: Needs | None = None, band: bool = False
) -> Any:
    """Return a rank filter's result, computed here or by scikit-image."""
    window = _read_window(call, formula)
    if window is None:
        return _pass_on(call)
    _check_shapes(call)
    image = _read_image(call.image)
    mask = None if call.mask is None else np.ascontiguousarray(_convert(call.mask)).view(np.uint8)
    bins = 256 if image.dtype == np.uint8 else max(3, int(image.max())) + 1
    if bins > MANY_BINS:
        _warn(f"Bad rank filter performance is expected due to a large number of bins ({bins}), equivalent to an "
              f"approximate bitdepth of {np.log2(bins):.1f}.")
    _warn_of_shifts(call, CALLER)
    out = call.out
    if out is None:
        out = np.empty(image.shape, np.float64 if formula == "entropy" else image.dtype)
    shared = any(np.may_share_memory(out, one) for one in (image, mask) if one is not None)
    apart = np.empty_like(out) if shared else out
    count = np.arange(int(np.count_nonzero(window.footprint)) + 1)
    compute_statistic(image, mask, apart, window, Statistic(
        formula, bins, None if low is None else low(count), None if high is None else high(count), band))
    if apart is not out:
        out[...] = apart
    return out


def _read_window(call: RankCall, formula: str) -> Window | None:
    """Return the window; None where scikit-image has to look at the arguments."""
    image, footprint, out = call.image, call.footprint, call.out
    if not (is_gray(image) and image.dtype.kind != "b" and isinstance(footprint, np.ndarray) and footprint.ndim == 2
            and footprint.dtype.kind in "buif" and (out is None or _is_target(out)) and out is not image
            and (call.mask is None or _is_mask(call.mask)) and _are_integers(call.shift_x, call.shift_y)
            and all(isinstance(rank, (int, float, np.number)) and 0 <= rank <= 1
                    for name, rank in call.more.items() if name in ("p0", "p1"))):
        return None
    before = footprint.shape[0] // 2 + int(call.shift_y), footprint.shape[1] // 2 + int(call.shift_x)
    if not all(0 <= place < size for place, size in zip(before, footprint.shape, strict=True)):
        return None
    shape = footprint > 0
    if formula == "noise":
        shape[before] = False  # the pixel is not compared with itself
    return Window(shape, before) if 0 < np.count_nonzero(shape) <= MOST_PIXELS else None


def _is_target(out: Any) -> bool:
    return (type(out) is np.ndarray and out.ndim == 2 and out.dtype.isnative and out.dtype.str[1:] in OUT_DTYPES
            and out.flags.c_contiguous and out.flags.writeable)


def _is_mask(mask: Any) -> bool:
    return type(mask) is np.ndarray and mask.ndim == 2 and mask.dtype.kind in "buif"


def _are_integers(*shifts: Any) -> bool:
    return all(isinstance(shift, (int, np.integer, np.bool_)) and -128 <= shift < 128 for shift in shifts)


def _check_shapes(call: RankCall) -> None:
    """Refuse arrays of another shape, outside of which scikit-image reads and writes."""
    for name, array in (("mask", call.mask), ("out", call.out)):
        if array is not None and array.shape != call.image.shape:
            raise ImfilterError(f"{name} must have the shape of the image, {call.image.shape}, got {array.shape}")


def _read_image(image: Array) -> Array:
    """Return contiguous pixels of 8 or 16 bits."""
    if image.dtype not in (np.uint8, np.uint16):
        _warn(f"Possible precision loss converting image of type {image.dtype} to uint8 as required by rank filters. "
              "Convert manually using skimage.util.img_as_ubyte to silence this warning.", CALLER + 1)
        image = _convert(image)
    return np.ascontiguousarray(image)


def _convert(array: Array) -> Array:
    """Return bytes, as scikit-image converts arrays to them."""
    if array.dtype in (np.uint8, np.bool_):
        return array
    convert = PACKAGES["util"].find_original("img_as_ubyte", f"pixels must be uint8 or uint16, got {array.dtype}")
    converted: Array = convert(array)
    return converted


def _warn(message: str, frames: int = CALLER) -> None:
    warnings.warn(message, UserWarning, stacklevel=frames)


def _warn_of_shifts(call: RankCall, frames: int) -> None:
    volume = getattr(call.image, "ndim", 2) == 3
    word = "Parameter" if volume else "Paramter"  # as scikit-image spells them
    for name in ("shift_x", "shift_y", "shift_z") if volume else ("shift_x", "shift_y"):
        if isinstance(call.more.get(name, getattr(call, name, 0)), (bool, np.bool_)):
            _warn(f"{word} `{name}` is boolean and will be interpreted as int. This is not officially supported, use "
                  "int instead.", frames + 1)


def _pass_on(call: RankCall) -> Any:
    """Call scikit-image's own function, whose warnings of shifts would name the wrong place."""
    _warn_of_shifts(call, CALLER + 1)
    shifts = {"shift_x": call.shift_x, "shift_y": call.shift_y, **call.more}
    plain = {name: int(value) if isinstance(value, (bool, np.bool_)) else value for name, value in shifts.items()}
    why = describe_support(call.name, call.image, SUPPORT)
    return call_original(
        call.name, why, call.image, call.footprint, package="rank", out=call.out, mask=call.mask, **plain)
