"""The range of samples: that of their dtype or, in a chain that computes in floats, of the image that it began with."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays.dtypes import EXACT, supported_dtype

_BEGUN: ContextVar[np.dtype[Any] | None] = ContextVar("begun", default=None)


@contextlib.contextmanager
def assume_range(dtype: np.dtype[Any]) -> Iterator[None]:
    """Have the filters called in here take floats for samples on the range of this dtype."""
    token = _BEGUN.set(dtype)
    try:
        yield
    finally:
        _BEGUN.reset(token)


def inside_chain() -> bool:
    """Say whether a chain is on its way, which has checked the image that it began with."""
    return _BEGUN.get() is not None


def range_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype whose range an image's samples are on: its own, unless a chain says otherwise."""
    own = supported_dtype(dtype)
    return own if own.kind != "f" else _BEGUN.get() or own


def white_level(dtype: np.dtype[Any]) -> float:
    """Return the largest sample of an image of this dtype: 1 of floats, which have no end."""
    kind = range_dtype(dtype)
    if kind.kind in "fb":
        return 1.0
    return float(min(np.iinfo(kind).max, EXACT))
