"""Cells of blurs by a map. No library in Python has them: the peer filters with every value and picks or blends."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import imfilter

from .common import SETTINGS, Array, Cell, Contestant, cv2, make_photo

REPLICATE = 1  # cv2.BORDER_REPLICATE


def make_varying_cells() -> Iterator[Cell]:
    yield make_disk_cell(12)
    yield make_gaussian_cell(8)


def make_map(largest: int) -> Array:
    """Return a smooth map from 0 to a largest value, with several hills."""
    y, x = np.mgrid[:SETTINGS.size[0], :SETTINGS.size[1]] / SETTINGS.size[0]
    hills: Array = (0.5 + 0.5 * np.sin(9 * x) * np.cos(7 * y)) * largest
    return hills


def make_disk_cell(largest: int) -> Cell:
    """Return a cell of disks of whole radii, as of a depth of field."""
    image, radii = make_photo("u1", 3), np.rint(make_map(largest)).astype(np.uint8)
    ours, response, theirs = (np.empty_like(image) for _ in range(3))
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.disk(image, radii, mode="nearest", out=ours)}
    if cv2:
        kernels = [np.ones((1, 1)), *(imfilter.kernels.disk(radius) for radius in range(1, largest + 1))]
        chosen = [(radii == radius).astype(np.uint8) for radius in range(largest + 1)]

        def pick() -> Array:
            for kernel, where in zip(kernels, chosen, strict=True):
                cv2.filter2D(image, -1, kernel, dst=response, borderType=REPLICATE)
                cv2.copyTo(response, where, theirs)
            return theirs

        contestants[f"OpenCV, {largest + 1} disks"] = pick
    return Cell(f"disk by a map 0 to {largest} RGB uint8", contestants)


def make_gaussian_cell(largest: int) -> Cell:
    """Return a cell of Gaussians, which the peer interpolates between quarters of a sigma: up to 5 levels off."""
    image, sigmas = make_photo("u1", 3), make_map(largest)
    ours = np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.gaussian(image, sigmas, mode="nearest", out=ours)}
    steps = 4 * largest
    name, loose = f"OpenCV, {steps + 1} Gaussians", {}
    if cv2:
        places = (4 * sigmas).astype(np.float32)

        def blend() -> Array:
            sums = np.zeros(image.shape, np.float32)
            for step in range(steps + 1):
                response = cv2.GaussianBlur(image, (0, 0), step / 4, borderType=REPLICATE) if step else image
                shares = np.maximum(1 - np.abs(places - step), 0)
                sums += shares[..., None] * response
            return cv2.convertScaleAbs(sums)

        contestants[name], loose = blend, {name: 5.0}
    return Cell(f"gaussian by a map 0 to {largest} RGB uint8", contestants, loose=loose)
