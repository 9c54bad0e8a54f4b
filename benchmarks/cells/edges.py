"""Cells of edges: magnitudes of gradients, a signed derivative, the Laplacian."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import imfilter

from .common import MIRROR, Array, Cell, Contestant, allocate, cv2, make_photo, skimage_filters, tolerate

SMOOTH = {"sobel": [1, 2, 1], "scharr": [3, 10, 3], "prewitt": [1, 1, 1]}


def make_edge_cells() -> Iterator[Cell]:
    for dtype in ("u1", "u2", "f4"):
        image = make_photo(dtype)
        for name in SMOOTH:
            yield make_magnitude_cell(name, image)
        yield make_derivative_cell(image)
        yield make_laplace_cell(image)


def make_magnitude_cell(name: str, image: Array) -> Cell:
    """Return a cell that computes a gradient magnitude."""
    ours = np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, mode="mirror", out=ours)}
    slow: dict[str, Contestant] = {}
    if cv2:
        contestants["OpenCV"] = make_opencv_magnitude(name, image)
    if skimage_filters:
        slow["scikit-image"] = lambda: np.stack(
            [getattr(skimage_filters, name)(image[..., c].astype(np.float32), mode="mirror") for c in range(3)], -1)
    return Cell(f"{name} magnitude {image.dtype}", contestants, tolerate(image), slow=slow)


def make_opencv_magnitude(name: str, image: Array) -> Contestant:
    """Return a gradient magnitude by OpenCV: two derivatives, their magnitude and, for integers, a conversion."""
    edge, across = np.array([-1.0, 0, 1]), np.array(SMOOTH[name], float) / sum(SMOOTH[name])
    scale = float(np.float32(np.sqrt(0.5)))
    x, y, both = allocate(3, image.shape, np.float32)
    result = np.empty_like(image)

    def compute_magnitude() -> Array:
        cv2.sepFilter2D(image, cv2.CV_32F, edge, across, dst=x, borderType=MIRROR)
        cv2.sepFilter2D(image, cv2.CV_32F, across, edge, dst=y, borderType=MIRROR)
        cv2.magnitude(x, y, magnitude=both)
        if image.dtype == np.uint8:
            return cv2.convertScaleAbs(both, dst=result, alpha=scale)
        return cv2.multiply(both, (scale,) * 4, dst=result, dtype=cv2.CV_16U if image.dtype == np.uint16 else -1)

    return compute_magnitude


def make_derivative_cell(image: Array) -> Cell:
    """Return a cell that computes a signed derivative as floats."""
    ours, theirs = allocate(2, image.shape, np.float32)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.sobel(image, axis=0, mode="mirror", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.Sobel(
            image, cv2.CV_32F, 0, 1, dst=theirs, scale=0.25, borderType=MIRROR)
    return Cell(f"sobel axis=0 {image.dtype} -> float32", contestants, 0.05, bytes=image.nbytes + ours.nbytes)


def make_laplace_cell(image: Array) -> Cell:
    """Return a cell that computes the Laplacian as floats."""
    ours, theirs = allocate(2, image.shape, np.float32)
    contestants: dict[str, Contestant] = {"imfilter": lambda: imfilter.laplace(image, mode="mirror", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.Laplacian(
            image, cv2.CV_32F, dst=theirs, ksize=1, scale=-1, borderType=MIRROR)
    return Cell(f"laplace {image.dtype} -> float32", contestants, 0.05, bytes=image.nbytes + ours.nbytes)
