"""Recognize a Zarr store by its files, before any library that reads it is loaded."""
from __future__ import annotations

import os

ZARR = ".zarr"  # the suffix of stores
DESCRIPTIONS = ("zarr.json", ".zgroup", ".zarray")  # every store has one of these files


def is_store(folder: str) -> bool:
    """Return whether a path is a folder that holds a Zarr array or group."""
    return os.path.isdir(folder) and any(os.path.isfile(os.path.join(folder, name)) for name in DESCRIPTIONS)
