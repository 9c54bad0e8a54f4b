"""What a filter is made of, in words and numbers: its kernels, its color matrix, or neither."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ...pipeline.filter import Filter
from ...pipeline.kernel_files import is_kernel_file
from .table import check_drawable


@dataclass(frozen=True)
class Anatomy:
    """The parts of a filter.

    words: what it does, and how the kernels make the result. kernels: by label. matrix: of colors, a row for each
    channel of the result. at_once: whether all kernels are computed in one pass.
    """

    words: str
    kernels: dict[str, Array]
    matrix: Array | None = None
    at_once: bool = False


def anatomy(filter: Filter) -> Anatomy:
    """Return the parts of a filter."""
    if is_kernel_file(filter.name):
        return anatomy_of_kernels(filter.keywords["kernel"], filter.keywords["bias"], "from a file")
    if "kernel" in filter.keywords and filter.declaration.weighs:  # not the kernel whose blur it undoes
        return own_kernel(filter.keywords["kernel"])
    summary, operation = filter.declaration.summary, filter.operation
    light = " It is computed in linear light: sRGB samples are decoded before and encoded after." if (
        filter.keywords.get("linear")) else ""
    if operation.matrix is not None:
        return Anatomy(f"{summary}. It mixes the channels of each pixel by a matrix.{light}", {}, operation.matrix)
    composition = operation.composition()
    if composition is None:
        return Anatomy(f"{summary}. It is not a linear convolution, so it has no kernel.", {})
    return Anatomy(
        f"{summary}. {composition.sentence}{light}", composition.kernels, at_once=composition.one_pass)


def own_kernel(kernel: Any) -> Anatomy:
    """Return the parts of a kernel without a name."""
    return Anatomy("A kernel of your own.", {"kernel": check_drawable(kernel)})


def anatomy_of_kernels(kernel: Array, bias: Any, source: str) -> Anatomy:
    """Return the parts of a kernel (kh, kw), or of those of a bank (C_out, C_in, kh, kw). source: where it is from."""
    # NumPy's rounding multiplies, and so overflows.
    numbers = [round(number, 6) for number in np.ravel(bias).tolist()]
    added = f" {numbers if np.ndim(bias) else numbers[0]} is added." if np.any(bias) else ""
    if kernel.ndim == 2:
        return Anatomy(f"A kernel {source}, for correlation.{added}", {"kernel": check_drawable(kernel)})
    if kernel.shape[2:] == (1, 1):
        return Anatomy(f"A matrix {source}. It mixes the channels of each pixel.{added}", {}, kernel[:, :, 0, 0])
    return Anatomy(f"Kernels {source}, for correlation from channel to channel; the responses are summed.{added}", {
        f"channel {d + 1} to {c + 1}": check_drawable(kernel[c, d]) for c, d in np.ndindex(kernel.shape[:2])})
