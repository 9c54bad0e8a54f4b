"""The kernels that the playground starts from: those of the filters, as whole weights and a divisor where possible."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import kernels
from ...arrays.dtypes import Array
from ...engine.kernel_structure import integer_scale

DECIMALS = 4  # of weights: products and sums of bytes stay exact decimals, which can be shown in full

KERNELS: dict[str, Callable[[], Array]] = {
    "Identity": lambda: np.pad(kernels.named("box", size=1), 1),
    "Mean 3 × 3": lambda: kernels.named("box", size=3),
    "Mean 5 × 5": lambda: kernels.named("box", size=5),
    "Gaussian 3 × 3 (binomial)": lambda: kernels.named("binomial", size=3),
    "Gaussian 5 × 5 (binomial)": lambda: kernels.named("binomial", size=5),
    "Sobel, vertical edges": lambda: kernels.named("sobel", axis=1),
    "Sobel, horizontal edges": lambda: kernels.named("sobel", axis=0),
    "Laplacian": lambda: kernels.named("laplace"),
    "Sharpen": lambda: kernels.named("sharpen"),
    "Emboss": lambda: kernels.named("emboss"),
    "Motion blur, 5 pixels": lambda: kernels.named("motion", length=5, angle=0),
}
START = "Sharpen"


def list_presets() -> list[dict[str, Any]]:
    """Return the presets as the page stores them: weights row by row, as they lie on the image."""
    return [_preset(name, make()[::-1, ::-1]) for name, make in KERNELS.items()]


def _preset(name: str, kernel: Array) -> dict[str, Any]:
    """Return a preset. Kernels whose weights cancel give signed sums, which bytes would cut off."""
    weights, scale = integer_scale(kernel)
    divisor = round(1 / scale)
    if abs(scale * divisor - 1) > 1e-9:
        weights, divisor = kernel, 1
    numbers = [value + 0.0 for value in weights.round(DECIMALS).ravel().tolist()]  # no negative zero
    return {"name": name, "rows": kernel.shape[0], "columns": kernel.shape[1],
            "weights": [int(value) if value == int(value) else value for value in numbers], "divisor": divisor,
            "result": "sums" if abs(sum(numbers)) < 1e-9 else "bytes"}
