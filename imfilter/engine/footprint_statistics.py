"""Statistics of the pixels that a footprint covers, of images (H, W) whose outside does not count."""
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..runtime.threads import for_each
from . import _footprints
from .computation import Pair
from .footprint import chords_of, footprint_from

MOST_PIXELS = 65534  # of a footprint: counts of 16 bits, and one more
TRIANGLE = 700  # pixels of footprints for which the terms of all numbers of pixels are kept: 2 MB
MANY_LEVELS = 2048


@dataclass(frozen=True)
class Statistic:
    """What is computed of the n pixels of a window that count.

    formula: a name that _footprints.FORMULAS has. bins: levels that pixels can have, from 0 on.

    low, high: levels, where the formula has them: by n from 0 to that of the footprint, how many pixels lie at or below
    them, at least. 0: level 0; more than n: the highest level. band: n and the sum are of the pixels from `low` to the
    last level below `high`, or to the highest level where more than n pixels are asked for.
    """

    formula: str
    bins: int
    low: Array | None = None
    high: Array | None = None
    band: bool = False


@dataclass(frozen=True)
class Window:
    """A footprint (rows, columns) that has a True, and how much of it lies above and to the left of the pixel."""

    footprint: Array
    before: Pair


def compute_statistic(
    image: Array, mask: Array | None, out: Array, window: Window, statistic: Statistic, workers: int | None = None
) -> None:
    """Write a statistic of each window to `out` (H, W), in uint8, uint16, float32 or float64.

    image: (H, W) of uint8 or uint16, with pixels. mask: bytes of the same shape; pixels where it is 0 do not count. All
    are C-contiguous, and `out` overlaps none of them.
    """
    strips, rows = _prepare(image, mask, out, window, statistic)
    height = image.shape[0]
    for_each(lambda y: strips.compute(y, min(y + rows, height)), range(0, height, rows), workers, least=2)


def _prepare(
    image: Array, mask: Array | None, out: Array, window: Window, statistic: Statistic
) -> tuple[_footprints.Strips, int]:
    """Return the statistic, ready to be computed, and the rows of a strip."""
    footprint, formula = window.footprint, statistic.formula
    count = int(np.count_nonzero(footprint))
    tile = _choose_tile(footprint, statistic)
    triangle = count <= TRIANGLE
    more = {
        "bins": statistic.bins, "wide": image.dtype.itemsize == 2, "out_kind": _footprints.OUT_KINDS[out.dtype.str[1:]],
        "formula": _footprints.FORMULAS[formula], "band": statistic.band, "tile": tile,
        "low": _name_level(statistic.low, formula), "low_needs": _cast_needs(statistic.low),
        "high": _name_level(statistic.high, formula), "high_needs": _cast_needs(statistic.high),
        "terms": _make_terms(count, triangle) if formula == "entropy" else None, "triangle": triangle}
    lists = _list_places(footprint), _list_runs(footprint), _list_runs(footprint.T)
    strips = _footprints.Strips(
        _bytes_of(image), None if mask is None else _bytes_of(mask), _bytes_of(out),
        (image.shape[0], image.shape[1]), ((footprint.shape[0], footprint.shape[1]), window.before), lists, more)
    return strips, tile[0]


def _choose_tile(footprint: Array, statistic: Statistic) -> Pair:
    """Return rows and columns of tiles, which fit into the second-level cache with small footprints.

    Where histograms may have many levels, only those that occur in a tile are kept: a small one has fewer.
    """
    height, width = footprint.shape
    counted = statistic.formula in ("entropy", "mode", "geometric_mean") or statistic.low is not None
    if counted and statistic.bins > MANY_LEVELS and max(height, width) <= 64:
        return 16, 128
    return (64 if height <= 64 else 128), (256 if width <= 64 or statistic.bins > 256 else 512)


def _name_level(needs: Array | None, formula: str) -> int:
    """Return where a level comes from. Constants and extremes are found without a search."""
    if needs is None or formula == "above_rank":
        return _footprints.LEVELS["nothing"]
    count = np.arange(1, len(needs))
    own = needs[1:]
    name = ("zero" if not own.any() else "top" if (own > count).all() else "least" if (own == 1).all() else
            "most" if (own == count).all() else "search")
    return _footprints.LEVELS[name]


def _cast_needs(needs: Array | None) -> Array | None:
    return None if needs is None else np.ascontiguousarray(np.clip(needs, 0, len(needs)), np.int32)


@lru_cache(1)
def _make_terms(count: int, triangle: bool) -> Array:
    """Return the terms of entropies of `count` pixels, after those of all smaller numbers if they are kept."""
    terms = np.empty((count + 1) * (count + 2) // 2 if triangle else count + 1)
    _footprints.fill_terms(terms, count, triangle)
    return terms


def _list_places(footprint: Array) -> Array:
    return np.ascontiguousarray(np.argwhere(footprint), np.intp)


def _list_runs(footprint: Array) -> Array:
    return np.ascontiguousarray(chords_of(footprint_from(footprint)), np.intp)


def _bytes_of(array: Array) -> Any:
    return array.reshape(-1).view(np.uint8)
