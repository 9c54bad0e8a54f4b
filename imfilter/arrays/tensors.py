"""PyTorch's tensors: which can be read as arrays, and results as tensors. PyTorch is never imported here."""
from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..errors import DtypeError
from .dtypes import Array


def is_tensor(image: object) -> bool:
    """Return whether it is a tensor of PyTorch."""
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)  # None while PyTorch is being imported
    return tensor is not None and isinstance(image, tensor)


def read_tensor(tensor: Any, name: str) -> Array:
    """Return an array that shares the memory of a tensor; reject one that would lose its gradient, or has no such."""
    kind = type(tensor).__name__
    if tensor.requires_grad:
        raise DtypeError(
            f"{name} must not require a gradient, which would be lost, got such a {kind}: pass {name}.detach()")
    if tensor.is_complex():
        raise DtypeError(f"{name} must hold real numbers, got a {kind} of {tensor.dtype}: pass its .real and .imag")
    try:
        array: Array = tensor.numpy()
    except (TypeError, RuntimeError) as error:
        said = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
        raise DtypeError(_say_why(tensor, name) or f"{name} must be an array, got {kind}: {said}") from None
    return array


def _say_why(tensor: Any, name: str) -> str:
    """Return why NumPy cannot read a tensor, and what to do; empty: it is not known."""
    kind, device = type(tensor).__name__, tensor.device.type
    if device != "cpu":
        use = ", which has no samples" if device == "meta" else f": pass {name}.cpu()"
        return f"{name} must be in the memory of the processor, got a {kind} on {tensor.device}{use}"
    if tensor.layout is not _torch().strided:
        return f"{name} must be dense, got a {kind} of layout {tensor.layout}: pass {name}.to_dense()"
    if tensor.is_quantized:
        return f"{name} must not be quantized, got a {kind} of {tensor.dtype}: pass {name}.dequantize()"
    if tensor.is_neg():
        return f"{name} must not be a view of negated numbers, got such a {kind}: pass {name}.resolve_neg()"
    if not hasattr(np, str(tensor.dtype).removeprefix("torch.")):
        return f"{name} must have a dtype that NumPy has, got a {kind} of {tensor.dtype}: make it float32 first"
    return ""


def to_tensor(result: Array) -> Any:
    """Return a tensor that shares the memory of an array."""
    if not result.flags.writeable:  # no tensor is read-only
        result = np.asarray(_Writable(result))
    try:
        return _torch().from_numpy(result)
    except TypeError:
        raise DtypeError(f"dtype must be one that this version of PyTorch has, got {result.dtype}") from None


def _torch() -> Any:
    return sys.modules["torch"]


class _Writable:
    """Memory of a read-only array, which NumPy opens for writing."""

    def __init__(self, array: Array) -> None:
        self._array = array  # keeps the memory
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}
