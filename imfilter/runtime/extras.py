"""The optional libraries: the extra that installs each, what it is for, and whether it is there."""
from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import FileError

# What imfilter cannot do without. imagecodecs is not among them: tifffile decodes common files without it.
LIBRARIES = {"formats": ("tifffile",), "zarr": ("zarr",), "dask": ("dask", "distributed"),
             "heic": ("pillow_heif",), "onnx": ("onnx",), "napari": ("napari", "magicgui")}


def install_command(extra: str) -> str:
    """Return the command that installs an extra."""
    return f"pip install 'imfilter[{extra}]'"


def missing_libraries(extra: str) -> list[str]:
    """Return the required libraries of an extra that are not installed."""
    return [name for name in LIBRARIES[extra] if find_spec(name) is None]


def describe_missing(extra: str) -> str:
    """Say which libraries of an extra are missing, and how to install them."""
    return f"needs {' and '.join(missing_libraries(extra))}: {install_command(extra)}"


def import_library(name: str, extra: str, purpose: str) -> Any:
    """Import an optional library, or say what needs it and how to install it."""
    try:
        return import_module(name)
    except ImportError:
        raise FileError(f"{purpose} needs {name}: {install_command(extra)}") from None
