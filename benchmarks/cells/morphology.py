"""Cells of gray morphology on 3840 x 2160: erosion, opening, gradient and top-hat against OpenCV and scikit-image."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import imfilter
from imfilter import kernels

from .common import Array, Cell, Contestant, allocate, cv2, import_peer, make_photo

skimage_morphology = import_peer("skimage.morphology")
SHAPES = (("square", 3), ("square", 15), ("square", 31), ("disk", 5), ("disk", 15))
# Names here, in OpenCV and in scikit-image.
OPERATIONS = {
    "erode": ("MORPH_ERODE", "erosion"), "opening": ("MORPH_OPEN", "opening"),
    "morphological_gradient": ("MORPH_GRADIENT", ""), "white_tophat": ("MORPH_TOPHAT", "white_tophat")}


def make_morphology_cells() -> Iterator[Cell]:
    image = make_photo()
    for name in ("erode", "opening"):
        for shape in SHAPES:
            yield make_morphology_cell(name, image, *shape)
    for name in ("morphological_gradient", "white_tophat"):
        yield make_morphology_cell(name, image, "disk", 5)
    yield make_morphology_cell("opening", make_photo("f4"), "disk", 5)


def make_morphology_cell(name: str, image: Array, shape: str, size: int) -> Cell:
    """Return a cell of one operation; pixels outside the image do not count, as in OpenCV."""
    ours, theirs = allocate(2, image.shape, image.dtype)
    footprint = kernels.footprint(shape, size)
    given = {"size": size} if shape == "square" else {"footprint": footprint}
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: getattr(imfilter, name)(image, **given, mode="ignore", out=ours)}
    slow: dict[str, Contestant] = {}
    in_opencv, in_skimage = OPERATIONS[name]
    if cv2:
        contestants["OpenCV"] = lambda: cv2.morphologyEx(
            image, getattr(cv2, in_opencv), footprint.astype(np.uint8), dst=theirs)
    if skimage_morphology and in_skimage:
        slow["scikit-image"] = lambda: np.stack([
            getattr(skimage_morphology, in_skimage)(image[..., c], footprint, mode="ignore")
            for c in range(image.shape[2])], -1)
    return Cell(f"{name} {shape} {size} {image.dtype}", contestants, 0, slow=slow)
