"""Measure Gaussian blurs over sigma: time and largest error of imfilter and its peers, and draw both as a chart.

    pip install ".[bench]" diplib
    python benchmarks/gaussians.py [--json gaussians.json] [--draw docs/gaussians.svg] [--rounds 5] [--quick]
    python benchmarks/gaussians.py --redraw gaussians.json --draw docs/gaussians.svg

As in P. Getreuer, "A survey of Gaussian convolution algorithms", Image Processing On Line 3, 2013. All methods blur one
gray image of 3840 x 2160 float32 samples from 0 to 255 (Pillow: bytes) on one thread, by turns in one process; a time
is the shortest of the rounds. A method that takes longer than LONGEST is left out for larger sigmas. Errors are the
largest difference, in levels of 255, from the Gaussian cut off at 8 sigma in float64, on black and white blocks as wide
as sigma, which bring errors out. Methods continue the image beyond its border in their own ways, so errors count from
4.2 sigma on. Peers that are not installed are skipped.
"""
from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from cells.common import cv2, diplib, ndimage, set_threads, skimage_filters
from gaussian_chart import draw_gaussians
from machine import describe_machine, name_processor
from PIL import Image, ImageFilter

import imfilter

Array = np.ndarray[Any, Any]
Method = Callable[[Array, float], Array]

SIGMAS = (0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 100, 150, 200, 300, 500)
SIZE, QUICK_SIZE = (2160, 3840), (540, 960)
LONGEST = 0.25  # seconds per megapixel
TRUNCATE = 8  # of the exact kernel
STRIP = 256  # lines that are transformed at once
LEAST_SIDE, SIDE, MARGIN = 512, 11, 4.2  # of the image for errors: pixels, and sigmas


def list_methods() -> Iterator[tuple[str, Method]]:
    """Yield the methods, each a function of the image and sigma."""
    yield "imfilter approximate", lambda image, sigma: imfilter.gaussian(image, sigma, method="approximate")
    yield "imfilter approximate, truncate=6", lambda image, sigma: imfilter.gaussian(
        image, sigma, truncate=6, method="approximate")
    yield "imfilter exact", lambda image, sigma: imfilter.gaussian(image, sigma)
    yield "Pillow", blur_in_pillow
    if cv2:
        yield "OpenCV", lambda image, sigma: cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    if ndimage:
        yield "SciPy", lambda image, sigma: ndimage.gaussian_filter(image, sigma)
    if skimage_filters:
        yield "scikit-image", lambda image, sigma: skimage_filters.gaussian(
            image, sigma, mode="reflect", preserve_range=True)
    if diplib:
        for method, name in (("IIR", "DIPlib recursive"), ("FT", "DIPlib transform")):
            yield name, lambda image, sigma, method=method: np.asarray(  # type: ignore[misc]
                diplib.Gauss(image, [sigma], method=method, boundaryCondition=["mirror"]))


def blur_in_pillow(image: Array, sigma: float) -> Array:
    """Blur by Pillow, which takes bytes."""
    return np.asarray(Image.fromarray(image.astype(np.uint8)).filter(ImageFilter.GaussianBlur(sigma)))


def make_blocks(size: tuple[int, int], sigma: float) -> Array:
    """Return black and white blocks about as wide as sigma."""
    side = max(round(sigma), 1)
    blocks = np.random.default_rng(7).random((-(-size[0] // side), -(-size[1] // side))) < 0.5
    blocks = np.repeat(np.repeat(blocks, side, 0), side, 1)
    return np.ascontiguousarray(blocks[:size[0], :size[1]] * np.float32(255))


def blur_exactly(image: Array, sigma: float) -> Array:
    """Return the blur in float64, one axis after the other."""
    for axis in (0, 1):
        lines = np.moveaxis(image, axis, -1)
        result = np.empty(lines.shape)
        for first in range(0, len(lines), STRIP):
            result[first:first + STRIP] = blur_lines(lines[first:first + STRIP], sigma)
        image = np.moveaxis(result, -1, axis)
    return image


def blur_lines(lines: Array, sigma: float) -> Array:
    """Blur reflected lines by a transform."""
    radius, length = int(TRUNCATE * sigma + 0.5), lines.shape[1]
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    taps /= taps.sum()
    size = 2 ** (length + 4 * radius).bit_length()
    padded = np.pad(lines.astype(float), ((0, 0), (radius, radius)), "symmetric")
    spectra = np.fft.rfft(padded, size) * np.fft.rfft(taps, size)
    return np.fft.irfft(spectra, size)[:, 2 * radius:2 * radius + length]


def measure_errors(methods: dict[str, Method], sigma: float) -> dict[str, float]:
    """Return the largest error of each method away from the border, in levels of 255."""
    side, margin = max(LEAST_SIDE, round(SIDE * sigma)), round(MARGIN * sigma)
    image, inside = make_blocks((side, side), sigma), slice(margin, side - margin)
    exact = blur_exactly(image, sigma)[inside, inside]
    return {name: float(np.abs(method(image, sigma)[inside, inside] - exact).max()) for name, method in methods.items()}


def measure_times(methods: dict[str, Method], sigma: float, size: tuple[int, int], rounds: int) -> dict[str, float]:
    """Return the shortest seconds of each method, by turns."""
    image = make_blocks(size, sigma)
    picture, blur = Image.fromarray(image.astype(np.uint8)), ImageFilter.GaussianBlur(sigma)
    calls: dict[str, Callable[[], Any]] = {
        name: (lambda method=method: method(image, sigma)) for name, method in methods.items()}
    if "Pillow" in calls:
        calls["Pillow"] = lambda: picture.filter(blur)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):  # the first is a warm-up
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: min(times[1:]) for name, times in seconds.items()}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure and print all methods for all sigmas."""
    set_threads(1)
    size, methods, rows = QUICK_SIZE if options.quick else SIZE, dict(list_methods()), []
    for sigma in SIGMAS:
        errors = measure_errors(methods, sigma)
        seconds = measure_times(methods, sigma, size, options.rounds)
        rows += [{"sigma": sigma, "method": name, "seconds": seconds[name], "error": errors[name]} for name in methods]
        print(f"sigma {sigma:g}: " + ", ".join(
            f"{name} {1000 * seconds[name]:.1f} ms {errors[name]:.3g}" for name in methods), flush=True)
        longest = LONGEST * size[0] * size[1] / 1e6
        methods = {name: method for name, method in methods.items() if seconds[name] <= longest}
    return {"machine": describe_machine() | {"processor": name_processor()}, "size": size, "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measurements to a JSON file")
    parser.add_argument("--draw", type=Path, metavar="FILE.svg", help="draw the chart")
    parser.add_argument("--redraw", type=Path, metavar="FILE.json", help="draw measurements of before instead")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each method (default: 5)")
    parser.add_argument("--quick", action="store_true", help="an image of a sixteenth of the pixels, for a first look")
    options = parser.parse_args()
    report = json.loads(options.redraw.read_text(encoding="utf-8")) if options.redraw else measure(options)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    if options.draw:
        options.draw.write_text(draw_gaussians(report), encoding="utf-8")


if __name__ == "__main__":
    main()
