"""What a filter is made of: its kernels, its color matrix, or neither, and how they make the result, in words."""
from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import kernels
from ...arrays.dtypes import Array
from ...filters import FILTERS, FilterDeclaration
from ...pipeline.chain import Filter
from ...pipeline.kernel_files import is_kernel_file
from .table import checked

GRADIENTS = ("sobel", "scharr", "prewitt", "farid", "roberts")
CORRELATED = ("box", "gaussian", "binomial")  # which shows where a size is even: the center is on the other side


@dataclass(frozen=True)
class Anatomy:
    """A filter's parts.

    kernels: by what each stands for; matrix: of colors, a row for each channel of the result. at_once: whether one
    pass over the image computes with all kernels.
    """

    words: str
    kernels: dict[str, Array]
    matrix: Array | None = None
    at_once: bool = False


def anatomy(step: Filter) -> Anatomy:
    """Take a filter by name apart."""
    if is_kernel_file(step.name):
        return _learned(step.keywords["kernel"], step.keywords["bias"])
    if "kernel" in step.keywords:
        return own_kernel(step.keywords["kernel"])
    preset = FILTERS[step.name]
    own = settled(step)
    light = " It is computed in linear light: sRGB samples are decoded before and encoded after." if (
        own.get("linear")) else ""
    if preset.group == "color":
        table = next((value for value in own.values() if isinstance(value, np.ndarray)), np.eye(3))
        plain = {**own, "linear": False} if "linear" in own else own
        return Anatomy(f"{preset.summary}. It mixes the channels of each pixel by a matrix.{light}", {},
                       matrix_of(preset, plain, table.shape[-1]))
    if preset.name not in kernels.KERNELS and preset.name != "contour":
        return Anatomy(f"{preset.summary}. It is no linear convolution, so it has no kernel.", {})
    words, found = _kernels(preset, own)
    return Anatomy(f"{preset.summary}. {words}{light}", found, at_once=preset.name in GRADIENTS and len(found) == 2)


def own_kernel(kernel: Any) -> Anatomy:
    """Return what is said of a kernel without a name."""
    return Anatomy("A kernel of your own.", {"kernel": checked(kernel)})


def _learned(kernel: Array, bias: Array) -> Anatomy:
    """Return what is said of the kernel of a file."""
    more = f" {bias.round(6).tolist()} is added." if bias.any() else ""
    if kernel.ndim == 2:
        return Anatomy(f"A kernel of a file, which is correlated with.{more}", {"kernel": checked(kernel)})
    if kernel.shape[2:] == (1, 1):
        return Anatomy(f"A matrix of a file. It mixes the channels of each pixel.{more}", {}, kernel[:, :, 0, 0])
    return Anatomy(f"Kernels of a file, from channel to channel, which are correlated with and summed.{more}", {
        f"channel {d + 1} to {c + 1}": checked(kernel[c, d]) for c, d in np.ndindex(kernel.shape[:2])})


def settled(step: Filter) -> dict[str, Any]:
    """Return all parameters of a filter by name, checked."""
    return {parameter.name: parameter.kind.check(
        parameter.name, step.keywords.get(parameter.name, parameter.default))
        for parameter in FILTERS[step.name].parameters}


def matrix_of(preset: FilterDeclaration, own: dict[str, Any], channels: int) -> Array:
    """Return the matrix of a filter that mixes so many channels: what pure ones become, side by side."""
    pure = np.eye(channels)[None] if channels > 1 else np.ones((1, 1))
    became = np.asarray(preset.function(pure, **own))
    matrix: Array = became.reshape(channels, -1).T
    return matrix


def _kernels(preset: FilterDeclaration, own: dict[str, Any]) -> tuple[str, dict[str, Array]]:
    """Return how a filter's kernels make its result, and the kernels."""
    if preset.name in GRADIENTS and own["axis"] is None:
        axes = ("0, down", "1, across") if preset.name != "roberts" else ("0, falling", "1, rising")
        return ("It is the root of the mean of the squares of two convolutions, sqrt((a^2 + b^2) / 2), with:",
                {f"axis {axis}": kernel_of(preset.name, {"axis": k}) for k, axis in enumerate(axes)})
    if preset.name == "kirsch":
        return ("It is the largest of eight convolutions, with:",
                {f"{45 * k} degrees": kernel for k, kernel in enumerate(kernels.kirsch())})
    if preset.name == "gabor" and (own["part"] == "magnitude" or own["angle"] is None):
        return _gabor(own)
    if preset.name == "contour":
        return "It is white plus the convolution with:", {"kernel": kernels.find_edges()}
    if preset.name == "emboss":
        return "It is mid-gray plus the convolution with:", {"kernel": own["depth"] * kernel_of("emboss", own)}
    if own.get("threshold"):
        return (f"Where it would change a sample by less than {own['threshold']:g} before amount, the sample stays; "
                "elsewhere it is convolution with:", {"kernel": kernel_of(preset.name, own)})
    kernel = kernel_of(preset.name, own)
    if preset.name in CORRELATED and not all(side % 2 for side in kernel.shape):
        return "It is correlation with:", {"kernel": kernel}
    return "It is convolution with:", {"kernel": kernel}


def _gabor(own: dict[str, Any]) -> tuple[str, dict[str, Array]]:
    angle = own["angle"] or 0.0
    parts = ("real", "imaginary") if own["part"] == "magnitude" else (own["part"],)
    made = "of convolution" if len(parts) == 1 else "of the root of the sum of the squares of two convolutions"
    words = f"It is the largest result in {own['angles']} directions {made}; in the first of them with:" if (
        own["angle"] is None) else f"It is {made.removeprefix('of ')}, with:"
    return words, {f"{angle:g} degrees, {part}": kernel_of("gabor", {**own, "angle": angle, "part": part})
                   for part in parts}


def kernel_of(name: str, own: dict[str, Any]) -> Array:
    """Return the kernel of a name, given those of the filter's parameters that the kernel has."""
    known = inspect.signature(kernels.KERNELS[name]).parameters
    return kernels.named(name, **{key: value for key, value in own.items() if key in known})
