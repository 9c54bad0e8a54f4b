"""Cells of workloads for which others published figures; each cell carries their claims.

The claims are copied from the sources that they name and were measured there, on other machines, by others. Of
pillow-perf they are those for an Amazon c5.large. The README of albumentations' benchmark does not name its processor,
and its photos, ImageNet's validation set, have many sizes: 500 x 375 stands for them here. OpenCV's rows come from
pull requests; the one of 2026 does not state a number of threads.
"""
from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

import imfilter

from .blurs import PILLOW_ERROR
from .common import (
    MIRROR,
    Array,
    Cell,
    Claim,
    Contestant,
    allocate,
    apply_in_pillow,
    cv2,
    make_photo,
    tolerate,
)

PILLOW_PERF = ("Amazon c5.large", "https://github.com/python-pillow/pillow-perf/blob/"
               "cb401eb7f366314bbf3f536edf6153d45db82278/docs/src/data/c5.large.txt")
ALBUMENTATIONS = ("not stated, one thread", "https://github.com/albumentations-team/benchmark/blob/"
                  "07740255fd4664a8648151eb9a759d1292f4c89e/README.md")
TURIN = ("AMD EPYC (Turin)", "https://github.com/opencv/opencv/pull/28394")
SKYLAKE = ("Intel i7-6700K, one thread", "https://github.com/opencv/opencv/pull/14013")
# Megapixels per second of Pillow 7.0, Pillow-SIMD 7.0 and OpenCV 4.1.
BLURS = {1: (27.06, 56.90, 60.75), 10: (27.28, 63.54, 9.12), 30: (27.15, 62.94, 2.64)}
FILTERS = {"SMOOTH": (61.94, 650.16, 222.32), "SHARPEN": (61.88, 643.06, 222.91), "SMOOTH_MORE": (22.70, 252.97, 87.37)}
GRAY = (827.55, 2002.55)
# Milliseconds of OpenCV for images of 1280 x 720.
MEDIANS = {("u1", 3): 0.06, ("u2", 3): 0.1, ("u2", 5): 0.83, ("f4", 3): 0.23, ("f4", 5): 1.85}
GAUSSIANS = {("u1", 1, 5): 0.446, ("u2", 1, 5): 3.222, ("f4", 1, 3): 0.532, ("u1", 4, 3): 1.096}


def make_published_cells() -> Iterator[Cell]:
    yield from make_pillow_perf_cells()
    yield from make_albumentations_cells()
    yield from make_opencv_cells()


def claim(unit: str, place: tuple[str, str], **figures: float) -> tuple[Claim, ...]:
    """Return claims of one place; the libraries' names have underscores for spaces."""
    return tuple(Claim(name.replace("_", " "), figure, unit, *place) for name, figure in figures.items())


def make_pillow_perf_cells() -> Iterator[Cell]:
    """Yield cells of pillow-perf: a photo of 2560 x 1600."""
    image = make_photo(size=(1600, 2560))
    for radius, (plain, simd, opencv) in BLURS.items():
        size = 2 * int(4 * radius + 0.5) + 1
        yield make_cell(f"pillow-perf blur {radius} px", image, {
            "imfilter": lambda out, radius=radius: imfilter.gaussian(image, radius, mode="mirror", out=out),
            "OpenCV": lambda out, radius=radius, size=size: cv2.GaussianBlur(
                image, (size, size), radius, dst=out, borderType=MIRROR),
        }, ImageFilter.GaussianBlur(radius), claim(
            "Mpx/s", PILLOW_PERF, Pillow_7=plain, Pillow_SIMD_7=simd, OpenCV_4=opencv), 40 + 3 * radius)
    for name, (plain, simd, opencv) in FILTERS.items():
        yield make_fixed_cell(f"pillow-perf {name}", image, name, claim(
            "Mpx/s", PILLOW_PERF, Pillow_7=plain, Pillow_SIMD_7=simd, OpenCV_4=opencv))
    picture, ours, theirs = Image.fromarray(image), *allocate(2, image.shape[:2], np.uint8)
    weights = (0.299, 0.587, 0.114)
    yield Cell("pillow-perf RGB to L", {
        "imfilter": lambda: imfilter.grayscale(image, weights, out=ours),
        "OpenCV": lambda: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY, dst=theirs),
        "Pillow": lambda: picture.convert("L")}, 1, pixels=ours.size, claims=claim(
            "Mpx/s", PILLOW_PERF, Pillow_7=GRAY[0], Pillow_SIMD_7=GRAY[1]))


def make_cell(
    work: str, image: Array, calls: dict[str, Any], operation: Any, claims: tuple[Claim, ...], border: int = 40,
) -> Cell:
    """Return a cell of calls that take an array for the result, and of an operation of Pillow's, if there is one."""
    contestants: dict[str, Contestant] = {
        name: functools.partial(call, np.empty_like(image)) for name, call in calls.items()}
    if operation:
        contestants["Pillow"] = apply_in_pillow(image, operation)
    return Cell(work, contestants, tolerate(image) * (2 if "blur" in work.lower() else 1),
                loose={"Pillow": PILLOW_ERROR} if "blur" in work else {}, border=border,
                pixels=image.shape[0] * image.shape[1], claims=claims)


def make_fixed_cell(work: str, image: Array, name: str, claims: tuple[Claim, ...]) -> Cell:
    """Return a cell of one of Pillow's fixed kernels, which are symmetric."""
    operation = getattr(ImageFilter, name)
    size, scale, _, weights = operation.filterargs
    kernel = np.reshape(weights, size) / scale
    return make_cell(work, image, {
        "imfilter": lambda out: imfilter.correlate(image, kernel, mode="mirror", out=out),
        "OpenCV": lambda out: cv2.filter2D(image, -1, kernel, dst=out, borderType=MIRROR)}, operation, claims)


def make_albumentations_cells() -> Iterator[Cell]:
    """Yield cells of albumentations' benchmark; its blurs are OpenCV's."""
    image = make_photo(size=(375, 500))
    rows = np.tile([0.299, 0.587, 0.114], (3, 1))
    blurs: dict[str, tuple[Any, Any, Any, dict[str, float]]] = {
        "Blur 5": (lambda out: imfilter.box(image, 5, mode="mirror", out=out),
                   lambda out: cv2.blur(image, (5, 5), dst=out, borderType=MIRROR), ImageFilter.BoxBlur(2),
                   {"AlbumentationsX_2.2": 7879}),
        "GaussianBlur 5 x 5": (lambda out: imfilter.gaussian(image, 2, truncate=1, mode="mirror", out=out),
                               lambda out: cv2.GaussianBlur(image, (5, 5), 2, dst=out, borderType=MIRROR), None,
                               {"AlbumentationsX_2.2": 2499, "Kornia_0.8": 710, "torchvision_0.26": 342}),
        "MedianBlur 5": (lambda out: imfilter.median(image, 5, mode="nearest", out=out),
                         lambda out: cv2.medianBlur(image, 5, dst=out), ImageFilter.MedianFilter(5),
                         {"AlbumentationsX_2.2": 1594, "Pillow_12": 11}),
        "Grayscale to RGB": (lambda out: imfilter.mix(image, rows, out=out),
                             lambda out: cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB,
                                                      dst=out), None,
                             {"AlbumentationsX_2.2": 18661, "Pillow_12": 19331})}
    for name, (ours, theirs, operation, figures) in blurs.items():
        yield make_cell(f"albumentations {name}", image, {"imfilter": ours, "OpenCV": theirs}, operation,
                        claim("images/s", ALBUMENTATIONS, **figures))
    for name, label, figures in (
            ("DETAIL", "EnhanceDetail", {"AlbumentationsX_2.2": 3768, "Pillow_12": 822}),
            ("EDGE_ENHANCE_MORE", "EnhanceEdge", {"AlbumentationsX_2.2": 2368, "Pillow_12": 531})):
        yield make_fixed_cell(f"albumentations {label}", image, name, claim("images/s", ALBUMENTATIONS, **figures))


def make_opencv_cells() -> Iterator[Cell]:
    """Yield rows of OpenCV's performance tests, for images of 1280 x 720."""
    for (dtype, size), figure in MEDIANS.items():
        image = make_photo(dtype, 1, (720, 1280))
        yield make_cell(f"OpenCV perf medianBlur {size} {image.dtype} gray", image, {
            "imfilter": lambda out, image=image, size=size: imfilter.median(image, size, mode="nearest", out=out),
            "OpenCV": lambda out, image=image, size=size: cv2.medianBlur(image, size, dst=out),
        }, None, claim("ms", TURIN, OpenCV_4=figure))
    for (dtype, channels, size), figure in GAUSSIANS.items():
        image = make_photo(dtype, 1, (720, 1280))
        if channels > 1:
            image = np.repeat(image[..., None], channels, -1)
        yield make_cell(f"OpenCV perf gaussianBlur {size} x {size} {image.dtype} x {channels}", image, {
            "imfilter": lambda out, image=image, size=size: imfilter.binomial(image, size, mode="mirror", out=out),
            "OpenCV": lambda out, image=image, size=size: cv2.GaussianBlur(
                image, (size, size), 0, dst=out, borderType=MIRROR),
        }, None, claim("ms", SKYLAKE, OpenCV_4=figure))
