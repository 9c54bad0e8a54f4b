"""Supported dtypes, and the casts between them and those that the loops read and write."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import DtypeError, ImfilterError

Array = np.ndarray[Any, Any]

# Dtypes that the loops read and write, and for each other one the dtype that it is cast to, exactly.
NATIVE = {np.dtype(code) for code in ("u1", "u2", "i2", "i4", "f4", "f8")}
PROXY_DTYPE = {
    np.dtype(given): np.dtype(used)
    for given, used in (("?", "u1"), ("i1", "i2"), ("u4", "f8"), ("i8", "f8"), ("u8", "f8"), ("f2", "f4"))
}
EXACT = 2**53  # every integer up to here is exact as float64


def supported_dtype(given: np.dtype[Any], name: str = "image") -> np.dtype[Any]:
    """Return an image's dtype in native byte order; reject unsupported ones."""
    dtype: np.dtype[Any] = given.newbyteorder("=")
    if dtype not in NATIVE and dtype not in PROXY_DTYPE:
        raise DtypeError(f"{name} must hold real numbers of at most 64 bits, got dtype {given}")
    return dtype


def to_native(array: Array) -> Array:
    """Return the array in a dtype that the loops read: itself, a view, or an exact copy."""
    if array.dtype in NATIVE:
        return array
    dtype = supported_dtype(array.dtype)
    if dtype in NATIVE:
        return array
    if dtype.kind == "b":
        return array.view(np.uint8)
    check_exact(array)
    return array.astype(PROXY_DTYPE[dtype])


def check_exact(array: Array) -> None:
    """Reject integers that float64 may not hold exactly."""
    if exceeds_float64(array):
        raise ImfilterError(
            f"{array.dtype.newbyteorder('=')} samples must lie within -2**53 and 2**53 to be exact, got {array.min()} "
            f"to {array.max()}")


def exceeds_float64(array: Array) -> bool:
    """Return whether an array holds integers that float64 may not hold exactly."""
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8 or not array.size:
        return False
    return bool(array.max() > EXACT or array.min() < -EXACT)


def result_dtype(image: np.dtype[Any], wanted: object) -> np.dtype[Any]:
    """Return the dtype of a result: the one asked for, else the image's."""
    if wanted is None:
        return image
    dtype = numpy_dtype(wanted)
    if dtype not in NATIVE and dtype not in PROXY_DTYPE:
        raise DtypeError(f"dtype must be one of real numbers of at most 64 bits, got {dtype}")
    return dtype


def numpy_dtype(given: object) -> np.dtype[Any]:
    """Return a dtype that a caller gave, in native byte order; those of other libraries by their names."""
    named = type(given).__name__ in ("dtype", "DType") and not isinstance(given, np.dtype)
    name = str(given).rpartition(".")[2] if named else given
    try:
        dtype: np.dtype[Any] = np.dtype(name).newbyteorder("=")  # type: ignore[call-overload]
    except TypeError:
        raise DtypeError(f"dtype must be a NumPy dtype, got {given!r}") from None
    return dtype


def working_dtype(*dtypes: np.dtype[Any]) -> np.dtype[Any]:
    """Return the floating dtype for intermediate results: float32, unless one of these dtypes needs float64."""
    exact = all(dtype.itemsize <= 2 or dtype.newbyteorder("=") == np.float32 for dtype in dtypes)
    return np.dtype(np.float32 if exact else np.float64)


def sample_limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """Return the smallest and the largest sample of a dtype: integers, or the infinities of floats."""
    if dtype.kind == "f":
        return -math.inf, math.inf
    return (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def round_to_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    """Cast to the dtype: integers rounded to the nearest (ties to even) and saturated, NaN to 0."""
    if values.dtype == dtype:
        return values
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return values.astype(dtype)
    low, high = sample_limits(dtype)
    if values.dtype.kind != "f":
        clipped: Array = np.clip(values, low, high).astype(dtype)
        return clipped
    rounded: Array = np.rint(values)
    missing = np.isnan(rounded)
    if missing.any():
        rounded[missing] = 0
    with np.errstate(invalid="ignore"):
        whole: Array = np.clip(rounded, low, high).astype(dtype)
    if 8 * dtype.itemsize > np.finfo(rounded.dtype).nmant:
        # The float nearest to the largest integer may be above it, and is cast to anything.
        whole[rounded >= high] = high
    return whole
