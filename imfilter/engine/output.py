"""Allocate the array that the loops write, and turn it into the result."""
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.dtypes import NATIVE, PROXY_DTYPE, Array, round_to_dtype
from ..arrays.layout import ArrayLayout
from ..errors import DtypeError, ImfilterError
from . import _core
from .sizes import LARGEST

View = Callable[[Array], Array | None]


def allocate_output(
    pixels: Array, shape: tuple[int, ...], dtype: np.dtype[Any], out: Array | None, layout: ArrayLayout,
    planes: bool = False, proxy: np.dtype[Any] | None = None,
) -> tuple[Array, Array]:
    """Return the array that the loops write, and its view (images, rows, columns, channels).

    It is `out` where the loops can write that: samples of a native dtype in rows without gaps that do not overlap the
    image's pixels. planes: the view has every channel as an image of its own. proxy: what the loops write instead of a
    dtype that is not native.
    """
    if out is not None:
        check_out(out, shape, dtype)
        if dtype in NATIVE and out.dtype == dtype and not np.may_share_memory(out, pixels):
            target = layout.planes(out) if planes else layout.images(out)
            if target is not None and _core.has_packed_rows(target):
                return out, target
    if dtype in NATIVE or proxy is None:
        proxy = PROXY_DTYPE.get(dtype, dtype)
    if planes:
        result = layout.empty_planes(shape, proxy)
        return result, layout.planes(result)  # type: ignore[return-value]
    result = layout.empty(shape, proxy)
    return result, layout.images(result)


def check_fits_memory(shape: tuple[int, ...]) -> None:
    """Reject a result whose size in bytes overflows."""
    if math.prod(shape) * 8 > LARGEST:
        raise ImfilterError(f"the result must fit into memory, got the shape {shape}")


def write_output(result: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    """Return what the loops wrote in the result's dtype, in `out` if there is one."""
    if out is None:
        return round_to_dtype(result, dtype)
    if result is not out:
        out[...] = round_to_dtype(result, dtype)
    return out


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Reject an `out` that is not a writable array of exactly this shape and dtype."""
    if not isinstance(out, np.ndarray):
        raise DtypeError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.shape != shape or (out.dtype != dtype and out.dtype.newbyteorder("=") != dtype):
        raise ImfilterError(f"out must have shape {shape} and dtype {dtype}, got {out.shape} and {out.dtype}")
    if not out.flags.writeable:
        raise ImfilterError("out must be writable, got a read-only array")
