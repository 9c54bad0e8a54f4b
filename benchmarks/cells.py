"""The cells that compare.py measures: one computation each, with a contestant for every library that offers it."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import imfilter

with contextlib.suppress(ImportError):
    import cv2
with contextlib.suppress(ImportError):
    import torch
with contextlib.suppress(ImportError):
    import scipy.ndimage
with contextlib.suppress(ImportError):
    import skimage.filters
with contextlib.suppress(ImportError):
    import PIL.Image
    import PIL.ImageFilter
with contextlib.suppress(ImportError, OSError):
    import pyvips

Array = np.ndarray[Any, Any]
Contestant = Callable[[], Any]
HEIGHT, WIDTH = 2160, 3840
RNG = np.random.default_rng(20261122)
MIRROR = 4  # cv2.BORDER_REFLECT_101
workers = 1  # threads of imfilter; the contestants read it on each call


@dataclass
class Cell:
    """One computation by several contestants, "imfilter" among them.

    tolerance: largest accepted difference from imfilter's result. bytes: number of bytes read and written, for
    memory-bound work. flops: number of operations, for arithmetic-bound work. slow: contestants timed only once.
    """

    work: str
    contestants: dict[str, Contestant]
    tolerance: float = 1.0
    bytes: int = 0
    flops: float = 0.0
    slow: dict[str, Contestant] = field(default_factory=dict)


def is_imported(name: str) -> bool:
    """Return whether a peer is installed."""
    return name in globals()


def set_threads(count: int) -> None:
    """Set the number of threads of all contestants."""
    global workers
    workers = count
    if is_imported("cv2"):
        cv2.setNumThreads(count)
    if is_imported("torch"):
        torch.set_num_threads(count)


def make_photo(dtype: str = "u1") -> Array:
    """Return a smooth RGB image with noise, the size of a 4K screen."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) / 400
    smooth = 127 + 80 * np.sin(x + np.cos(y))[..., None] * [1, 0.8, 0.6]
    return np.clip(smooth + RNG.normal(0, 12, (HEIGHT, WIDTH, 3)), 0, 255).astype(dtype)


def make_kernel_cell(name: str, kernel: Array, image: Array, **limits: Any) -> Cell:
    """Return a cell that correlates an image with a kernel."""
    kernel = np.asarray(kernel, float)
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours, workers=workers)}
    if is_imported("cv2"):
        contestants["OpenCV"] = lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=MIRROR)
    slow = find_slow_correlations(kernel, image) if kernel.size < 30 else {}
    return Cell(name, contestants, 1 if image.dtype == np.uint8 else 0.01, slow=slow, **limits)


def find_slow_correlations(kernel: Array, image: Array) -> dict[str, Contestant]:
    """Return contestants that correlate an image with a small kernel and take long."""
    slow: dict[str, Contestant] = {}
    if is_imported("scipy"):
        slow["SciPy"] = lambda: scipy.ndimage.correlate(image.astype(np.float32), kernel[..., None], mode="mirror")
    if is_imported("PIL") and image.dtype == np.uint8 and kernel.shape in ((3, 3), (5, 5)):
        weights = PIL.ImageFilter.Kernel(kernel.shape, kernel[::-1].ravel().tolist(), 1)
        picture = PIL.Image.fromarray(image)
        slow["Pillow"] = lambda: np.asarray(picture.filter(weights))
    if is_imported("pyvips"):
        vips = pyvips.Image.new_from_array(image)
        mask = pyvips.Image.new_from_array(kernel.tolist())
        slow["libvips"] = lambda: vips.conv(mask, precision="float").numpy()
    return slow


def make_gaussian_cell(image: Array, sigma: float) -> Cell:
    """Return a cell that applies a Gaussian blur."""
    size = 2 * int(4 * sigma + 0.5) + 1
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.gaussian(image, sigma, mode="mirror", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if is_imported("cv2"):
        taps = cv2.getGaussianKernel(size, sigma)
        contestants["OpenCV GaussianBlur"] = lambda: cv2.GaussianBlur(
            image, (size, size), sigma, dst=theirs, borderType=MIRROR)
        contestants["OpenCV sepFilter2D"] = lambda: cv2.sepFilter2D(
            image, -1, taps, taps, dst=theirs, borderType=MIRROR)
    if is_imported("scipy") and sigma <= 2:
        slow["SciPy"] = lambda: scipy.ndimage.gaussian_filter(
            image.astype(np.float32), (sigma, sigma, 0), mode="mirror")
    if is_imported("skimage") and sigma <= 2:
        slow["scikit-image"] = lambda: skimage.filters.gaussian(
            image, sigma, mode="mirror", channel_axis=-1, preserve_range=True)
    return Cell(f"gaussian sigma {sigma} {image.dtype}", contestants, 2 if image.dtype == np.uint8 else 0.05, slow=slow)


def make_box_cell(image: Array, size: int) -> Cell:
    """Return a cell that applies a box blur."""
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.box(image, size, mode="mirror", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if is_imported("cv2"):
        contestants["OpenCV"] = lambda: cv2.blur(image, (size, size), dst=theirs, borderType=MIRROR)
    if is_imported("scipy"):
        slow["SciPy"] = lambda: scipy.ndimage.uniform_filter(image.astype(np.float32), (size, size, 1), mode="mirror")
    return Cell(f"box {size} uint8", contestants, 1, slow=slow)


def make_magnitude_cell(name: str, image: Array) -> Cell:
    """Return a cell that computes a gradient magnitude."""
    ours = np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, mode="mirror", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if is_imported("cv2"):
        contestants["OpenCV"] = make_opencv_magnitude(name, image)
    if is_imported("skimage"):
        slow["scikit-image"] = lambda: np.stack(
            [getattr(skimage.filters, name)(image[..., c].astype(np.float32), mode="mirror") for c in range(3)], -1)
    return Cell(f"{name} magnitude {image.dtype}", contestants, 1 if image.dtype == np.uint8 else 0.01, slow=slow)


def make_opencv_magnitude(name: str, image: Array) -> Contestant:
    """Return a gradient magnitude by OpenCV: two derivatives, their magnitude and, for uint8, a conversion."""
    smooth = {"sobel": [1, 2, 1], "scharr": [3, 10, 3], "prewitt": [1, 1, 1]}[name]
    edge, across = np.array([-1.0, 0, 1]), np.array(smooth, float) / sum(smooth)
    scale = float(np.float32(np.sqrt(0.5)))
    x, y, both, bytes8 = (np.empty(image.shape, t) for t in (np.float32,) * 3 + (np.uint8,))

    def compute_magnitude() -> Array:
        cv2.sepFilter2D(image, cv2.CV_32F, edge, across, dst=x, borderType=MIRROR)
        cv2.sepFilter2D(image, cv2.CV_32F, across, edge, dst=y, borderType=MIRROR)
        cv2.magnitude(x, y, magnitude=both)
        if image.dtype == np.uint8:
            return cv2.convertScaleAbs(both, dst=bytes8, alpha=scale)
        return cv2.multiply(both, (scale,) * 4, dst=both)

    return compute_magnitude


def make_derivative_cell(image: Array) -> Cell:
    """Return a cell that computes a signed derivative of bytes."""
    ours, theirs = np.empty(image.shape, np.float32), np.empty(image.shape, np.float32)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.sobel(image, axis=0, mode="mirror", out=ours, workers=workers)}
    if is_imported("cv2"):
        contestants["OpenCV"] = lambda: cv2.Sobel(
            image, cv2.CV_32F, 0, 1, dst=theirs, scale=0.25, borderType=MIRROR)
    return Cell("sobel axis=0 uint8 -> float32", contestants, 0.01, bytes=image.nbytes * 5)


def make_color_matrix_cell(image: Array) -> Cell:
    """Return a cell that multiplies the channels by a matrix."""
    matrix = np.array([[0.4, 0.5, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]])
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.mix(image, matrix, out=ours, workers=workers)}
    if is_imported("cv2"):
        contestants["OpenCV"] = lambda: cv2.transform(image, matrix, dst=theirs)
    return Cell("color matrix 3 -> 3 uint8", contestants, 1, bytes=2 * image.nbytes)


def make_grayscale_cell(image: Array) -> Cell:
    """Return a cell that converts colors to gray."""
    ours, theirs = np.empty((HEIGHT, WIDTH), np.uint8), np.empty((HEIGHT, WIDTH), np.uint8)
    weights = (0.299, 0.587, 0.114)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.grayscale(image, weights, out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if is_imported("cv2"):
        contestants["OpenCV"] = lambda: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=theirs)
    if is_imported("PIL"):
        slow["Pillow"] = lambda: np.asarray(PIL.Image.fromarray(image).convert("L"))
    return Cell("grayscale uint8", contestants, 1, bytes=image.nbytes * 4 // 3, slow=slow)


def make_median_cell(image: Array, size: int) -> Cell:
    """Return a cell that applies a median filter."""
    ours, theirs = np.empty_like(image), np.empty_like(image)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.median(image, size, mode="nearest", out=ours, workers=workers)}
    slow: dict[str, Contestant] = {}
    if is_imported("cv2"):
        contestants["OpenCV"] = lambda: cv2.medianBlur(image, size, dst=theirs)
    if is_imported("scipy") and size <= 5:
        slow["SciPy"] = lambda: scipy.ndimage.median_filter(image, (size, size, 1), mode="nearest")
    if is_imported("PIL") and size <= 5:
        slow["Pillow"] = lambda: np.asarray(
            PIL.Image.fromarray(image).filter(PIL.ImageFilter.MedianFilter(size)))
    return Cell(f"median {size} uint8", contestants, 0, slow=slow)


def make_layer_cell(
    inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, height: int = 1080
) -> Cell:
    """Return a cell that computes a convolution layer in float32; PyTorch uses both memory formats."""
    image = RNG.normal(size=(height, height * 16 // 9, inputs)).astype(np.float32)
    weight = RNG.normal(size=(outputs, inputs // groups, size, size)).astype(np.float32)
    options = {"stride": stride, "padding": size // 2, "groups": groups}
    ours = imfilter.conv2d(image, weight, **options)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.conv2d(image, weight, out=ours, workers=workers, **options)}
    if is_imported("torch"):
        contestants |= make_torch_layers(image, weight, options)
    details = f"{f' s{stride}' * (stride > 1)}{' depthwise' * (groups > 1)}"
    flops = 2.0 * ours.size * weight[0].size
    return Cell(f"conv2d {inputs} -> {outputs} k{size}{details} ({height}p)", contestants, 0.05,
                flops=0 if groups > 1 else flops)


def make_torch_layers(image: Array, weight: Array, options: dict[str, int]) -> dict[str, Contestant]:
    """Return a layer of PyTorch, without gradients, for each memory format."""
    channels_first = torch.from_numpy(image.transpose(2, 0, 1).copy()[None])

    def make_layer(memory_format: Any) -> Contestant:
        pixels = channels_first.to(memory_format=memory_format)
        bank = torch.from_numpy(weight).to(memory_format=memory_format)

        def compute_layer() -> Array:
            with torch.inference_mode():
                result: Array = torch.nn.functional.conv2d(pixels, bank, **options)[0].permute(1, 2, 0).numpy()
                return result

        return compute_layer

    return {"PyTorch channels first": make_layer(torch.contiguous_format),
            "PyTorch channels last": make_layer(torch.channels_last)}


def make_small_cell() -> Cell:
    """Return a cell that correlates a 64 x 64 image 500 times, where the cost of a call matters."""
    image = make_photo()[:64, :64].copy()
    ours, theirs, kernel = np.empty_like(image), np.empty_like(image), np.full((3, 3), 1 / 9)

    def repeat(call: Contestant) -> Contestant:
        def call_repeatedly() -> Any:
            for _ in range(499):
                call()
            return call()
        return call_repeatedly

    contestants = {"imfilter": repeat(lambda: imfilter.correlate(image, kernel, mode="mirror", out=ours))}
    if is_imported("cv2"):
        contestants["OpenCV"] = repeat(lambda: cv2.filter2D(image, -1, kernel, dst=theirs, borderType=MIRROR))
    return Cell("64 x 64 RGB uint8 3 x 3, whole call", contestants, 1)


def make_fixed_cells() -> Iterator[Cell]:
    image = make_photo()
    for name, kernel in (("sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
                         ("emboss", [[-1, -1, 0], [-1, 1, 1], [0, 1, 1]]),
                         ("Laplacian", [[0, -1, 0], [-1, 4, -1], [0, -1, 0]])):
        yield make_kernel_cell(f"{name} 3 x 3 uint8", np.array(kernel), image, bytes=2 * image.nbytes)


def make_dense_cells() -> Iterator[Cell]:
    for dtype in ("u1", "f4"):
        image = make_photo(dtype)
        for size in (3, 5, 7, 15, 31):
            kernel = RNG.normal(size=(size, size))
            kernel /= np.abs(kernel).sum()
            flops = 2.0 * image.size * size * size if size > 5 else 0
            yield make_kernel_cell(f"dense {size} x {size} {image.dtype}", kernel, image, flops=flops)


def make_shaped_cells() -> Iterator[Cell]:
    image = make_photo()
    disk = np.hypot(*np.mgrid[-15:16, -15:16]) <= 15
    yield make_kernel_cell("disk radius 15 uint8", disk / disk.sum(), image)
    yield make_kernel_cell("motion blur 31 uint8", np.eye(31) / 31, image)


def make_gaussian_cells() -> Iterator[Cell]:
    for dtype in ("u1", "f4"):
        image = make_photo(dtype)
        for sigma in (1, 2, 5, 20):
            yield make_gaussian_cell(image, sigma)


def make_box_cells() -> Iterator[Cell]:
    image = make_photo()
    for size in (3, 5, 9, 31):
        yield make_box_cell(image, size)


def make_edge_cells() -> Iterator[Cell]:
    for dtype in ("u1", "f4"):
        image = make_photo(dtype)
        for name in ("sobel", "scharr", "prewitt"):
            yield make_magnitude_cell(name, image)
    yield make_derivative_cell(make_photo())


def make_color_cells() -> Iterator[Cell]:
    image = make_photo()
    yield make_color_matrix_cell(image)
    yield make_grayscale_cell(image)


def make_rank_cells() -> Iterator[Cell]:
    image = make_photo()
    for size in (3, 5, 11, 101):
        yield make_median_cell(image, size)


def make_layer_cells() -> Iterator[Cell]:
    yield make_layer_cell(3, 16, 3)
    yield make_layer_cell(3, 64, 3)
    yield make_layer_cell(3, 64, 7, stride=2)
    yield make_layer_cell(16, 32, 3)
    yield make_layer_cell(16, 32, 3, stride=2)
    yield make_layer_cell(32, 32, 3, groups=32)
    yield make_layer_cell(64, 64, 3, height=540)


def make_small_cells() -> Iterator[Cell]:
    yield make_small_cell()


GROUPS: dict[str, Callable[[], Iterator[Cell]]] = {
    "fixed": make_fixed_cells, "dense": make_dense_cells, "shaped": make_shaped_cells, "gaussian": make_gaussian_cells,
    "box": make_box_cells, "edges": make_edge_cells, "color": make_color_cells, "rank": make_rank_cells,
    "layers": make_layer_cells, "small": make_small_cells}
