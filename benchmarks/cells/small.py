"""Cells of small images, where the cost of a call matters."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFilter

import imfilter
import imfilter.interop.pillow

from .common import MIRROR, Cell, Contestant, allocate, cv2, make_photo
from .layers import make_layer_cell


def make_small_cells() -> Iterator[Cell]:
    for side in (32, 64, 128):
        yield from make_call_cells(side)
        yield make_layer_cell(3, 16, 3, side, details=" small")
    yield make_picture_cell(64)


def make_call_cells(side: int) -> Iterator[Cell]:
    """Yield cells of whole calls on a square RGB image of bytes."""
    image = make_photo(size=(side, side))
    ours, theirs = allocate(2, image.shape, image.dtype)
    floats, their_floats = allocate(2, image.shape, np.float32)
    grays = allocate(2, image.shape[:2], image.dtype)
    kernel, square, nearest = np.full((3, 3), 1 / 9), np.ones((3, 3), np.uint8), 1
    calls: dict[str, tuple[Contestant, Contestant]] = {
        "correlate 3 x 3": (lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours),
                            lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=MIRROR)),
        "gaussian sigma 1": (lambda: imfilter.gaussian(image, 1, mode="mirror", out=ours),
                             lambda: cv2.GaussianBlur(image, (9, 9), 1, dst=theirs, borderType=MIRROR)),
        "box 3": (lambda: imfilter.box(image, 3, mode="mirror", out=ours),
                  lambda: cv2.blur(image, (3, 3), dst=theirs, borderType=MIRROR)),
        "sobel axis=0": (lambda: imfilter.sobel(image, axis=0, mode="mirror", out=floats),
                         lambda: cv2.Sobel(image, cv2.CV_32F, 0, 1, dst=their_floats, scale=0.25, borderType=MIRROR)),
        "median 3": (lambda: imfilter.median(image, 3, mode="nearest", out=ours),
                     lambda: cv2.medianBlur(image, 3, dst=theirs)),
        "maximum 3": (lambda: imfilter.maximum(image, 3, mode="nearest", out=ours),
                      lambda: cv2.dilate(image, square, dst=theirs, borderType=nearest)),
        "grayscale": (lambda: imfilter.grayscale(image, (0.299, 0.587, 0.114), out=grays[0]),
                      lambda: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=grays[1]))}
    for name, (call, peer) in calls.items():
        tolerance = 2 if name.startswith("gaussian") else 1
        yield Cell(f"{side} x {side} {name} uint8", {"imfilter": call, "OpenCV": peer}, tolerance)


def make_picture_cell(side: int) -> Cell:
    """Return a cell that filters a small Pillow image by Pillow's interface."""
    picture = Image.fromarray(make_photo(size=(side, side)))
    return Cell(f"{side} x {side} Pillow image SHARPEN uint8", {
        "imfilter": lambda: picture.filter(imfilter.interop.pillow.SHARPEN),
        "Pillow": lambda: picture.filter(ImageFilter.SHARPEN)}, 0)
