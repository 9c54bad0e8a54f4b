"""Cells of the replacements for SciPy's image filters, on gray images of 2048 x 2048."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from imfilter.interop import ndimage as replacements

from .common import SETTINGS, Array, Cell, make_photo, ndimage

DISK = np.hypot(*np.ogrid[-5:6, -5:6]) <= 5.5
WEIGHTS = np.arange(9.0).reshape(3, 3)
# What is called, with which arguments beside the image.
CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "correlate 3 x 3": ("correlate", (WEIGHTS,), {}), "gaussian_filter 1": ("gaussian_filter", (1,), {}),
    "gaussian_filter 5": ("gaussian_filter", (5,), {}), "gaussian_laplace 2": ("gaussian_laplace", (2,), {}),
    "uniform_filter 9": ("uniform_filter", (9,), {}), "sobel": ("sobel", (), {}), "laplace": ("laplace", (), {}),
    "median_filter 3": ("median_filter", (3,), {}), "maximum_filter disk": ("maximum_filter", (), {"footprint": DISK}),
    "grey_opening 5": ("grey_opening", (5,), {})}
DTYPES = ("u1", "u2", "f4", "f8")


def make_ndimage_cells() -> Iterator[Cell]:
    side = 2048 // SETTINGS.divisor
    for dtype in DTYPES:
        image = make_photo(dtype, 1, (side, side))
        for work in CALLS:
            yield make_ndimage_cell(work, image)


def make_ndimage_cell(work: str, image: Array) -> Cell:
    """Return a cell of one function, whose results must be SciPy's to the bit."""
    name, arguments, keywords = CALLS[work]
    contestants = {"imfilter": lambda: getattr(replacements, name)(image, *arguments, **keywords)}
    if ndimage:
        contestants["SciPy"] = lambda: getattr(ndimage, name)(image, *arguments, **keywords)
    return Cell(f"ndimage {work} {image.dtype}", contestants, 0)
