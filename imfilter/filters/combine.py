"""Results made of several convolutions, put together in floating point and rounded once."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..convolution import check_out
from ..errors import pair
from ..images import Array, known_dtype, opened, result_dtype, rounded, same_kind, stack, working_dtype


def combine(
    image: Any, compute: Callable[..., Array], *, dtype: Any, out: Array | None, stride: Any, channel_axis: Any,
    **common: Any,
) -> Any:
    """Return compute(pixels, **common) as the image's kind, in its dtype or the one asked for.

    compute gets the keywords of `correlate` with a floating dtype, and returns a new floating array.
    """
    pixels = opened(image, channel_axis)
    layout = stack(pixels.shape, channel_axis)
    given = known_dtype(pixels.dtype)
    kind = result_dtype(given, dtype)
    stride = pair("stride", stride, 1)
    if out is not None:
        height, width = layout.size(pixels.shape)
        check_out(out, layout.shape(pixels.shape, -(-height // stride[0]), -(-width // stride[1])), kind)
    result = rounded(
        compute(pixels, dtype=working_dtype(given, kind), stride=stride, channel_axis=channel_axis, **common), kind)
    if out is not None:
        out[...] = result
        result = out
    return same_kind(image, result)

