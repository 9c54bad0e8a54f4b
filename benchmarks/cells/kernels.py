"""Cells of channel-wise kernels: fixed, dense, and of special shapes; and of strides."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

import imfilter

from .common import (
    MIRROR,
    Array,
    Cell,
    Contestant,
    allocate,
    apply_in_pillow,
    cv2,
    is_picture,
    make_photo,
    ndimage,
    pyvips,
    tolerate,
)

FIXED = {"sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "emboss": [[-1, -1, 0], [-1, 1, 1], [0, 1, 1]],
         "Laplacian": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]}
PYRAMID = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def make_kernel_cell(work: str, kernel: Any, image: Array, **limits: Any) -> Cell:
    """Return a cell that correlates an image with a kernel."""
    kernel = np.asarray(kernel, float)
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=MIRROR)
    slow = find_slow_correlations(kernel, image) if kernel.size < 30 else {}
    return Cell(f"{work} {image.dtype}", contestants, tolerate(image), slow=slow, **limits)


def find_slow_correlations(kernel: Array, image: Array) -> dict[str, Contestant]:
    """Return contestants that correlate an image with a small kernel and take long."""
    slow: dict[str, Contestant] = {}
    if image.dtype not in (np.uint8, np.float32) or image.ndim < 3:
        return slow
    if ndimage:
        slow["SciPy"] = lambda: ndimage.correlate(image.astype(np.float32), kernel[..., None], mode="mirror")
    if is_picture(image) and kernel.shape in ((3, 3), (5, 5)):  # whose kernels Pillow turns upside down
        weights = ImageFilter.Kernel(kernel.shape, kernel[::-1].ravel().tolist(), 1)
        slow["Pillow"] = apply_in_pillow(image, weights)
    if pyvips:
        picture = pyvips.Image.new_from_array(image)
        mask = pyvips.Image.new_from_array(kernel.tolist())
        slow["libvips"] = lambda: picture.conv(mask, precision="float").numpy()
    return slow


def make_kernel_cells() -> Iterator[Cell]:
    image = make_photo()
    for work, kernel in FIXED.items():
        yield make_kernel_cell(f"{work} 3 x 3", kernel, image, bytes=2 * image.nbytes)
    for dtype in ("u1", "u2", "i2", "f4", "f8"):
        image = make_photo(dtype)
        for size in (3, 5, 7, 15, 31):
            flops = 2.0 * image.size * size * size if size > 5 else 0
            yield make_kernel_cell(f"dense {size} x {size}", make_dense_kernel(size), image, flops=flops)
    for dtype in ("u1", "f4"):
        for size in (3, 7):
            yield make_kernel_cell(f"dense {size} x {size} gray", make_dense_kernel(size), make_photo(dtype, 1))
    disk = np.hypot(*np.mgrid[-15:16, -15:16]) <= 15
    for dtype in ("u1", "f4"):
        yield make_kernel_cell("disk radius 15", disk / disk.sum(), make_photo(dtype))


def make_dense_kernel(size: int) -> Array:
    """Return a kernel without structure, whose results need not be saturated."""
    kernel = np.random.default_rng(size).normal(size=(size, size))
    return kernel / np.abs(kernel).sum()


def make_stride_cells() -> Iterator[Cell]:
    for dtype in ("u1", "u2", "f4"):
        image = make_photo(dtype)
        yield make_pyramid_cell(image)
        for stride in (2, 4):
            yield make_reduced_cell(image, stride)
            if is_picture(image):
                yield make_shrunk_cell(image, stride)
        if is_picture(image):
            yield make_sized_cell(image, 1600)
        yield make_strided_cell(image, 3)
    yield make_strided_cell(make_photo(), 7)


def make_pyramid_cell(image: Array) -> Cell:
    """Return a cell that halves an image, smoothed by a binomial kernel."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    ours, theirs = allocate(2, (height, width, 3), image.dtype)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.correlate(image, PYRAMID, stride=2, mode="mirror", out=ours)}
    if cv2:
        contestants["OpenCV pyrDown"] = lambda: cv2.pyrDown(
            image, dst=theirs, dstsize=(width, height), borderType=MIRROR)
    return Cell(f"binomial 5 x 5 stride 2 {image.dtype}", contestants, tolerate(image))


def make_reduced_cell(image: Array, stride: int) -> Cell:
    """Return a cell that averages blocks of pixels."""
    height, width = image.shape[0] // stride, image.shape[1] // stride
    ours, theirs = allocate(2, (height, width, 3), image.dtype)
    kernel = np.full((stride, stride), stride**-2.0)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.correlate(image, kernel, stride=stride, padding="valid", out=ours)}
    if cv2:
        contestants["OpenCV resize"] = lambda: cv2.resize(
            image, (width, height), dst=theirs, interpolation=cv2.INTER_AREA)
    if is_picture(image):
        picture = Image.fromarray(image)
        contestants["Pillow"] = lambda: picture.reduce(stride)
    return Cell(f"mean {stride} x {stride} stride {stride} {image.dtype}", contestants, tolerate(image))


def make_shrunk_cell(image: Array, by: int) -> Cell:
    """Return a cell that shrinks an image by the Lanczos kernel; Pillow rounds between its passes."""
    height, width = image.shape[0] // by, image.shape[1] // by
    ours, picture = np.empty((height, width, 3), image.dtype), Image.fromarray(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.shrink(image, by, out=ours),
        "Pillow": lambda: picture.resize((width, height), Image.Resampling.LANCZOS)}
    return Cell(f"shrink by {by}, lanczos {image.dtype}", contestants, loose={"Pillow": 20.0})


def make_sized_cell(image: Array, to: int) -> Cell:
    """Return a cell that shrinks an image to a size that no whole number gives; Pillow rounds between its passes."""
    picture, ours = Image.fromarray(image), imfilter.shrink(image, to=to)
    height, width = ours.shape[:2]
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.shrink(image, to=to, out=ours),
        "Pillow": lambda: picture.resize((width, height), Image.Resampling.LANCZOS)}
    return Cell(f"shrink to {to}, lanczos {image.dtype}", contestants, loose={"Pillow": 20.0})


def make_strided_cell(image: Array, size: int) -> Cell:
    """Return a cell of a dense kernel at every second pixel; OpenCV computes all pixels and copies every second."""
    kernel = make_dense_kernel(size)
    ours, theirs = np.empty((image.shape[0] // 2, image.shape[1] // 2, 3), image.dtype), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.correlate(image, kernel, stride=2, mode="mirror", out=ours)}
    if cv2:
        contestants["OpenCV"] = lambda: np.ascontiguousarray(
            cv2.filter2D(image, -1, kernel, dst=theirs, borderType=MIRROR)[::2, ::2])
    return Cell(f"dense {size} x {size} stride 2 {image.dtype}", contestants, tolerate(image))
