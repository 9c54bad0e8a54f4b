"""Kernel files: JSON with weights and a bias, accepted as a filter wherever a name is."""
from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..convolution import conv2d, correlate
from ..engine.borders import parse_border
from ..engine.request import FilterOptions
from ..errors import FileError, explain_os_error
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
    import json

    try:
        with open(path, "rb") as stream:
            entries = json.loads(stream.read(LARGEST))
        if not isinstance(entries, dict) or entries.get("file") != TITLE:
            raise FileError(f"{path}: not a kernel file: imfilter learn writes them")
        kernel, bias = (np.array(entries[key], np.float64) for key in ("kernel", "bias"))
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: not a kernel file, or damaged") from None
    fits = kernel.ndim in (2, 4) and bias.shape in ((), kernel.shape[:1] if kernel.ndim == 4 else ())
    if not fits or not kernel.size or not np.isfinite(kernel).all() or not np.isfinite(bias).all():
        raise FileError(f"{path}: contains no kernel of finite numbers")
    return kernel, bias


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
