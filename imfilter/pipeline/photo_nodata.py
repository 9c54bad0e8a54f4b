"""The value of a photo's samples without data: chosen by the user, or stated by the file."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.conversion import has_alpha, picture_dtype
from ..arrays.dtypes import supported_dtype
from ..arrays.nodata import FILLS, NONE, Nodata, parse_nodata, read_text
from ..errors import ImfilterError

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


def find_nodata(
    photo: Picture, chosen: str | None, convert: Callable[[np.dtype[Any]], np.dtype[Any]]
) -> Nodata | None:
    """Return the value of samples without data in a photo and in its result; None: every sample counts.

    convert: returns the dtype of the result for that of the photo.
    """
    _, text = _read_value(photo, chosen)
    if not text:
        return None
    kind = supported_dtype(picture_dtype(photo))
    before = parse_nodata(text, kind)
    if before is None:
        return None
    target = convert(kind)
    after = parse_nodata(text, target)
    if after is None:
        raise ImfilterError(f"the value of pixels without data must be one of {target} samples, got {text}: keep the "
                            "depth, or filter such pixels like all others, with --nodata none")
    return Nodata(before, after, has_alpha(photo))


def name_nodata(photo: Picture, chosen: str | None) -> str:
    """Return the value of samples without data and where it comes from, in words; empty: there is none."""
    name, text = _read_value(photo, chosen)
    return f"{name} {text}" if text else ""


def describe_filling(photo: Picture, chosen: str | None) -> list[str]:
    """Return a note if the value is the fill value of a Zarr array, which may be meant otherwise."""
    if chosen is not None or not photo.info.get(FILLS):
        return []
    return [f"samples of the {name_nodata(photo, chosen)} count as missing: --nodata none filters them like all others"]


def _read_value(photo: Picture, chosen: str | None) -> tuple[str, str]:
    """Return where the value of samples without data comes from, and its text; empty: there is none."""
    if chosen is not None:
        return "--nodata", chosen if chosen != NONE else ""
    name = "GDAL_NODATA" if "stored" in photo.info else "fill value" if photo.info.get(FILLS) else "missing value"
    return name, read_text(photo.info.get("nodata", b""))
