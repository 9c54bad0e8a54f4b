"""Recognize a Zarr store by its files, before any library that reads it is loaded."""
from __future__ import annotations

import os

DESCRIPTIONS = ("zarr.json", ".zgroup", ".zarray")  # files of which every store holds one


def is_store(folder: str) -> bool:
    """Return whether a name is that of a folder which is a Zarr array or group."""
    return os.path.isdir(folder) and any(os.path.isfile(os.path.join(folder, name)) for name in DESCRIPTIONS)
