"""Regions: parts of a larger image, for which all choices are made as for the whole image."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import NamedTuple

from .borders import Margins
from .computation import Pair


class WholeImage(NamedTuple):
    """The image that a region belongs to: rows and columns of its pixels and of its results.

    margins: the padding around it; None: that of the convolution itself.
    """

    pixels: Pair
    results: Pair
    margins: Margins | None = None


class OutputRegion(NamedTuple):
    """Which results of the whole image a computation gives.

    first: row and column of its first result, which may lie outside the whole result where nobody reads it. grains:
    filled by transforms with the rows and columns of the results that they compute together. beyond: filled by blurs on
    a coarse grid with how many rows and columns results read beyond their kernels, on either side. padding: of the
    region, with which it has the results that are wanted; None: that of the convolution itself.
    """

    first: Pair
    whole: WholeImage
    grains: set[Pair]
    beyond: set[Pair]
    padding: Margins | None = None


CURRENT: ContextVar[OutputRegion | None] = ContextVar("region", default=None)


@contextlib.contextmanager
def computing_region(region: OutputRegion) -> Iterator[None]:
    """Make every convolution called inside compute this region of its result."""
    token = CURRENT.set(region)
    try:
        yield
    finally:
        CURRENT.reset(token)


def get_region() -> OutputRegion | None:
    """Return the region that is computed, or None for a whole image."""
    return CURRENT.get()


def whole_image() -> WholeImage | None:
    """Return the image whose region is computed, or None for a whole image."""
    region = CURRENT.get()
    return region and region.whole
