"""Images whose samples are not there yet: calls with a dask array are answered by imfilter.interop.dask."""
from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def is_dask(image: object) -> bool:
    """Say whether it is a dask array, without importing dask for that."""
    module = sys.modules.get("dask.array")
    return module is not None and isinstance(image, module.Array)


def answer(name: str, image: Any, *args: Any, **keywords: Any) -> Any:
    """Return what that module's function of this name answers. It stands above all whose calls it answers."""
    return getattr(import_module("imfilter.interop.dask"), name)(image, *args, **keywords)


def lazy(function: F) -> F:
    """Have a function of an image give a lazy result for a lazy image."""

    @functools.wraps(function)
    def call(image: Any, *args: Any, **keywords: Any) -> Any:
        if type(image) is not np.ndarray and is_dask(image):
            return answer(function.__name__, image, *args, **keywords)
        return function(image, *args, **keywords)

    return cast(F, call)
