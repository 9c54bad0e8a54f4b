"""What is known of Zarr stores, and of the extra that reads them, before anything of either is loaded."""
from __future__ import annotations

import os

INSTALL = "pip install \"imfilter[dask]\""
DESCRIPTIONS = ("zarr.json", ".zgroup", ".zarray")  # files of which every store holds one


def is_store(folder: str) -> bool:
    """Say whether a name is that of a folder which is a Zarr array or group."""
    return os.path.isdir(folder) and any(os.path.isfile(os.path.join(folder, name)) for name in DESCRIPTIONS)
