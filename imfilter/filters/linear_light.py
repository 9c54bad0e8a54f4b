"""Linear light: samples are decoded to values proportional to light, filtered, and encoded again.

The curve is the one that a Pillow image or a file declares, else that of sRGB; it is mirrored below 0, and spans the
image's own range.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays.conversion import is_picture, pixels_of, to_input_type
from ..arrays.dtypes import Array, result_dtype, supported_dtype, working_dtype
from ..arrays.transfer_curves import SRGB, TransferCurve
from ..engine.borders import IGNORE, Border, parse_border, parse_cval
from ..engine.output import check_out
from ..engine.request import FilterOptions
from ..errors import DtypeError, ImfilterError
from .combine import round_in_strips
from .operation import Operation
from .sample_range import assume_range, inside_chain, range_dtype, white_level

_CURVES: ContextVar[tuple[TransferCurve, ...] | None] = ContextVar("curves", default=None)


def check_srgb(image: Any) -> None:
    """Reject an image whose samples are not sRGB: other dtypes, floats outside [0, 1], other kinds of color."""
    if inside_chain():
        return
    if is_picture(image) and image.mode.startswith(("CMYK", "YCbCr")):
        raise ImfilterError(
            f"linear needs gray or red, green and blue, got an image of mode {image.mode}: convert it first")
    pixels = pixels_of(image, -1)
    kind = supported_dtype(pixels.dtype)
    if kind.kind != "f" and kind not in (np.uint8, np.uint16):
        raise DtypeError(f"linear needs an image of uint8, uint16 or floats from 0 to 1, got dtype {kind}")
    if kind.kind == "f" and pixels.size:
        low, high = np.nanmin(pixels, initial=0), np.nanmax(pixels, initial=0)
        if low < 0 or high > 1:
            raise ImfilterError(f"linear needs float samples from 0 to 1, got {low:g} to {high:g}")


@contextlib.contextmanager
def assume_curves(curves: tuple[TransferCurve, ...] | None) -> Iterator[None]:
    """Make filters called inside use these transfer curves: one, or one for each channel; None: that of sRGB."""
    token = _CURVES.set(curves or (SRGB,))
    try:
        yield
    finally:
        _CURVES.reset(token)


@contextlib.contextmanager
def use_curves_of(image: Any) -> Iterator[None]:
    """Make filters called inside use the curves that a picture declares, unless the caller has set curves."""
    if _CURVES.get() is not None or not is_picture(image):
        yield
        return
    from ..files.color_curves import find_curves  # imports Pillow

    with assume_curves(find_curves(image)):
        yield


def _current_curves() -> tuple[TransferCurve, ...]:
    return _CURVES.get() or (SRGB,)


def decode_samples(pixels: Array, channel_axis: int | None) -> Array:
    """Return floats proportional to light, on the same range, from checked samples."""
    kind = supported_dtype(pixels.dtype)
    top, floating = white_level(kind), working_dtype(kind)
    if kind.kind == "f":
        light = _convert(pixels.astype(floating) / floating.type(top), channel_axis, "decode")
        light *= top
        return light
    levels = np.arange(top + 1) / top

    def look_up(curve: TransferCurve, part: Array) -> Array:
        table: Array = top * curve.decode(levels)
        return table.astype(floating)[part]

    return _map_channels(pixels, channel_axis, look_up, floating)


def encode_samples(light: Array, top: float, channel_axis: int | None = None) -> Array:
    """Return samples up to `top` from values proportional to light."""
    samples = _convert(light / light.dtype.type(top), channel_axis, "encode")
    samples *= top
    return samples


def _convert(values: Array, channel_axis: int | None, way: str) -> Array:
    """Decode or encode floats by the curves, mirrored below 0."""

    def convert(curve: TransferCurve, part: Array) -> Array:
        result: Array = getattr(curve, way)(np.abs(part))
        return np.copysign(result, part)

    return _map_channels(values, channel_axis, convert, values.dtype)


def _map_channels(
    values: Array, channel_axis: int | None, function: Callable[[TransferCurve, Array], Array], dtype: np.dtype[Any]
) -> Array:
    """Return function(curve, channel) for each channel; at once where one curve is for all.

    An image of other channels than the curves are for, such as gray made of color, takes that of the middle: green.
    """
    curves = _current_curves()
    if channel_axis is None or len(curves) == 1 or values.shape[channel_axis] != len(curves):
        return function(curves[len(curves) // 2], values)
    result = np.empty(values.shape, dtype)
    for curve, source, target in zip(
            curves, np.moveaxis(values, channel_axis, 0), np.moveaxis(result, channel_axis, 0), strict=True):
        target[...] = function(curve, source)
    return result


def apply_in_linear_light(operation: Operation, image: Any, options: FilterOptions) -> Any:
    """Return operation.apply(image, options), computed in linear light and rounded once. The image is checked."""
    pixels, axis = pixels_of(image, options.channel_axis), options.channel_axis
    axis = None if pixels.ndim == 2 else axis
    kind = supported_dtype(pixels.dtype)
    wanted, top, out = result_dtype(kind, options.dtype), white_level(kind), options.out
    light = decode_samples(pixels, axis)
    border = None if options.mode == IGNORE else parse_border("mode", options.mode)
    given = options._replace(dtype=working_dtype(kind, wanted), out=None)
    with assume_range(range_dtype(kind)):  # light is in floats on the range of the samples
        if border is Border.CONSTANT:
            filtered = _apply_with_fill(operation, light, axis, top, parse_cval(options.cval, border, kind), given)
        else:
            filtered = operation.apply(light, given)
    if axis is not None and filtered.ndim == pixels.ndim and len(_current_curves()) > 1:
        result = round_in_strips(encode_samples(filtered, top, axis), wanted, options.workers)
    else:
        result = encode_in_strips(filtered, wanted, top, options.workers)
    if out is not None:
        check_out(out, result.shape, wanted)
        out[...] = result
        result = out
    return to_input_type(image, result)


def _apply_with_fill(
    operation: Operation, light: Array, axis: int | None, top: float, sample: float, options: FilterOptions
) -> Array:
    """Return operation.apply(light, options) with a fill value that is decoded by the curve of each channel."""
    curves = _current_curves()
    fills = [top * float(np.copysign(curve.decode(np.abs([sample / top])), sample)[0]) for curve in curves]
    if axis is None or light.shape[axis] != len(curves) or len(set(fills)) == 1 or operation.matrix is not None:
        filtered: Array = operation.apply(light, options._replace(cval=fills[len(fills) // 2]))
        return filtered
    parts = []
    for number, fill in enumerate(fills):
        own = options._replace(cval=fill, channel_axis=None)
        if own.mask is not None and np.ndim(own.mask) == light.ndim:
            own = own._replace(mask=np.take(own.mask, number, axis))
        parts.append(operation.apply(np.take(light, number, axis), own))
    return np.stack(parts, axis)


def encode_in_strips(light: Array, dtype: np.dtype[Any], top: float, workers: int | None) -> Array:
    """Return samples of this dtype, with one curve for all channels. Threads have no context: it is handed to them."""
    curves = _current_curves()

    def encode(part: Array) -> Array:
        with assume_curves(curves):
            return encode_samples(part, top)

    return round_in_strips(light, dtype, workers, encode)
