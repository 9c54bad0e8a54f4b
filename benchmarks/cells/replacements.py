"""Cells of the replacements for scikit-image's filters, on gray images of 2048 x 2048."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imfilter.interop import skimage as replacements

from .common import SETTINGS, Array, Cell, make_photo, skimage_filters

CALLS: dict[str, tuple[Any, ...]] = {
    "sobel": (), "sobel_h": (), "scharr": (), "prewitt": (), "farid": (), "roberts": (), "laplace": (),
    "gaussian": (2,), "unsharp_mask": (2, 1), "difference_of_gaussians": (1, 1.6), "gabor": (0.2,), "median": ()}
DTYPES = ("u1", "u2", "i2", "f4", "f8")


def make_replacement_cells() -> Iterator[Cell]:
    side = 2048 // SETTINGS.divisor
    for dtype in DTYPES:
        image = make_photo(dtype, 1, (side, side))
        if image.dtype.kind == "f":
            image /= 255
        for name, arguments in CALLS.items():
            yield make_replacement_cell(name, image, arguments)


def make_replacement_cell(name: str, image: Array, arguments: tuple[Any, ...]) -> Cell:
    """Return a cell of one function, with its own border, range and result dtype."""
    ours = getattr(replacements, name)
    result = 0 if name == "gabor" else ...  # whose two results are the real and the imaginary part
    contestants = {"imfilter": lambda: ours(image, *arguments)[result]}
    if skimage_filters:
        theirs = getattr(skimage_filters, name)
        contestants["scikit-image"] = lambda: theirs(image, *arguments)[result]
    exact = name in ("median", "gabor") and image.dtype.kind in "iu"
    return Cell(f"skimage {name} {image.dtype}", contestants, (1 if name == "gabor" else 0) if exact else 1e-5)
