"""Kernel files: JSON with weights and a bias, accepted as a filter wherever a name is."""
from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..convolution import conv2d, correlate
from ..engine.borders import parse_border
from ..engine.request import FilterOptions
from ..errors import FileError, ImfilterError, explain_os_error
from ..filters.combine import combine

SUFFIX = ".json"
TITLE = "imfilter kernel"  # the mark of these files
LARGEST = 2**26  # bytes of a file that are read


def is_kernel_file(name: str) -> bool:
    """Return whether a filter's name is that of a file."""
    return name.lower().endswith(SUFFIX)


def format_kernel(kernel: Array, bias: Any, **more: Any) -> bytes:
    """Return the bytes of a file. more: other entries about the kernel."""
    import json  # only where such a file is used

    entries = {"file": TITLE, "kernel": kernel.tolist(), "bias": np.asarray(bias).tolist(), **more}
    return (json.dumps(entries, indent=1) + "\n").encode()


def read_kernel(path: str) -> tuple[Array, Array]:
    """Return the kernel (kh, kw) for `correlate`, or the bank (C_out, C_in, kh, kw), of a file, and its bias."""
    entries = _read_entries(path)
    if not isinstance(entries, dict) or entries.get("file") != TITLE:
        raise FileError(f"{path}: not a kernel file: imfilter learn writes them")
    kernel, bias = (_read_numbers(path, key, entries) for key in ("kernel", "bias"))
    fits = kernel.ndim in (2, 4) and bias.shape in ((), kernel.shape[:1] if kernel.ndim == 4 else ())
    if not fits or not kernel.size or not np.isfinite(kernel).all() or not np.isfinite(bias).all():
        raise FileError(f"{path}: contains no kernel of finite numbers")
    return kernel, bias


def _read_entries(path: str) -> Any:
    """Return the JSON value in a file. All numbers are floats: integers may be of any length."""
    import json

    try:
        with open(path, "rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    if len(data) > LARGEST:
        raise FileError(f"{path}: must have at most {LARGEST:,} bytes to be a kernel file")
    try:
        return json.loads(data, parse_int=float, object_pairs_hook=_unique_entries)
    except (ValueError, RecursionError) as error:  # in bytes that are no text, or no JSON, or nested too deeply
        twice = f": {error}" if isinstance(error, ImfilterError) else ""
        raise FileError(f"{path}: not a kernel file, or damaged{twice}") from None


def _unique_entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the entries of an object; programs disagree on which of two with one name counts."""
    entries = dict(pairs)
    if len(entries) < len(pairs):
        name = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ImfilterError(f"it has two entries {name!r}")
    return entries


def _read_numbers(path: str, name: str, entries: dict[str, Any]) -> Array:
    """Return an entry as an array. NumPy alone would take texts and booleans for numbers."""
    try:
        numbers = np.array(entries[name])
    except (KeyError, ValueError):  # missing, or rows of different lengths
        numbers = np.array(None)
    if numbers.dtype != np.float64 or _holds_booleans(entries[name]):
        raise FileError(f"{path}: damaged: {name} must be numbers, in lists of equal length")
    return numbers


def _holds_booleans(value: Any) -> bool:
    """Return whether there is a boolean among nested lists of numbers, in which NumPy counts it as 0 or 1."""
    if isinstance(value, list):
        return any(map(_holds_booleans, value))
    return isinstance(value, bool)


def apply_kernel(image: Any, kernel: Array, bias: Any = 0.0, **common: Any) -> Any:
    """Correlate with a kernel, or with a bank across channels, and add the bias. mode is that of `correlate`."""
    if kernel.ndim == 4:
        cross = {key: value for key, value in common.items() if key not in ("mode", "cval")}
        return conv2d(image, kernel, np.broadcast_to(bias, len(kernel)), padding="same",
                      padding_mode=parse_border("mode", common.get("mode", "reflect")), **cross)
    if not np.any(bias):
        return correlate(image, kernel, **common)

    def add_bias(pixels: Array, options: FilterOptions) -> Array:
        result: Array = correlate(pixels, kernel, **options._asdict())
        result += bias
        return result

    return combine(image, add_bias, FilterOptions(**common))


def kernel_stem(path: str) -> str:
    """Return the name that goes into the names of results."""
    return os.path.splitext(os.path.basename(path))[0]
