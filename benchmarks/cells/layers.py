"""Cells of convolution layers, in float32; PyTorch uses both of its memory formats."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import imfilter

from .common import SETTINGS, Array, Cell, Contestant, torch


def make_layer_cells() -> Iterator[Cell]:
    for inputs, outputs, size, height, options in (
            (3, 16, 3, 1080, {}), (3, 64, 3, 720, {}), (3, 64, 7, 1080, {"stride": 2}), (16, 32, 3, 1080, {}),
            (16, 32, 3, 1080, {"stride": 2}), (64, 64, 3, 540, {}), (128, 128, 3, 270, {}),
            (3, 3, 3, 1080, {}), (3, 3, 11, 360, {}), (3, 8, 5, 1080, {}), (32, 32, 3, 540, {"groups": 4}),
            (32, 32, 3, 1080, {"groups": 32}), (3, 3, 1, 1080, {}), (16, 32, 1, 1080, {}), (64, 64, 1, 540, {})):
        yield make_layer_cell(inputs, outputs, size, height // SETTINGS.divisor, **options)


def make_layer_cell(
    inputs: int, outputs: int, size: int, height: int, stride: int = 1, groups: int = 1, details: str = "",
) -> Cell:
    """Return a cell that computes a convolution layer."""
    rng = np.random.default_rng(size)
    image = rng.normal(size=(height, height * 16 // 9, inputs)).astype(np.float32)
    weight = rng.normal(size=(outputs, inputs // groups, size, size)).astype(np.float32)
    options = {"stride": stride, "padding": size // 2, "groups": groups}
    ours = imfilter.conv2d(image, weight, **options)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.conv2d(image, weight, out=ours, **options)}
    if torch:
        contestants |= make_torch_layers(image, weight, options)
    details += f"{f' s{stride}' * (stride > 1)}{f' groups {groups}' * (groups > 1)}"
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
