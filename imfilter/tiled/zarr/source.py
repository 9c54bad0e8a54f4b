"""Read Zarr arrays, groups and OME-Zarr images (versions 2 and 3) window by window, channels last."""
from __future__ import annotations

import base64
import os
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...blocks.build import Block
from ...errors import FileError, explain_system_error, first_line
from ...runtime.extras import import_library
from ..segment_cache import CACHE, assemble_block, check_segment, explain_decoding
from ..source import Source, read_stamp
from .nodata import find_nodata
from .stores import is_store

CHANNELS = 16  # largest length of an unnamed last axis that counts as channels
ROWS, COLUMNS = ("y", "row", "rows", "height"), ("x", "column", "columns", "col", "cols", "width")
CHANNEL = ("c", "channel", "channels", "band", "bands", "s", "sample", "samples", "rgb", "rgba")
LEAST = 512  # pixels a side, about, of what is decoded at once
OWN = "imfilter"  # the attribute in which targets store what Zarr itself cannot
DIMENSIONS = "_ARRAY_DIMENSIONS"  # the attribute in which xarray names the axes


@dataclass
class Axes:
    """The axes of an array. channels: None if absent. names: of all axes, if known."""

    rows: int
    columns: int
    channels: int | None
    names: tuple[str, ...] = ()

    def window(self, count: int, block: Block) -> tuple[Any, ...]:
        """Return the index of a block in an array of `count` axes, where all other axes have length 1."""
        index: list[Any] = [0] * count
        index[self.rows], index[self.columns] = block.rows, block.columns
        if self.channels is not None:
            index[self.channels] = slice(None)
        return tuple(index)

    def order(self) -> list[int]:
        """Return the permutation that puts rows first and channels last once all other axes are dropped."""
        kept = [self.rows, self.columns] + [self.channels] * (self.channels is not None)
        return [sorted(kept).index(axis) for axis in kept]  # type: ignore[type-var]


class ZarrSource(Source):
    """A Zarr array of rows, columns and channels."""

    def __init__(self, path: str) -> None:
        array, attributes, ome = _open_array(path)
        axes = _identify_axes(array, attributes, ome)
        own = attributes.get(OWN, {})
        sides = int(array.shape[axes.rows]), int(array.shape[axes.columns])
        bands = () if axes.channels is None else (int(array.shape[axes.channels]),)
        count = bands[0] if bands else 1
        alpha = bool(own.get("alpha", False)) and count > 1
        colors = int(own.get("colors", 3 if ome is None and count - alpha >= 3 else 1))
        chunk = array.chunks[axes.rows], array.chunks[axes.columns]
        tile = _decoded_side(chunk[0], sides[0]), _decoded_side(chunk[1], sides[1])
        dtype = np.dtype(array.dtype).newbyteorder("=")
        if dtype.kind not in "uif":
            raise FileError(f"holds samples of {array.dtype}, which are not an image's")
        check_segment((*chunk, *bands), dtype, "chunk")
        info = _decode_info(own)
        if "nodata" not in info:
            info |= find_nodata(array, attributes, image=ome is not None)
        super().__init__(path, (*sides, *bands), dtype, alpha, colors, tile, info, _describe_lost(attributes, ome),
                         read_stamp(path))
        self.axes, self.ome, self._array = axes, ome, array

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_array": None}

    def read(self, block: Block) -> Array:
        """Return the pixels of a block, channels last."""
        if self._array is None:
            if read_stamp(self.path) != self.stamp:
                raise FileError(f"{self.path}: has changed since it was opened")
            self._array = _open_array(self.path)[0]
        out = np.empty((*block.size, *self.shape[2:]), self.dtype)
        assemble_block(block, self.tile, out, self._cached_segment)
        return out

    def _cached_segment(self, row: int, column: int) -> Array:
        return CACHE.get((self.path, self.stamp, row, column), lambda: self._decode_segment(row, column))

    def _decode_segment(self, row: int, column: int) -> Array:
        (height, width), (top, left) = self.shape[:2], (row * self.tile[0], column * self.tile[1])
        block = Block(top, min(top + self.tile[0], height), left, min(left + self.tile[1], width))
        try:
            pixels = np.asarray(self._array[self.axes.window(self._array.ndim, block)])
        except Exception as error:  # every codec has errors of its own
            raise explain_decoding(error, self.path, "chunk", (top, left)) from None
        return pixels.astype(self.dtype, copy=False).transpose(self.axes.order())


def open_zarr(path: str) -> ZarrSource:
    """Open a Zarr store: a folder, or a zip file."""
    try:
        return ZarrSource(path)
    except FileError as error:
        raise error if str(error).startswith(path) else FileError(f"{path}: {error}") from None


def library() -> Any:
    """Import zarr, or say how to install it."""
    return import_library("zarr", "zarr", "reading and writing Zarr")


def _open_array(path: str) -> tuple[Any, dict[str, Any], dict[str, Any] | None]:
    """Return the array of a store, its attributes or those of its group, and the OME-Zarr metadata if there is any."""
    zarr = library()
    try:
        store = zarr.storage.ZipStore(path, mode="r") if os.path.isfile(path) else path
        found = zarr.open(store, mode="r")
        attributes = dict(found.attrs)
        if isinstance(found, zarr.Array):
            return found, attributes, None
        scales = attributes.get("ome", attributes).get("multiscales")
        if scales:
            own = {**scales[0], "omero": attributes.get("ome", attributes).get("omero")}
            return found[scales[0]["datasets"][0]["path"]], attributes, own
        arrays = sorted(name for name, _ in found.arrays())
        if len(arrays) == 1:
            return found[arrays[0]], {**attributes, **found[arrays[0]].attrs}, None
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, zipfile.BadZipFile) as error:
        if not (zipfile.is_zipfile(path) if os.path.isfile(path) else is_store(path)):
            raise FileError("is not a Zarr array or group: a folder must be one to be read in tiles") from None
        if (system := explain_system_error(error)) is not None and not isinstance(error, FileNotFoundError):
            raise FileError(system) from None
        raise FileError(f"is damaged, or an unsupported kind of Zarr: {first_line(error)}") from None
    inner = sorted(found.keys())
    hint = f": name one of them, such as {inner[0]}" if inner else ""
    raise FileError(f"must be a Zarr group of one array or an OME-Zarr image, got a group of {len(inner)}{hint}")


def _describe_lost(attributes: dict[str, Any], ome: dict[str, Any] | None) -> list[str]:
    """Return notes on what a result does not keep."""
    if ome is not None:
        return ["reduced copies of the image not kept"] if len(ome.get("datasets", ())) > 1 else []
    lost = sorted(set(attributes) - {DIMENSIONS, OWN})
    return [f"attributes not kept: {', '.join(lost)}"] if lost else []


def find_axes(names: tuple[str, ...]) -> list[int | None]:
    """Return the indices of the axes of rows, columns and channels, or None for each that is missing."""
    return [next((k for k, name in enumerate(names) if name.lower() in known), None)
            for known in (ROWS, COLUMNS, CHANNEL)]


def _identify_axes(array: Any, attributes: dict[str, Any], ome: dict[str, Any] | None) -> Axes:
    """Find rows, columns and channels by the names of the axes, or by their number if they have no names."""
    names = _axis_names(array, attributes, ome)
    shape = array.shape
    if len(names) == len(shape):
        rows, columns, channels = found = find_axes(names)
        if rows is not None and columns is not None:
            others = [names[k] for k in range(len(shape)) if k not in found and shape[k] > 1]
            if others:
                raise FileError(f"must have length 1 along {', '.join(others)}: only a single image is filtered "
                                "in tiles")
            return Axes(rows, columns, channels, names)
    if len(shape) == 2 or (len(shape) == 3 and shape[2] <= CHANNELS):
        return Axes(0, 1, 2 if len(shape) == 3 else None)
    raise FileError(f"must be of shape (H, W) or (H, W, C) with up to {CHANNELS} channels, got {shape}: name its axes "
                    "y, x and c in dimension_names")


def _axis_names(array: Any, attributes: dict[str, Any], ome: dict[str, Any] | None) -> tuple[str, ...]:
    """Return the names of the axes in lower case, or nothing if the store has none."""
    if ome is not None:
        given = ome.get("axes") or ["t", "c", "z", "y", "x"][-array.ndim:]  # version 0.1 and 0.2 have all five
        given = [axis["name"] if isinstance(axis, dict) else axis for axis in given]
    else:
        given = getattr(array.metadata, "dimension_names", None) or attributes.get(DIMENSIONS) or ()
    return tuple(str(name).lower() for name in given)


def _decoded_side(chunk: int, whole: int) -> int:
    """Return a side of what is decoded at once: one chunk, or several small ones."""
    return int(min(whole, chunk * max(1, LEAST // chunk)))


def _decode_info(own: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata that a target has stored in its attributes, as in `HighDepthImage.info`."""
    given = own.get("info", {})
    return {key: tuple(value) if isinstance(value, list) else base64.b64decode(value) for key, value in given.items()}


def encode_info(alpha: bool, colors: int, info: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that describe an image: what its channels are, and its metadata."""
    kept = {key: list(value) if isinstance(value, tuple) else base64.b64encode(value).decode("ascii")
            for key, value in info.items()}
    return {"alpha": alpha, "colors": colors, "info": kept}
