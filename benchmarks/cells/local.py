"""Cells of local statistics and adaptive thresholds."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import imfilter

from .common import Array, Cell, Contestant, allocate, cv2, make_photo, skimage_filters

NEAREST = 1  # cv2.BORDER_REPLICATE


def make_local_cells() -> Iterator[Cell]:
    image = make_photo()
    for size in (3, 15, 31, 101):
        for name in ("local_mean", "local_variance", "local_std"):
            yield make_statistic_cell(name, image, size)
    gray = make_photo("u1", 1)
    for name in ("niblack", "sauvola"):
        yield make_threshold_cell(name, gray, 15)


def make_statistic_cell(name: str, image: Array, size: int) -> Cell:
    """Return a cell that computes a statistic of squares as floats; OpenCV combines two boxes."""
    (ours,) = allocate(1, image.shape, np.dtype(np.float32))
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, size, mode="nearest", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: combine_boxes(name, image, size)
    return Cell(f"{name} {size} {image.dtype}", contestants, 0.5 if name != "local_std" else 0.1)


def combine_boxes(name: str, image: Array, size: int) -> Array:
    """Return a statistic by OpenCV, whose variances of bytes are off by some hundredths."""
    mean: Array = cv2.boxFilter(image, cv2.CV_32F, (size, size), borderType=NEAREST)
    if name == "local_mean":
        return mean
    squares = cv2.sqrBoxFilter(image, cv2.CV_32F, (size, size), borderType=NEAREST)
    variance: Array = cv2.max(cv2.subtract(squares, cv2.multiply(mean, mean)), 0)
    return cv2.sqrt(variance) if name == "local_std" else variance


def make_threshold_cell(name: str, image: Array, size: int) -> Cell:
    """Return a cell that draws a gray image in black and white, which only scikit-image can."""
    (ours,) = allocate(1, image.shape, image.dtype)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, size, mode="mirror", out=ours)}
    if skimage_filters:
        theirs = getattr(skimage_filters, f"threshold_{name}")
        contestants["scikit-image"] = lambda: (image > theirs(image, size)) * np.uint8(255)
    return Cell(f"{name} {size} gray", contestants, 0)
