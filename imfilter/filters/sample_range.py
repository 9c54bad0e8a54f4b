"""The range of samples: that of their dtype or, within a pipeline that computes in floats, of the original image."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays.dtypes import EXACT, supported_dtype

ORIGINAL: ContextVar[np.dtype[Any] | None] = ContextVar("original", default=None)


@contextlib.contextmanager
def assume_range(dtype: np.dtype[Any]) -> Iterator[None]:
    """Make filters called inside treat floats as samples on the range of this dtype."""
    token = ORIGINAL.set(dtype)
    try:
        yield
    finally:
        ORIGINAL.reset(token)


def inside_chain() -> bool:
    """Return whether a pipeline is running, which has checked the original image."""
    return ORIGINAL.get() is not None


def original_dtype() -> np.dtype[Any] | None:
    """Return the dtype of the original image within a pipeline, else None."""
    return ORIGINAL.get()


def range_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype whose range an image's samples use: its own, or within a pipeline that of the original image."""
    own = supported_dtype(dtype)
    return own if own.kind != "f" else ORIGINAL.get() or own


def white_level(dtype: np.dtype[Any]) -> float:
    """Return the white of an image of this dtype: its largest integer, or 1 for floats."""
    kind = range_dtype(dtype)
    if kind.kind in "fb":
        return 1.0
    return float(min(np.iinfo(kind).max, EXACT))
