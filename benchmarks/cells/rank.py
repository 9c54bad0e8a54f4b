"""Cells of rank filters: median, minimum, maximum, a percentile; and of the bilateral filter."""
from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import ImageFilter

import imfilter

from .common import (
    MAXIMUM,
    Array,
    Cell,
    Contestant,
    allocate,
    apply_in_pillow,
    cv2,
    is_picture,
    make_photo,
    ndimage,
)

NEAREST = 1  # cv2.BORDER_REPLICATE
PERCENT = 25
SMALL = 270, 480  # rows and columns of images for peers that take seconds for them


def make_rank_cells() -> Iterator[Cell]:
    for dtype in ("u1", "u2", "f4"):
        image = make_photo(dtype)
        for size in (3, 5, *((11, 31, 101) if dtype == "u1" else ())):  # all that OpenCV has
            yield make_median_cell(image, size)
        for size in (3, 5, 15):
            yield make_extreme_cell("minimum", image, size)
        yield make_extreme_cell("maximum", image, 3)
    yield make_percentile_cell(make_photo(), 5)
    for size in (3, 5, 9):
        yield make_nan_median_cell(make_photo("f4", 1)[:SMALL[0], :SMALL[1]], size)
    for dtype in ("u1", "f4"):
        for sigma in (1, 3):
            yield make_bilateral_cell(make_photo(dtype, 1), sigma)
            yield make_bilateral_cell(make_photo(dtype), sigma)


def make_median_cell(image: Array, size: int) -> Cell:
    """Return a cell that applies a median filter."""
    ours, theirs = allocate(2, image.shape, image.dtype)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.median(image, size, mode="nearest", out=ours)}
    slow: dict[str, Contestant] = {}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.medianBlur(image, size, dst=theirs)
    if ndimage and size == 3:
        slow["SciPy"] = lambda: ndimage.median_filter(image, (size, size, 1), mode="nearest")
    if is_picture(image) and size <= 5:
        slow["Pillow"] = apply_in_pillow(image, ImageFilter.MedianFilter(size))
    return Cell(f"median {size} {image.dtype}", contestants, 0, slow=slow)


def make_extreme_cell(name: str, image: Array, size: int) -> Cell:
    """Return a cell that takes the smallest or largest sample of each square."""
    ours, theirs = allocate(2, image.shape, image.dtype)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, size, mode="nearest", out=ours)}
    slow: dict[str, Contestant] = {}
    square = np.ones((size, size), np.uint8)
    if cv2:
        morph = cv2.erode if name == "minimum" else cv2.dilate
        contestants["OpenCV"] = lambda: morph(image, square, dst=theirs, borderType=NEAREST)
    if ndimage:
        slow["SciPy"] = lambda: getattr(ndimage, f"{name}_filter")(image, (size, size, 1), mode="nearest")
    if is_picture(image) and size <= 5:
        kind = ImageFilter.MinFilter if name == "minimum" else ImageFilter.MaxFilter
        slow["Pillow"] = apply_in_pillow(image, kind(size))
    return Cell(f"{name} {size} {image.dtype}", contestants, 0, slow=slow)


def make_percentile_cell(image: Array, size: int) -> Cell:
    """Return a cell that replaces each pixel by a percentile of its neighborhood, which only Pillow and SciPy have."""
    ours = np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.percentile(image, PERCENT, size, mode="nearest", out=ours)}
    if is_picture(image):
        contestants["Pillow"] = apply_in_pillow(image, ImageFilter.RankFilter(size, size * size * PERCENT // 100))
    return Cell(f"percentile {PERCENT} {size} {image.dtype}", contestants, 0)


def make_nan_median_cell(image: Array, size: int) -> Cell:
    """Return a cell that takes the median of the samples that are not NaN: the upper one of an even number."""
    image = np.where(np.random.default_rng(size).random(image.shape) < 0.1, np.float32(np.nan), image)
    ours = np.empty_like(image)

    def select(windows: Array) -> Array:
        places = np.count_nonzero(~np.isnan(windows), -1, keepdims=True) // 2
        return np.take_along_axis(np.sort(windows, -1), places, -1)[..., 0]  # NaN come last

    def apply_numpy() -> Array:
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, size // 2, "symmetric"), (size, size))
        return select(windows.reshape(*image.shape, -1))

    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.median(image, size, mask="nan", out=ours), "NumPy": apply_numpy}
    slow: dict[str, Contestant] = {}
    if ndimage:
        slow["SciPy"] = lambda: ndimage.generic_filter(image, select, size)
    return Cell(f"median without NaN {size} gray {image.dtype}", contestants, 0, slow=slow)


def make_bilateral_cell(image: Array, sigma: int) -> Cell:
    """Return a cell of a bilateral filter, of all colors together, by OpenCV's distance."""
    ours, theirs = allocate(2, image.shape, image.dtype)
    whole = 255 if image.dtype == np.uint8 else 1.0
    if image.dtype == np.float32:
        image = image / np.float32(MAXIMUM["f4"])
    diameter = 2 * math.ceil(3 * sigma) + 1
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.bilateral(
            image, 0.1, sigma, joint=True, distance="cityblock", mode="nearest", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.bilateralFilter(
            image, diameter, 0.1 * whole, sigma, dst=theirs, borderType=NEAREST)
    kind = "gray" if image.ndim == 2 else "joint"
    return Cell(f"bilateral sigma {sigma} {kind} {image.dtype}", contestants, 1 if image.dtype == np.uint8 else 1e-3)
