"""Windows of an image: what is chosen by the size of an image is chosen by that of the whole, not of its windows."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import NamedTuple

Pair = tuple[int, int]


class OutputRegion(NamedTuple):
    """What the results of a window are among those of the whole image.

    first: the place of its first result, which may lie outside the whole where nobody asks for it. results: rows and
    columns of the whole result. grains: rows and columns of the results that are only computed together, one pair from
    each transform; they are noted here.
    """

    first: Pair
    results: Pair
    grains: set[Pair]


_WINDOW: ContextVar[OutputRegion | None] = ContextVar("window", default=None)


@contextlib.contextmanager
def computing_region(window: OutputRegion) -> Iterator[None]:
    """Have every convolution called in here compute this window."""
    token = _WINDOW.set(window)
    try:
        yield
    finally:
        _WINDOW.reset(token)


def current() -> OutputRegion | None:
    """Return the window that is computed, or None where images are whole."""
    return _WINDOW.get()


def whole() -> Pair | None:
    """Return the rows and columns of the whole result that the window is of, or None where images are whole."""
    window = _WINDOW.get()
    return window and window.results
