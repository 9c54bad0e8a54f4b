"""Results computed from several convolutions: combined in floating point, and rounded once."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.conversion import pixels_of, to_input_type
from ..arrays.depth import full_scale
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, supported_dtype, working_dtype
from ..arrays.layout import iterate_strips, layout_of
from ..engine.output import check_out
from ..engine.request import FilterOptions
from ..errors import check_pair
from ..runtime.threads import for_each


def combine(image: Any, compute: Callable[[Array, FilterOptions], Array], options: FilterOptions) -> Any:
    """Return compute(pixels, options) as the image's type, in its dtype or the one asked for.

    compute gets a floating dtype, a checked stride and no out. It returns a new array of that dtype, or of the
    result's.
    """
    pixels, out = pixels_of(image, options.channel_axis), options.out
    layout = layout_of(pixels.shape, options.channel_axis)
    given = supported_dtype(pixels.dtype)
    kind = result_dtype(given, options.dtype)
    stride = check_pair("stride", options.stride, 1)
    if out is not None:
        height, width = layout.size(pixels.shape)
        check_out(out, layout.shape(pixels.shape, -(-height // stride[0]), -(-width // stride[1])), kind)
    values = compute(pixels, options._replace(dtype=working_dtype(given, kind), stride=stride, out=None))
    result = round_in_strips(values, kind, options.workers)
    if out is not None:
        out[...] = result
        result = out
    return to_input_type(image, result)


def round_in_strips(
    values: Array, dtype: np.dtype[Any], workers: int | None, finish: Callable[[Array], Array] | None = None
) -> Array:
    """Return finish(values), which may overwrite them, rounded to the dtype, strip by strip."""
    if finish is None and (values.dtype == dtype or dtype.kind == "f"):
        return round_to_dtype(values, dtype)
    result = np.empty_like(values, dtype)

    def round_strip(rows: slice) -> None:
        result[rows] = round_to_dtype(finish(values[rows]) if finish else values[rows], dtype)

    for_each(round_strip, iterate_strips(values.shape), workers)
    return result


def scale_to_white(values: Array, value: float, dtype: np.dtype[Any], workers: int | None) -> Array:
    """Return floats, which may be overwritten, as samples of an integer dtype whose white is this value."""
    factor = full_scale(dtype) / value
    return round_in_strips(values, dtype, workers, lambda part: np.multiply(part, factor, out=part))
