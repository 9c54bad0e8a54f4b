"""The result of learning: a kernel, and how well it explains the images."""
from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..arrays.dtypes import Array
from ..pipeline.kernel_files import apply_kernel, format_kernel
from ..runtime.representation import represent_as_html
from .pattern import Pattern

if TYPE_CHECKING:
    from ..arrays.image_types import ArrayLike, ForeignT, PlainT

EXACT = 1.2  # residuals up to this many times rounding are nothing but rounding
POOR = 0.95  # share of the variance below which a fit is poor
DECIMALS, DIGITS = 6, 4  # of the weights that are shown, and least digits of the largest of them
NAME_WIDTH = 11  # characters of the name of a figure


@dataclass(frozen=True)
class LearnedKernel:
    """A kernel that was learned, and how well it explains the images. Call it with an image to filter that image.

    kernel: (kh, kw) for `imfilter.correlate`, or (C_out, C_in, kh, kw) for `imfilter.conv2d`, float64. bias: a number,
    or (C_out,) numbers, added to the results; 0 unless it was to be learned. parameters: those of the pattern.
    errors: how far each of the parameters may be off, see Notes of `imfilter.learn`. pattern: the weights that are 0,
    or equal to each other up to a sign, within these errors; `learn` with ``pattern=`` of it learns them so.
    residual: root mean square of the remaining differences, in units of the second image. rounding: what the residual
    is when nothing but rounding remains. explained: share of the second image's variance that the kernel explains, at
    most 1, and below 0 where the mean alone leaves less. condition: condition number of the normal equations, with all
    parameters scaled alike. samples: number of samples of the second image that were used. warning: why the kernel is
    not reliable, or None. advice: other arguments of `imfilter.learn` that explain the images better, each with the
    share of the residual that it leaves, measured in the middle of the first images.
    """

    kernel: Array
    bias: Any
    parameters: Array
    errors: Array
    pattern: Pattern
    residual: float
    rounding: float
    explained: float
    condition: float
    samples: int
    warning: str | None = None
    advice: tuple[tuple[dict[str, Any], float], ...] = ()

    @property
    def exact(self) -> bool:
        """Whether only rounding remains."""
        return self.residual <= EXACT * self.rounding

    @property
    def verdict(self) -> str:
        """How good the fit is, in words."""
        if self.exact:
            return "exact: what remains is no more than rounding"
        share = f"{100 * self.explained:.4g} % of the variance"
        times = f"the residual is {self.residual / self.rounding:.3g} times that of rounding"
        if self.explained <= 0:
            return f"poor: the kernel explains nothing of the variance, and {times}"
        if self.explained < POOR:
            return f"poor: the kernel explains only {share}, and {times}"
        return f"near: the kernel explains {share}, but {times}"

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        decimals = count_decimals(self.kernel)
        weights = np.array2string(round_weights(self.kernel), precision=decimals, suppress_small=True)
        figures = [f"{name:<{NAME_WIDTH}}{text}" for name, text in list_figures(self)]
        return "\n".join([weights, "", *figures, *(f"note: {remark}" for remark in list_remarks(self))])

    _repr_html_ = represent_as_html

    @overload
    def __call__(self, image: PlainT, **keywords: Any) -> PlainT: ...

    @overload
    def __call__(self, image: ForeignT, **keywords: Any) -> ForeignT: ...

    @overload
    def __call__(self, image: ArrayLike, **keywords: Any) -> Array: ...

    def __call__(self, image: Any, **keywords: Any) -> Any:
        """Filter an image; the keywords are those of `imfilter.gaussian`."""
        return apply_kernel(image, self.kernel, self.bias, **keywords)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write a kernel file, which works as the name of a filter: `imfilter apply look.json photo.jpg`."""
        from ..files import atomic

        fit = {"residual": self.residual, "explained": self.explained, "samples": self.samples}
        atomic.write_file(format_kernel(self.kernel, self.bias, **fit), os.fspath(path), force=force)


def count_decimals(kernel: Array) -> int:
    """Return how many decimals of weights are shown: more where even the largest is small."""
    largest = float(np.abs(kernel).max())
    return max(DECIMALS, DIGITS - 1 - math.floor(math.log10(largest))) if largest > 0 else DECIMALS


def round_weights(kernel: Array) -> Array:
    """Return the weights as they are shown, without digits that are nothing but rounding, and without negative 0."""
    return np.round(kernel, count_decimals(kernel)) + 0.0


def list_figures(learned: LearnedKernel, image: str = "image") -> list[tuple[str, str]]:
    """Return how well a kernel fits: names and values in words. image: what an image is called."""
    bias = [("bias", ", ".join(f"{number:.6g}" for number in np.ravel(learned.bias)))] if np.any(learned.bias) else []
    return [*bias, ("residual", f"{learned.residual:.4g} in units of the second {image}"),
            ("explained", f"{100 * learned.explained:.4g} % of its variance, from {learned.samples:,} samples"),
            ("verdict", learned.verdict)]


def list_remarks(learned: LearnedKernel) -> list[str]:
    """Return why a kernel is not reliable, and what may explain the images better, as sentences."""
    advice = [f"try {', '.join(f'{name}={value!r}' for name, value in arguments.items())}, which leaves {share:.0%} of "
              "the residual in the middle" for arguments, share in learned.advice]
    return [*([learned.warning] if learned.warning else []), *advice]
