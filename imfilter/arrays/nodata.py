"""The value that marks samples without data: its text, where it occurs, and how results keep it."""
from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np

from .conversion import as_array
from .dtypes import Array

NONE = "none"  # every sample counts
FILLS = "nodata is fill value"  # the key in a photo's metadata of where the value comes from
NUMBER = r"(?i)[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?(nan|inf(inity)?)"

Value = int | float


class Nodata(NamedTuple):
    """The value of samples without data, in a photo and in its result. alpha: whether the last channel is alpha."""

    before: Value
    after: Value
    alpha: bool = False


def read_text(stored: bytes) -> str:
    """Return the text of a GDAL_NODATA tag; some programs have written a decimal comma, or NaN as 1.#QNAN."""
    text = stored.rstrip(b"\0 ").decode("latin-1").strip().replace(",", ".")
    return "nan" if re.fullmatch(r"[-+]?1\.#(QNAN|SNAN|IND)0*", text) else text


def parse_nodata(text: str, dtype: np.dtype[Any]) -> Value | None:
    """Return the sample of a dtype that a decimal text means, or None if there is no such sample.

    Floats are the nearest to the text, as in a file of that dtype.

    Examples
    --------
    >>> parse_nodata("-9999.0", np.dtype(np.int16)), parse_nodata("-9999", np.dtype(np.uint8))
    (-9999, None)
    >>> parse_nodata("-3.4028234663852886e+38", np.dtype(np.float32))
    -3.4028234663852886e+38
    """
    if not re.fullmatch(NUMBER, text):
        return None
    number = float(text)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            value = float(dtype.type(number))
        return None if math.isinf(value) and not math.isinf(number) else value
    if not number.is_integer():
        return None
    whole = int(text) if text.lstrip("+-").isdigit() else int(number)
    limits = np.iinfo(dtype)
    return whole if limits.min <= whole <= limits.max else None


def find_missing(samples: Array, nodata: Value) -> Array:
    """Return which samples are without data. NaN never is."""
    if samples.dtype.kind != "f":
        found: Array = samples == nodata
        return found
    missing: Array = np.isnan(samples)
    return missing if math.isnan(nodata) else missing | (samples == samples.dtype.type(nodata))


def measure_range(samples: Array, nodata: Nodata | None = None) -> tuple[float, float]:
    """Return the smallest and the largest sample that counts, or 0 if all are above or below."""
    if nodata is not None:
        samples = clear_missing(samples, nodata.before)
    return float(np.nanmin(samples, initial=0)), float(np.nanmax(samples, initial=0))


def clear_missing(image: Any, nodata: Value) -> Any:
    """Return an image of floats as an array with 0 for samples without data; other images as they are."""
    samples = as_array(image)
    if samples.dtype.kind != "f":
        return image
    return np.where(find_missing(samples, nodata), samples.dtype.type(0), samples)


def place_nodata(samples: Array, missing: Array, nodata: Value) -> None:
    """Give missing samples their value. Others that have it by chance get the next value, as in GDAL."""
    if not math.isnan(nodata):
        samples[(samples == samples.dtype.type(nodata)) & ~missing] = _next_value(nodata, samples.dtype)
    samples[missing] = nodata


def _next_value(value: Value, dtype: np.dtype[Any]) -> Any:
    """Return the next larger value of a dtype, or the next smaller if there is none."""
    if dtype.kind == "f":
        return np.nextafter(dtype.type(value), dtype.type(0 if value == math.inf else math.inf))
    return value + 1 if value < np.iinfo(dtype).max else value - 1
