"""Ranks of scikit-image's filters: of n pixels, how many lie at or below a level, at least.

0 asks for level 0, and more than n for the highest level. Fractions of n are rounded as scikit-image rounds them.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...arrays.dtypes import Array

Needs = Callable[[Array], Array]


def need_any(n: Array) -> Array:
    """The least level."""
    return np.ones_like(n)


def need_all(n: Array) -> Array:
    """The largest level."""
    return n


def need_more_than(fraction: float) -> Needs:
    """The first level at or below which more than a fraction lies; the highest one if there is none."""
    return lambda n: np.floor(fraction * n).astype(np.int64) + 1


def need_fraction(fraction: float) -> Needs:
    """The first level at or below which a fraction lies."""
    return lambda n: np.ceil(fraction * n).astype(np.int64)


def need_more_or_zero(fraction: float) -> Needs:
    """The first level at or below which more than a fraction lies; level 0 if there is none."""
    def find(n: Array) -> Array:
        need = np.floor(fraction * n).astype(np.int64) + 1
        return np.where(need > n, 0, need)
    return find


def need_more_above(fraction: float) -> Needs:
    """The last level at or above which more than a fraction lies; level 0 if there is none."""
    return lambda n: np.maximum(n - np.floor(fraction * n).astype(np.int64), 0)


def need_fraction_above(fraction: float) -> Needs:
    """The last level at or above which a fraction lies."""
    return lambda n: n - np.ceil(fraction * n).astype(np.int64) + 1
