"""Arrays of other libraries: which can be read, and results of the same kind."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError
from .dtypes import Array, numpy_dtype
from .labeled import is_labeled
from .tensors import is_tensor, to_tensor

# DLPack's device numbers (dlpack.h). The CPU reads its own memory and two kinds of pinned memory.
UNKNOWN, CPU, CUDA = 0, 1, 2
ON_CPU = {CPU, 3, 11}


def kind_of_array(image: object) -> str | None:
    """Return which kind of array results become: a tensor, labeled, or of the standard for arrays; None: NumPy's."""
    if isinstance(image, np.ndarray):  # subclasses, too: results do not have their unit or their product
        return None
    if is_tensor(image):
        return "tensor"
    if is_labeled(image):
        return "labeled"
    return "standard" if hasattr(image, "__array_namespace__") else None


def reject_distant(image: object, name: str) -> None:
    """Reject arrays of other libraries whose memory NumPy cannot read, or that would lose their gradient."""
    kind = type(image).__name__
    if getattr(image, "requires_grad", False) is True:
        raise DtypeError(
            f"{name} must not require a gradient, which would be lost, got such a {kind}: pass {name}.detach()")
    if str(getattr(image, "dtype", "")).endswith("bfloat16"):
        raise DtypeError(f"{name} must have a dtype that NumPy has, got a {kind} of bfloat16: make it float32 first")
    if _device(image) not in ON_CPU:
        where = str(getattr(image, "device", "")) or "another device"
        raise DtypeError(
            f"{name} must be in the memory of the processor, got a {kind} on {where}: copy it there first "
            "(.cpu() in PyTorch, .get() in CuPy)")


def _device(image: object) -> int:
    """Return DLPack's number of the device that holds an array: 1 for the CPU."""
    if hasattr(image, "__cuda_array_interface__"):
        return CUDA
    if not hasattr(image, "__dlpack_device__"):
        return CPU
    try:
        return int(image.__dlpack_device__()[0])
    except (ValueError, TypeError, RuntimeError, BufferError):  # a device without a DLPack number
        return UNKNOWN


def to_foreign(image: Any, result: Array) -> Any:
    """Return a result as an array of the image's library, without a copy where that library can share memory."""
    kind = kind_of_array(image)
    if kind == "tensor":
        return to_tensor(result)
    if kind != "standard":
        return result
    library = image.__array_namespace__()
    for function in ("from_dlpack", "asarray"):  # the first one never copies, but rejects some dtypes of NumPy
        try:
            found = getattr(library, function)(result)
        except (AttributeError, ValueError, TypeError, RuntimeError, BufferError):
            continue
        if numpy_dtype(getattr(found, "dtype", result.dtype)) == result.dtype:  # JAX makes float64 float32
            return found
    name = type(image).__module__.partition(".")[0]
    raise DtypeError(f"dtype must be one that {name} has, got {result.dtype}")
