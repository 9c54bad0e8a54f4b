"""Cells of the guided filter, against a composition of OpenCV's boxes, and opencv-contrib's own where it is installed.
"""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import imfilter

from .common import MAXIMUM, Array, Cell, Contestant, allocate, cv2, make_photo

REFLECT = 2  # cv2.BORDER_REFLECT
EPSILON = 0.01


def make_edge_preserving_cells() -> Iterator[Cell]:
    for radius in (2, 8, 30):
        yield make_guided_cell(radius)
    yield make_fast_cell(8, 4)


def make_gray_floats() -> Array:
    """Return a gray photo of floats from 0 to 1."""
    return make_photo("f4", 1) / np.float32(MAXIMUM["f4"])


def make_guided_cell(radius: int) -> Cell:
    """Return a cell of a gray image that guides itself."""
    image = make_gray_floats()
    ours, *rooms = allocate(6, image.shape, image.dtype)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.guided(image, radius, EPSILON, mode="reflect", out=ours)}
    if cv2:
        contestants["OpenCV boxes"] = lambda: combine_boxes(image, radius, rooms)
        if hasattr(cv2, "ximgproc"):
            contestants["OpenCV contrib"] = lambda: cv2.ximgproc.guidedFilter(image, image, radius, EPSILON)
    return Cell(f"guided {radius} gray float32", contestants, 1e-4)


def make_fast_cell(radius: int, step: int) -> Cell:
    """Return a cell of the fast variant, which no other library in Python has for the CPU."""
    image = make_gray_floats()
    ours = np.empty_like(image)
    return Cell(f"guided {radius} subsample {step} gray float32", {
        "imfilter": lambda: imfilter.guided(image, radius, EPSILON, subsample=step, out=ours)}, 0)


def combine_boxes(image: Array, radius: int, rooms: list[Array]) -> Array:
    """Return the guided image by four boxes, as opencv-contrib computes it; all arrays are allocated before."""
    mean, slope, level, room, result = rooms
    window = (2 * radius + 1,) * 2
    cv2.blur(image, window, dst=mean, borderType=REFLECT)
    cv2.multiply(image, image, dst=room)
    cv2.blur(room, window, dst=slope, borderType=REFLECT)
    cv2.multiply(mean, mean, dst=room)
    cv2.subtract(slope, room, dst=slope)
    cv2.add(slope, EPSILON, dst=room)
    cv2.divide(slope, room, dst=slope)
    cv2.multiply(slope, mean, dst=room)
    cv2.subtract(mean, room, dst=level)
    cv2.blur(slope, window, dst=room, borderType=REFLECT)
    cv2.multiply(room, image, dst=room)
    cv2.blur(level, window, dst=level, borderType=REFLECT)
    return cv2.add(room, level, dst=result)
