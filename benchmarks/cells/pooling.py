"""Cells of transposed convolutions and pools, in float32; PyTorch uses both of its memory formats."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import imfilter

from .common import SETTINGS, Array, Cell, Contestant, torch


def make_pooling_cells() -> Iterator[Cell]:
    for inputs, outputs, size, height, options in (
            (64, 32, 4, 256, {"stride": 2, "padding": 1}), (16, 3, 4, 1024, {"stride": 2, "padding": 1}),
            (64, 32, 3, 256, {"stride": 2, "padding": 1, "output_padding": 1}), (64, 32, 2, 256, {"stride": 2}),
            (32, 32, 4, 512, {"stride": 2, "padding": 1, "groups": 32})):
        yield make_transposed_cell(inputs, outputs, size, height // SETTINGS.divisor, options)
    for kind in ("max", "avg"):
        for channels, size, height, options in (
                (64, 2, 448, {}), (64, 3, 448, {"stride": 2, "padding": 1}), (128, 3, 224, {"stride": 1, "padding": 1}),
                (256, 5, 80, {"stride": 1, "padding": 2}), (3, 2, 1024, {}), (1, 2, 2048, {})):
            yield make_pool_cell(kind, channels, size, height // SETTINGS.divisor, options)


def make_transposed_cell(inputs: int, outputs: int, size: int, height: int, options: dict[str, int]) -> Cell:
    """Return a cell that computes a transposed convolution of a square image."""
    rng = np.random.default_rng(size)
    image = rng.normal(size=(height, height, inputs)).astype(np.float32)
    weight = rng.normal(size=(inputs, outputs // options.get("groups", 1), size, size)).astype(np.float32)
    ours = imfilter.conv_transpose2d(image, weight, **options)
    contestants: dict[str, Contestant] = {
        "imfilter": lambda: imfilter.conv_transpose2d(image, weight, out=ours, **options)}
    contestants |= make_torch_calls("conv_transpose2d", image, weight, **options)
    details = f"k{size} s{options['stride']}{f' groups {groups}' if (groups := options.get('groups')) else ''}"
    return Cell(f"conv_transpose2d {inputs} -> {outputs} {details} ({height} x {height})", contestants, 0.05,
                flops=2.0 * image.size * weight[0].size)


def make_pool_cell(kind: str, channels: int, size: int, height: int, options: dict[str, int]) -> Cell:
    """Return a cell that pools a square image."""
    image = np.random.default_rng(size).normal(size=(height, height, channels)).astype(np.float32)
    name = f"{kind}_pool2d"
    pool = getattr(imfilter, name)
    ours = pool(image, size, **options)
    contestants: dict[str, Contestant] = {"imfilter": lambda: pool(image, size, out=ours, **options)}
    contestants |= make_torch_calls(name, image, size, **options)
    return Cell(f"{name} {channels} k{size} s{options.get('stride', size)} ({height} x {height})", contestants, 1e-5,
                bytes=image.nbytes + ours.nbytes)


def make_torch_calls(name: str, image: Array, argument: Any, **options: int) -> dict[str, Contestant]:
    """Return a function of PyTorch, without gradients, for each memory format. argument: weights, or the size."""
    if not torch:
        return {}
    function = getattr(torch.nn.functional, name)
    channels_first = torch.from_numpy(image.transpose(2, 0, 1).copy()[None])

    def make_call(memory_format: Any) -> Contestant:
        pixels = channels_first.to(memory_format=memory_format)
        second = argument
        if isinstance(argument, np.ndarray):
            second = torch.from_numpy(argument).to(memory_format=memory_format)

        def compute() -> Array:
            with torch.inference_mode():
                result: Array = function(pixels, second, **options)[0].permute(1, 2, 0).numpy()
                return result

        return compute

    return {"PyTorch channels first": make_call(torch.contiguous_format),
            "PyTorch channels last": make_call(torch.channels_last)}
