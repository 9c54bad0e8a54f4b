"""Planes that a single TIFF page holds: stacks of ImageJ and tifffile with one directory, volumes of a depth."""
from __future__ import annotations

from typing import IO, Any

import numpy as np

from ..arrays.dtypes import Array
from ..errors import FileError
from .descriptions import count_images
from .high_depth import library
from .tiff_tables import PageTables

REDUCED, SUBFILE_TYPE, SUB_IMAGES, DEPTH = 1, 254, 330, 32997


def count_planes(tables: PageTables, tags: Any) -> int:
    """Return how many planes the only page of a TIFF file says it holds."""
    depth = tags.get(DEPTH, 1)
    depth = depth[0] if isinstance(depth, tuple) else depth
    return int(depth) if depth > 1 else count_images(tables.pages[0], tables.stored(0))


def read_planes(stream: IO[bytes]) -> Array:
    """Return the planes of the only page of a TIFF file: (planes, H, W, channels)."""
    tifffile = library("tifffile")
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page, series = file.pages[0], file.series[0]
        deep = page.imagedepth > 1
        axes = page.axes if deep else series.axes
        pixels: Array = page.asarray() if deep else series.asarray()
        photometric = int(page.photometric)
    kept = [k for k, axis in enumerate(axes) if pixels.shape[k] > 1 or axis in "YXS"]
    axes, pixels = "".join(axes[k] for k in kept), pixels.reshape([pixels.shape[k] for k in kept])
    if axes.endswith("SYX"):
        pixels, axes = np.moveaxis(pixels, -3, -1), axes[:-3] + "YXS"
    if not axes.endswith(("YX", "YXS")) or photometric not in (0, 1, 2):
        raise FileError(f"holds planes with the axes {axes}, which cannot be filtered: store them as pages")
    pixels = pixels if axes.endswith("S") else pixels[..., None]
    pixels = pixels.reshape(-1, *pixels.shape[-3:])
    return pixels.astype(pixels.dtype.newbyteorder("="))


def check_main_picture(tags: Any) -> None:
    """Refuse a file whose first page is a reduced copy of a picture that is stored within it."""
    if SUB_IMAGES in tags and tags.get(SUBFILE_TYPE, 0) & REDUCED:
        raise FileError("has a reduced copy as its first page, and the picture itself in a SubIFD, which is not read: "
                        "convert it to a TIFF file with the picture as a page")
