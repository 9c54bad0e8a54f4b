"""Cells of stems of networks, from a photo of bytes to the last maps; PyTorch uses both of its memory formats."""
from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from stems import STEMS, make_stem

import imfilter

from .common import SETTINGS, Array, Cell, Contestant, make_photo, torch

HEIGHTS = 224, 720
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's photos, as imfilter has them


def make_stem_cells() -> Iterator[Cell]:
    for name in STEMS if torch else ():
        for height in HEIGHTS:
            yield make_stem_cell(name, height if height < 540 else height // SETTINGS.divisor)


def make_stem_cell(name: str, height: int) -> Cell:
    """Return a cell that computes the maps of a stem."""
    photo = make_photo(size=(height, height if height == min(HEIGHTS) else height * 16 // 9))
    module = make_stem(torch, name)
    stack = imfilter.Stack.from_torch(module)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: stack.run(photo, normalize="imagenet"),
        "PyTorch channels first": _make_torch_stem(module, photo, torch.contiguous_format),
        "PyTorch channels last": _make_torch_stem(module, photo, torch.channels_last)}
    largest = float(np.abs(contestants["imfilter"]()).max())
    return Cell(f"{name} stem ({height}p)", contestants, 1e-5 * largest)


def _make_torch_stem(module: Any, photo: Array, memory_format: Any) -> Contestant:
    """Return a module in eager mode, without gradients."""
    pixels = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].contiguous(memory_format=memory_format)
    stem = copy.deepcopy(module).to(memory_format=memory_format)
    mean, deviation = (torch.tensor(values)[None, :, None, None] for values in (MEAN, DEVIATION))

    def compute_maps() -> Array:
        with torch.inference_mode():
            maps: Array = stem((pixels.float() / 255 - mean) / deviation)[0].permute(1, 2, 0).numpy()
            return maps

    return compute_maps
