"""Guides: images whose edges another image is filtered by, and the part of one that a part of an image needs."""
from __future__ import annotations

import numpy as np

from ..arrays.dtypes import Array
from ..errors import ImfilterError
from .computation import Pair


def check_guide_size(guide: Array, whole: Pair) -> None:
    """Reject a guide (rows, columns, ...) of another size than the whole image."""
    if guide.shape[:2] != whole:
        height, width = guide.shape[:2]
        raise ImfilterError(f"guide must have the image's size, {whole[0]} rows and {whole[1]} columns, got "
                            f"{height} and {width}")


def take_tile(guide: Array, origin: Pair, size: Pair) -> Array:
    """Return the part of a guide for an image that is a part of the whole: it may wrap around."""
    for axis in (0, 1):
        first, length, whole = origin[axis], size[axis], guide.shape[axis]
        if first >= 0 and first + length <= whole:
            guide = guide[(slice(None),) * axis + (slice(first, first + length),)]
        else:
            guide = guide.take(np.arange(first, first + length) % whole, axis)
    return guide
