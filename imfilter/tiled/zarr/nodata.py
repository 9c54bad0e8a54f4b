"""The value of samples without data in a Zarr array: its fill value, or an attribute by the CF conventions."""
from __future__ import annotations

import base64
import binascii
import struct
from typing import Any

import numpy as np

from ...arrays.nodata import FILLS, parse_nodata, read_text

ATTRIBUTES = ("_FillValue", "missing_value")


def find_nodata(array: Any, attributes: dict[str, Any], *, image: bool) -> dict[str, Any]:
    """Return metadata with the value as text, as in a GDAL_NODATA tag; empty: every sample counts.

    A fill value of 0 says nothing: it is the default. Nor does that of an OME-Zarr image, where it is the background.
    """
    for name in ATTRIBUTES:
        value = attributes.get(name)
        value = value[0] if isinstance(value, list) and value else value
        text = _decode_text(value) if isinstance(value, str) else repr(value)
        if parse_nodata(text, np.dtype(np.float64)) is not None:
            return {"nodata": text.encode()}
    fill = array.fill_value
    if image or fill is None or not fill:
        return {}
    return {"nodata": repr(np.asarray(fill).item()).encode(), FILLS: True}


def _decode_text(value: str) -> str:
    """Return the number of a text; xarray writes floats as base64."""
    try:
        return repr(struct.unpack("<d", base64.b64decode(value, validate=True))[0])
    except (ValueError, binascii.Error, struct.error):
        return value.strip()


def choose_fill(info: dict[str, Any], dtype: np.dtype[Any]) -> int | float:
    """Return the fill value of a result: that of samples without data, if there are any, else 0."""
    return parse_nodata(read_text(info.get("nodata", b"")), dtype) or 0
