"""Regions: parts of a larger image, for which all choices are made as for the whole image."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import NamedTuple

Pair = tuple[int, int]


class OutputRegion(NamedTuple):
    """Which results of the whole image a computation gives.

    first: row and column of its first result, which may lie outside the whole result where nobody reads it. results:
    rows and columns of the whole result. grains: filled by transforms with the rows and columns of the results that
    they compute together.
    """

    first: Pair
    results: Pair
    grains: set[Pair]


_REGION: ContextVar[OutputRegion | None] = ContextVar("region", default=None)


@contextlib.contextmanager
def computing_region(region: OutputRegion) -> Iterator[None]:
    """Make every convolution called inside compute this region of its result."""
    token = _REGION.set(region)
    try:
        yield
    finally:
        _REGION.reset(token)


def get_region() -> OutputRegion | None:
    """Return the region that is computed, or None for a whole image."""
    return _REGION.get()


def full_size() -> Pair | None:
    """Return the rows and columns of the whole result while a region of it is computed, else None."""
    region = _REGION.get()
    return region and region.results
