"""Dispatch calls with lazy arrays to the functions that another module registered for them.

A module that implements calls for a type of lazy array registers its functions with `implements`, as with NumPy's
`__array_function__`. It imports what it implements, so it is in a higher layer, and this module only knows its name:
PROVIDER is imported when the first lazy array arrives.
"""
from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from ..errors import DtypeError

F = TypeVar("F", bound=Callable[..., Any])

PROVIDER = "imfilter.interop.dask"

_implementations: dict[str, Callable[..., Any]] = {}


def is_lazy(image: object) -> bool:
    """Return whether the image is a dask array, without importing dask."""
    module = sys.modules.get("dask.array")
    return module is not None and isinstance(image, module.Array)


def as_plain_lazy(image: Any) -> Any:
    """Return a lazy array as dask's own type, which xarray tells from its subclasses; others as they are."""
    if not is_lazy(image):
        return image
    kind = sys.modules["dask.array"].Array
    return image if type(image) is kind else kind(image.dask, image.name, image.chunks, meta=image._meta)


def reject_lazy(name: str, image: object) -> None:
    """Reject a lazy array, which a function that nothing is registered for would compute as a whole."""
    if type(image) is not np.ndarray and is_lazy(image):
        raise DtypeError(
            f"{name} needs an image in memory, got a dask array: call it for each block, with dask.array.map_overlap")


def implements(name: str) -> Callable[[F], F]:
    """Register the decorated function as an implementation for lazy arrays, by a name that callers know."""

    def register(function: F) -> F:
        _implementations[name] = function
        return function

    return register


def call_lazy(name: str, *args: Any, **keywords: Any) -> Any:
    """Call the implementation of a function for lazy arrays."""
    if name not in _implementations:
        import_module(PROVIDER)
    return _implementations[name](*args, **keywords)


def implementation(name: str, image: object, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function to call for an image: the given one or, of a lazy array, that registered under the name."""
    if type(image) is np.ndarray or not is_lazy(image):
        return function
    return functools.partial(call_lazy, name)
