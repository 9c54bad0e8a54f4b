"""Cells of the replacements for scikit-image's filters, on gray images of 2048 x 2048, and for its rank filters."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from imfilter import kernels
from imfilter.interop import skimage as replacements
from imfilter.interop.skimage import rank

from .common import SETTINGS, Array, Cell, Contestant, import_peer, make_photo, skimage_filters

CALLS: dict[str, tuple[Any, ...]] = {
    "sobel": (), "sobel_h": (), "scharr": (), "prewitt": (), "farid": (), "roberts": (), "laplace": (),
    "gaussian": (2,), "unsharp_mask": (2, 1), "difference_of_gaussians": (1, 1.6), "gabor": (0.2,), "median": ()}
DTYPES = ("u1", "u2", "i2", "f4", "f8")
PERCENTILES = {"p0": 0.1, "p1": 0.9}
RANKS: dict[str, dict[str, float]] = {
    "minimum": {}, "maximum": {}, "gradient": {}, "autolevel": {}, "mean": {}, "subtract_mean": {}, "equalize": {},
    "median": {}, "percentile": {"p0": 0.3}, "gradient_percentile": PERCENTILES, "autolevel_percentile": PERCENTILES,
    "mean_percentile": PERCENTILES, "subtract_mean_percentile": PERCENTILES, "entropy": {}}


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


def make_rank_replacement_cells() -> Iterator[Cell]:
    """Cells of rank filters on gray images of 3840 x 2160 bytes, whose results are the same to the bit."""
    image, theirs = make_photo("u1", 1), import_peer("skimage.filters.rank")
    for radius in (5, 15):
        footprint = kernels.footprint("disk", radius)
        for name, shares in RANKS.items():
            contestants = {"imfilter": _make_call(getattr(rank, name), image, footprint, shares)}
            slow = {"scikit-image": _make_call(getattr(theirs, name), image, footprint, shares)} if theirs else {}
            yield Cell(f"skimage rank {name}, disk {radius} {image.dtype}", contestants, 0, slow=slow)


def _make_call(function: Callable[..., Any], image: Array, footprint: Array, shares: dict[str, float]) -> Contestant:
    return lambda: function(image, footprint, **shares)
