"""Compiled functions of the caller's own, with the signature that scipy.ndimage.generic_filter calls."""
from __future__ import annotations

import ctypes
import re
import sys
from typing import Any, NamedTuple

from ..errors import ImfilterError

SIGNATURE = "int (double *, npy_intp, double *, void *)"
COUNTS = {  # names of C's signed integers, and whether they are as wide as an index
    "npy_intp": True, "intptr_t": True, "Py_ssize_t": True,
    **{name: ctypes.sizeof(kind) == ctypes.sizeof(ctypes.c_ssize_t) for name, kind in (
        ("int", ctypes.c_int), ("long", ctypes.c_long), ("longlong", ctypes.c_longlong))},
}


class Callback(NamedTuple):
    """A compiled function: its address, what it gets as its last argument, and the object that keeps it alive."""

    address: int
    data: int
    owner: object


def compiled_callback(function: Any) -> Callback | None:
    """Return a function that can be called without Python; None: it is one of Python.

    It is a scipy.LowLevelCallable, a capsule as in one, a function of ctypes, or a cfunc of numba.
    """
    module = sys.modules.get("scipy._lib._ccallback")
    if module is not None and isinstance(function, module.LowLevelCallable):
        return _from_capsule(tuple.__getitem__(function, 0), function)
    if type(function).__name__ == "PyCapsule":
        return _from_capsule(function, function)
    pointer = function if _is_pointer(function) else getattr(function, "ctypes", None)
    if _is_pointer(pointer):
        return _from_ctypes(pointer, function)
    if not callable(function):
        raise ImfilterError(
            "function must be callable, a scipy.LowLevelCallable, a function of ctypes or a cfunc of numba, "
            f"got {type(function).__name__}")
    return None


def _is_pointer(function: object) -> bool:
    return isinstance(function, ctypes.CFUNCTYPE(None).__bases__[0])


def _from_capsule(capsule: Any, owner: object) -> Callback:
    """Return the function of a capsule, whose name is the signature and whose context is the function's data."""
    api, given = ctypes.pythonapi, ctypes.py_object(capsule)
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetPointer.restype = api.PyCapsule_GetContext.restype = ctypes.c_void_p
    name: bytes | None = api.PyCapsule_GetName(given)
    found = re.fullmatch(r"int\(double\*,(\w+),double\*,void\*\)", re.sub(rb"\s", b"", name or b"").decode())
    if not found or not COUNTS.get(found[1], False):
        raise ImfilterError(f"function must have the signature {SIGNATURE!r}, got {(name or b'').decode()!r}")
    address = api.PyCapsule_GetPointer(given, ctypes.c_char_p(name))
    return Callback(address, api.PyCapsule_GetContext(given) or 0, owner)


def _from_ctypes(pointer: Any, owner: object) -> Callback:
    """Return a function of ctypes, whose types must be declared: C's functions do not carry them."""
    result, given = pointer.restype, tuple(pointer.argtypes or ())
    doubles = ctypes.POINTER(ctypes.c_double)
    fits = (
        len(given) == 4 and result is ctypes.c_int and given[0] is given[2] is doubles
        and given[1] in (ctypes.c_int, ctypes.c_long, ctypes.c_longlong)
        and ctypes.sizeof(given[1]) == ctypes.sizeof(ctypes.c_ssize_t) and given[3] is ctypes.c_void_p)
    if not fits:
        names = ", ".join(getattr(kind, "__name__", str(kind)) for kind in given)
        raise ImfilterError(
            f"function must have the signature {SIGNATURE!r}, "
            f"got {getattr(result, '__name__', result)} ({names}): set its restype and argtypes")
    return Callback(ctypes.cast(pointer, ctypes.c_void_p).value or 0, 0, owner)
