"""What `compare.py --more` adds: memory, start-up times, and the cost per pixel by image size."""
from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import imfilter

MEMORY = {"gaussian": "sigma=5", "box": "size=9", "sobel": "", "unsharp_mask": "radius=2",
          "difference_of_gaussians": "", "gabor": "", "median": "size=5", "bilateral": "", "grayscale": ""}
# Filters a small image, which loads and starts what is needed, then a large one, and prints by how much that raised the
# peak of the process's memory.
GROWTH = """
import pathlib, sys, numpy, imfilter
def read_status(name):
    return int(pathlib.Path("/proc/self/status").read_text().split(name + ":")[1].split()[0])
name, keywords, dtype = sys.argv[1:]
image = numpy.full((2160, 3840, 3), 7, dtype)
call, keywords = getattr(imfilter, name), eval(f"dict({keywords})")
small = call(image[:64, :64], **keywords)
out = numpy.full((*image.shape[:2], *small.shape[2:]), 7, small.dtype)
pathlib.Path("/proc/self/clear_refs").write_text("5")
before = read_status("VmRSS")
call(image, out=out, **keywords)
print(read_status("VmHWM") - before)
"""


def measure_more() -> dict[str, Any]:
    """Return scratch memory, start-up times, and the cost per pixel by image size."""
    return {"scratch bytes per thread": find_scratch(),
            "KiB beyond the image and the result, all threads": measure_memory(),
            "start-up time relative to importing numpy and PIL.Image": measure_startup(),
            "ns per pixel, dense 5 x 5 RGB uint8": measure_pixel_cost()}


def measure_memory() -> dict[str, int]:
    """Return by how much filters of 4K images raise the peak of a process's memory; Linux alone tells."""
    if sys.platform != "linux":
        return {}
    fresh = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    return {f"{name} {dtype}": int(subprocess.run(
        [sys.executable, "-c", GROWTH, name, keywords, dtype], check=True, capture_output=True, env=fresh).stdout)
        for name, keywords in MEMORY.items() for dtype in ("uint8", "float32")}


def find_scratch() -> dict[str, int]:
    """Return the scratch memory of a thread for three kernels."""
    image = np.zeros((2160, 3840, 3), np.uint8)
    rng = np.random.default_rng(1)
    kernels = {"3 x 3": rng.normal(size=(3, 3)), "31 x 31": rng.normal(size=(31, 31)),
               "box 31": np.ones((31, 31)) / 961}
    return {name: imfilter.plan(image, kernel).scratch for name, kernel in kernels.items()}


def measure_startup() -> dict[str, float]:
    """Return the time of four short Python programs, relative to importing NumPy and Pillow."""
    reference = "import numpy, PIL.Image"
    commands = {"python -c pass": ["-c", "pass"], reference: ["-c", reference],
                "import imfilter": ["-c", "import imfilter"], "imfilter list": ["-m", "imfilter", "list"]}
    seconds = {name: statistics.median(
        time_call(partial(subprocess.run, [sys.executable, *command], stdout=subprocess.DEVNULL, check=True))
        for _ in range(9)) for name, command in commands.items()}
    return {name: taken / seconds[reference] for name, taken in seconds.items()}


def measure_pixel_cost() -> dict[str, float]:
    """Return the nanoseconds per pixel of a dense 5 x 5 kernel, on one thread, for images of growing size."""
    kernel, costs = np.random.default_rng(1).normal(size=(5, 5)), {}
    for megapixels in (0.1, 1, 10, 100):
        side = int((megapixels * 1e6) ** 0.5)
        pixels, out = np.zeros((side, side, 3), np.uint8), np.empty((side, side, 3), np.uint8)
        call = partial(imfilter.correlate, pixels, kernel, out=out, workers=1)
        call()
        seconds = statistics.median(time_call(call) for _ in range(3))
        costs[f"{megapixels:g} Mpx"] = seconds / side**2 * 1e9
    return costs


def time_call(call: Callable[[], Any]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
