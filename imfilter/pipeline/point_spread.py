"""The kernel of a blur that is to be undone: weights, a text, a file, a learned kernel or a filter's name."""
from __future__ import annotations

import inspect
import math
import os
import re
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..engine.checks import check_kernel
from ..engine.kernel_structure import absolute_sum, sum_of
from ..errors import ImfilterError
from ..filters import FILTERS
from ..filters.parameters import Table
from ..filters.synonyms import suggest_filters
from ..kernels import from_filters
from .kernel_files import is_kernel_file, read_kernel
from .kernel_text import read_kernel_stage
from .parameter_text import parse_parameters

LEAST_SUM = 1e-6  # of a kernel, relative to that of its sizes; of less, single precision leaves nothing


class PointSpread(Table):
    """The point-spread function of a blur: (kh, kw), both odd, for convolution around its middle."""

    title = "kernel"  # in help

    def __init__(self) -> None:
        super().__init__(2)

    def check(self, name: str, value: object) -> Array:
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, str):
            kernel = read_point_spread(value)
        elif hasattr(value, "kernel") and hasattr(value, "bias"):  # a LearnedKernel
            kernel = _flip_learned(value.kernel, value.bias)
        else:
            kernel = check_kernel(value, name, 2)
        total, size = sum_of(kernel), absolute_sum(kernel)
        if not math.isfinite(size):
            raise ImfilterError(f"{name} must have a sum below the largest float64, got {size}")
        if abs(total) <= LEAST_SUM * size:
            raise ImfilterError(
                f"{name} must not sum to 0, since such a kernel loses the brightness of the image, got the sum "
                f"{total:.3g} of weights up to {np.abs(kernel).max():.3g}")
        return _extend_to_odd(kernel)

    def parse(self, text: str) -> str:
        return text  # read by check, whose messages say what is wrong with a file

    @property
    def words(self) -> str:
        return ("a filter with its parameters (gaussian:sigma=2), weights ('1 2 1; 2 4 2; 1 2 1'), or the name of a "
                "text file or of a file by imfilter learn")


def read_point_spread(text: str) -> Array:
    """Return the kernel, for convolution, that a text denotes."""
    if is_kernel_file(text):
        return _flip_learned(*read_kernel(text))
    name, *given = re.split(r"[:\s]+", text.strip())  # in chains, where a colon ends a parameter, spaces separate
    if not re.fullmatch(r"[A-Za-z_]\w*", name) or os.path.isfile(text):
        return read_kernel_stage(text)
    return _kernel_of_filter(name, given, text)


def _kernel_of_filter(name: str, given: list[str], text: str) -> Array:
    """Return the kernel of a filter. given: its parameters, NAME=VALUE."""
    names = from_filters.kernel_names()
    if name not in names:
        hint = ": the filter is not made of kernels" if name in FILTERS else suggest_filters(name, [*names])
        raise ImfilterError(f"there is no kernel {name!r}{hint}")
    declaration = FILTERS[name]
    weighing = inspect.signature(from_filters.kernel_function(name)).parameters
    known = {parameter.name: parameter for parameter in declaration.parameters if parameter.name in weighing}
    composition = declaration.operation(parse_parameters(name, given, known, text)).composition()
    if composition is None:
        raise ImfilterError(f"{name} must have a single kernel for its parameters, got a map")
    kernel = composition.as_array(name)
    if kernel.ndim != 2:
        raise ImfilterError(f"{name} must have a single kernel for its parameters, got {len(kernel)}")
    return kernel if composition.flip else _flip(kernel)


def _flip_learned(kernel: Array, bias: Any) -> Array:
    """Return a learned kernel, which is for correlation, for convolution."""
    if kernel.ndim != 2:
        raise ImfilterError(f"kernel must be one (kh, kw) for all channels, got a bank of shape {kernel.shape}")
    if np.any(bias):
        raise ImfilterError(f"kernel must have no bias, got {bias:g}: learn it without one, or subtract it first")
    return _flip(kernel)


def _flip(kernel: Array) -> Array:
    """Return a kernel for correlation as one for convolution around the same pixel."""
    return np.ascontiguousarray(_extend_to_odd(kernel)[::-1, ::-1])


def _extend_to_odd(kernel: Array) -> Array:
    """Return a kernel with as many weights on either side of tap (kh // 2, kw // 2), by a row and a column of zeros."""
    height, width = kernel.shape
    return np.pad(kernel, ((0, 1 - height % 2), (0, 1 - width % 2)))
