"""Cells of colors: a matrix of the channels, and gray."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

import imfilter

from .common import Array, Cell, Contestant, allocate, cv2, is_picture, make_photo, tolerate

MATRIX = np.array([[0.4, 0.5, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]])
WEIGHTS = (0.299, 0.587, 0.114)


def make_color_cells() -> Iterator[Cell]:
    for dtype in ("u1", "u2", "f4"):
        image = make_photo(dtype)
        yield make_matrix_cell(image)
        yield make_gray_cell(image)


def make_matrix_cell(image: Array) -> Cell:
    """Return a cell that multiplies the channels by a matrix."""
    ours, theirs = allocate(2, image.shape, image.dtype)
    contestants: dict[str, Contestant] = {"imfilter": lambda: imfilter.mix(image, MATRIX, out=ours)}
    slow: dict[str, Contestant] = {}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.transform(image, MATRIX, dst=theirs)
    if is_picture(image):
        picture, rows = Image.fromarray(image), tuple(np.pad(MATRIX, [(0, 0), (0, 1)]).ravel().tolist())
        slow["Pillow"] = lambda: picture.convert("RGB", rows)
    return Cell(f"color matrix 3 -> 3 {image.dtype}", contestants, tolerate(image), bytes=2 * image.nbytes, slow=slow)


def make_gray_cell(image: Array) -> Cell:
    """Return a cell that converts colors to gray."""
    ours, theirs = allocate(2, image.shape[:2], image.dtype)
    contestants: dict[str, Contestant] = {"imfilter": lambda: imfilter.grayscale(image, WEIGHTS, out=ours)}
    slow: dict[str, Contestant] = {}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=theirs)
    if is_picture(image):
        picture = Image.fromarray(image)
        slow["Pillow"] = lambda: picture.convert("L")
    # OpenCV rounds its weights of uint16 to 14 bits.
    tolerance = 4 if image.dtype == np.uint16 else tolerate(image)
    return Cell(f"grayscale {image.dtype}", contestants, tolerance, bytes=image.nbytes * 4 // 3, slow=slow)
