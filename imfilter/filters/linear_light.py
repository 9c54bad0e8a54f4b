"""Linear light: sRGB samples are decoded to values proportional to light, filtered, and encoded again.

The curve is that of IEC 61966-2-1 (1999), mirrored below 0, on the image's own range.
"""

from typing import Any

import numpy as np

from ..arrays.conversion import is_picture, pixels_of, to_input_type
from ..arrays.dtypes import Array, result_dtype, supported_dtype, working_dtype
from ..engine.borders import Border, parse_border, parse_cval
from ..engine.output import check_out
from ..errors import DtypeError, ImfilterError
from .combine import round_in_strips
from .operation import Operation
from .sample_range import inside_chain, white_level


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


def decode_srgb(pixels: Array) -> Array:
    """Return floats proportional to light, on the same range, from checked sRGB samples."""
    kind = supported_dtype(pixels.dtype)
    top, floating = white_level(kind), working_dtype(kind)
    if kind.kind == "f":
        light = _decode(pixels.astype(floating) / floating.type(top))
        light *= top
        return light
    table = top * _decode(np.arange(top + 1) / top)
    return table.astype(floating)[pixels]


def encode_srgb(light: Array, top: float) -> Array:
    """Return sRGB samples up to `top` from values proportional to light."""
    share = np.abs(light / light.dtype.type(top))
    high = 1.055 * share ** (1 / 2.4) - 0.055
    samples: Array = np.where(share <= 0.0031308, 12.92 * share, high)
    samples *= top
    return np.copysign(samples, light, out=samples)


def _decode(samples: Array) -> Array:
    size = np.abs(samples)
    high = ((size + 0.055) / 1.055) ** 2.4
    light: Array = np.copysign(np.where(size <= 0.04045, size / 12.92, high), samples)
    return light


def apply_in_linear_light(operation: Operation, image: Any, options: dict[str, Any]) -> Any:
    """Return operation.apply(image, **options), computed in linear light and rounded once. The image is checked."""
    pixels = pixels_of(image, options["channel_axis"])
    kind = supported_dtype(pixels.dtype)
    wanted, top, out = result_dtype(kind, options["dtype"]), white_level(kind), options["out"]
    light = decode_srgb(pixels)
    border, beyond = parse_border("mode", options["mode"]), options["cval"]
    if border is Border.CONSTANT:
        beyond = top * float(_decode(np.asarray(parse_cval(beyond, border, kind) / top)))
    floats = working_dtype(kind, wanted)
    filtered = operation.apply(light, **{**options, "cval": beyond, "dtype": floats, "out": None})
    result = round_in_strips(filtered, wanted, options["workers"], lambda part: encode_srgb(part, top))
    if out is not None:
        check_out(out, result.shape, wanted)
        out[...] = result
        result = out
    return to_input_type(image, result)
