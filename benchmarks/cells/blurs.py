"""Cells of blurs, Gaussian, box and motion; and of what is made of them: unsharp masks, differences of Gaussians."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import ImageFilter

import imfilter

from .common import (
    MIRROR,
    Array,
    Cell,
    Contestant,
    allocate,
    apply_in_pillow,
    cv2,
    diplib,
    is_picture,
    make_photo,
    ndimage,
    skimage_filters,
    tolerate,
)
from .kernels import make_kernel_cell

PILLOW_ERROR = 4.0  # Pillow's Gaussian is three box blurs
RECURSIVE_ERROR = 4.0
MOST_SIGMA = 60  # of OpenCV, whose time grows with sigma
BROAD = 20  # sigma from which both use imfilter's default border
BORDERS = ("mirror", MIRROR), ("reflect", 2)  # by imfilter's and OpenCV's names


def make_blur_cells() -> Iterator[Cell]:
    for dtype in ("u1", "u2", "f4"):
        image = make_photo(dtype)
        for sigma in (0.8, 1, 2, 5, 20):
            yield make_gaussian_cell(image, sigma)
        for size in (3, 5, 9, 31):
            yield make_box_cell(image, size)
        yield make_kernel_cell("motion blur 31 diagonal", np.eye(31) / 31, image)
        yield make_kernel_cell("motion blur 31 along rows", np.full((1, 31), 1 / 31), image)
    for sigma in (30, 60, 200):
        yield make_gaussian_cell(make_photo(), sigma)
    for sigma in (20, 60, 200):
        yield make_approximate_cell(make_photo("f4", 1), sigma)


def make_gaussian_cell(image: Array, sigma: float) -> Cell:
    """Return a cell that applies a Gaussian blur; Pillow's time does not depend on sigma, so it competes from 5 on."""
    ours = np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.gaussian(image, sigma, mode=BORDERS[sigma >= BROAD][0], out=ours)}
    slow: dict[str, Contestant] = {}
    if cv2 and sigma <= MOST_SIGMA:
        contestants |= make_opencv_gaussians(image, sigma)
    if is_picture(image):
        (slow if sigma < 5 else contestants)["Pillow"] = apply_in_pillow(image, ImageFilter.GaussianBlur(sigma))
    if ndimage and sigma <= 2:
        slow["SciPy"] = lambda: ndimage.gaussian_filter(image.astype(np.float32), (sigma, sigma, 0), mode="mirror")
    if skimage_filters and sigma <= 2:
        slow["scikit-image"] = lambda: skimage_filters.gaussian(
            image, sigma, mode="mirror", channel_axis=-1, preserve_range=True)
    return Cell(f"gaussian sigma {sigma} {image.dtype}", contestants, 2 if image.dtype == np.uint8 else
                2 * tolerate(image), slow=slow, loose={"Pillow": PILLOW_ERROR}, border=40 + 3 * int(sigma))


def make_approximate_cell(image: Array, sigma: float) -> Cell:
    """Return a cell that applies a Gaussian blur of floats on a coarse grid."""
    ours = np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.gaussian(image, sigma, method="approximate", out=ours)}
    if cv2 and sigma <= MOST_SIGMA:
        contestants |= make_opencv_gaussians(image, sigma)
    if diplib:
        contestants["DIPlib recursive"] = lambda: np.asarray(diplib.Gauss(image, [sigma], method="IIR"))
    return Cell(f"gaussian sigma {sigma} approximate {image.dtype} gray", contestants, 0.02 + 2 * tolerate(image),
                loose={"DIPlib recursive": RECURSIVE_ERROR}, border=40 + 4 * int(sigma))


def make_opencv_gaussians(image: Array, sigma: float) -> dict[str, Contestant]:
    """Return OpenCV's two ways to apply a Gaussian blur of the same size."""
    size = 2 * int(4 * sigma + 0.5) + 1
    taps, theirs, border = cv2.getGaussianKernel(size, sigma), np.empty_like(image), BORDERS[sigma >= BROAD][1]
    return {"OpenCV GaussianBlur": lambda: cv2.GaussianBlur(image, (size, size), sigma, dst=theirs, borderType=border),
            "OpenCV sepFilter2D": lambda: cv2.sepFilter2D(image, -1, taps, taps, dst=theirs, borderType=border)}


def make_box_cell(image: Array, size: int) -> Cell:
    """Return a cell that applies a box blur."""
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.box(image, size, mode="mirror", out=ours)}
    slow: dict[str, Contestant] = {}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.blur(image, (size, size), dst=theirs, borderType=MIRROR)
    if is_picture(image):
        slow["Pillow"] = apply_in_pillow(image, ImageFilter.BoxBlur(size // 2))
    if ndimage:
        slow["SciPy"] = lambda: ndimage.uniform_filter(image.astype(np.float32), (size, size, 1), mode="mirror")
    return Cell(f"box {size} {image.dtype}", contestants, tolerate(image), slow=slow)


def make_sharpening_cells() -> Iterator[Cell]:
    for dtype in ("u1", "u2", "f4"):
        for radius in (1, 5):
            yield make_unsharp_cell(make_photo(dtype), radius)
        yield make_difference_cell(make_photo(dtype))


def make_unsharp_cell(image: Array, radius: float) -> Cell:
    """Return a cell that adds once what a Gaussian blur removes."""
    size = 2 * int(4 * radius + 0.5) + 1
    ours, blurred, theirs = allocate(3, image.shape, image.dtype)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.unsharp_mask(image, radius, 1, mode="mirror", out=ours)}
    slow: dict[str, Contestant] = {}

    def sharpen_in_opencv() -> Array:
        cv2.GaussianBlur(image, (size, size), radius, dst=blurred, borderType=MIRROR)
        return cv2.addWeighted(image, 2, blurred, -1, 0, dst=theirs)

    if cv2:
        contestants["OpenCV"] = sharpen_in_opencv
    if is_picture(image):
        slow["Pillow"] = apply_in_pillow(image, ImageFilter.UnsharpMask(radius, 100, 0))
    if skimage_filters and image.dtype != np.uint16:
        slow["scikit-image"] = lambda: skimage_filters.unsharp_mask(
            image, radius, 1, preserve_range=True, channel_axis=2)  # -1 filters the first rows
    return Cell(f"unsharp mask radius {radius} {image.dtype}", contestants, 3 * tolerate(image), slow=slow,
                loose={"Pillow": PILLOW_ERROR})


def make_difference_cell(image: Array) -> Cell:
    """Return a cell that computes a difference of two Gaussian blurs as floats."""
    ours, low, high = allocate(3, image.shape, np.float32)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.difference_of_gaussians(image, 1, 1.6, mode="mirror", out=ours)}
    slow: dict[str, Contestant] = {}

    def subtract_in_opencv() -> Array:
        for sigma, target in ((1, low), (1.6, high)):
            taps = cv2.getGaussianKernel(2 * int(4 * sigma + 0.5) + 1, sigma)
            cv2.sepFilter2D(image, cv2.CV_32F, taps, taps, dst=target, borderType=MIRROR)
        return cv2.subtract(low, high, dst=high)

    if cv2:
        contestants["OpenCV"] = subtract_in_opencv
    if skimage_filters and image.dtype == np.float32:
        slow["scikit-image"] = lambda: skimage_filters.difference_of_gaussians(
            image, 1, 1.6, mode="mirror", channel_axis=-1)
    return Cell(f"difference of Gaussians 1, 1.6 {image.dtype}", contestants,
                0.01 if image.dtype != np.uint16 else 0.1, slow=slow)
