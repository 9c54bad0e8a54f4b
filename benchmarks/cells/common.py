"""What all cells share: the installed peers, threads, images, and the description of a cell."""
from __future__ import annotations

import contextlib
import functools
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, Any]
Contestant = Callable[[], Any]
MIRROR = 4  # cv2.BORDER_REFLECT_101
MAXIMUM = {"u1": 255.0, "u2": 65535.0, "i2": 32767.0, "f4": 255.0, "f8": 255.0}
FULL_SIZE, QUICK_SIZE = (2160, 3840), (540, 960)


def import_peer(name: str) -> Any:
    """Return a module, or None if it is not installed."""
    with contextlib.suppress(ImportError, OSError):
        return importlib.import_module(name)
    return None


cv2 = import_peer("cv2")
torch = import_peer("torch")
ndimage = import_peer("scipy.ndimage")
skimage_filters = import_peer("skimage.filters")
pyvips = import_peer("pyvips")
diplib = import_peer("diplib")


@dataclass
class Settings:
    """Height and width of the images, and by how much the other sizes are divided."""

    size: tuple[int, int] = FULL_SIZE
    divisor: int = 1


SETTINGS = Settings()


@dataclass(frozen=True)
class Claim:
    """A published figure: whose, how much of which unit ('Mpx/s', 'images/s' or 'ms'), on what, and where."""

    library: str
    figure: float
    unit: str
    machine: str
    source: str


@dataclass
class Cell:
    """One computation by several contestants, "imfilter" among them.

    tolerance: largest accepted difference from imfilter's result. loose: larger ones, for peers that approximate.
    border: width of the edge that is not compared. bytes: number of bytes read and written, for memory-bound work.
    flops: number of operations, for arithmetic-bound work. slow: contestants timed only once. claims: what others
    published about the same work. pixels: of the image, where there are claims.
    """

    work: str
    contestants: dict[str, Contestant]
    tolerance: float = 1.0
    bytes: int = 0
    flops: float = 0.0
    slow: dict[str, Contestant] = field(default_factory=dict)
    loose: dict[str, float] = field(default_factory=dict)
    border: int = 40
    pixels: int = 0
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        if not cv2:
            self.contestants = {name: call for name, call in self.contestants.items() if "OpenCV" not in name}


def set_threads(count: int) -> None:
    """Set the number of threads of all contestants."""
    os.environ["IMFILTER_WORKERS"] = str(count)
    if cv2:
        cv2.setNumThreads(count)
    if torch:
        torch.set_num_threads(count)
    if diplib:
        diplib.SetNumberOfThreads(count)


def set_quick() -> None:
    """Use images of a sixteenth of the pixels."""
    SETTINGS.size, SETTINGS.divisor = QUICK_SIZE, FULL_SIZE[0] // QUICK_SIZE[0]


def make_photo(dtype: str = "u1", channels: int = 3, size: tuple[int, int] | None = None) -> Array:
    """Return a smooth image with noise; integers fill the range of their dtype, floats are 0 to 255."""
    base = _make_base(size or SETTINGS.size)
    scale = MAXIMUM[dtype] / 255
    pixels = (base[..., :channels] * np.float32(scale)).astype(dtype)
    return np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels)


@functools.lru_cache(2)
def _make_base(size: tuple[int, int]) -> Array:
    """Return an RGB image of bytes as float32."""
    rng = np.random.default_rng(20261122)
    y, x = np.mgrid[:size[0], :size[1]].astype(np.float32) / 400
    smooth = 127 + 80 * np.sin(x + np.cos(y))[..., None] * np.array([1, 0.8, 0.6], np.float32)
    noise = rng.standard_normal((*size, 3), np.float32) * 12
    return np.clip(smooth + noise, 0, 255).astype(np.uint8).astype(np.float32)


def allocate(count: int, shape: tuple[int, ...], dtype: Any) -> list[Array]:
    """Return `count` arrays for results, each with memory of its own."""
    return [np.empty(shape, dtype) for _ in range(count)]


def tolerate(image: Array) -> float:
    """Return how much results of an image's dtype may differ: 1 for integers, for other roundings of a half."""
    return 1.0 if image.dtype.kind in "iu" else 0.01


def is_picture(image: Array) -> bool:
    """Return whether Pillow filters images of this kind: 8 bits a sample."""
    return image.dtype == np.uint8


def apply_in_pillow(image: Array, operation: Any) -> Contestant:
    """Return a contestant that filters a Pillow image, which is made beforehand."""
    picture = Image.fromarray(image)
    return lambda: picture.filter(operation)
