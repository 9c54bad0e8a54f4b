"""Cells of non-local means, against OpenCV's of bytes and scikit-image's fast one of floats."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import imfilter

from .common import MAXIMUM, Array, Cell, Contestant, cv2, import_peer, make_photo

restoration = import_peer("skimage.restoration")
PATCH, SEARCH = 7, 21
STRENGTH = 0.04  # of the range: 10 of 255


def make_denoising_cells() -> Iterator[Cell]:
    for channels in (3, 1):
        yield make_bytes_cell(make_photo("u1", channels))
    for channels in (3, 1):
        yield make_floats_cell(make_photo("f4", channels) / np.float32(MAXIMUM["f4"]))


def make_bytes_cell(image: Array) -> Cell:
    """Return a cell of bytes, for which OpenCV has the same definition, with rounded weights."""
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.non_local_means(image, STRENGTH, PATCH, SEARCH, mode="mirror", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.fastNlMeansDenoising(
            image, theirs, STRENGTH * 255, PATCH, SEARCH)
    return Cell(f"non-local means {describe_colors(image)} uint8", contestants, 1)


def make_floats_cell(image: Array) -> Cell:
    """Return a cell of floats; scikit-image's patches are a row and a column smaller, and exp is approximate."""
    ours, axis = np.empty_like(image), -1 if image.ndim == 3 else None
    slow: dict[str, Contestant] = {}
    if restoration:
        slow["scikit-image"] = lambda: restoration.denoise_nl_means(
            image, PATCH, SEARCH // 2, STRENGTH, channel_axis=axis)
    return Cell(f"non-local means {describe_colors(image)} float32", {
        "imfilter": lambda: imfilter.non_local_means(image, STRENGTH, PATCH, SEARCH, mode="mirror", out=ours)},
        1e-3, slow=slow, loose={"scikit-image": 0.1})


def describe_colors(image: Array) -> str:
    return "gray" if image.ndim == 2 else "RGB"
