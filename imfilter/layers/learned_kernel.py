"""The result of learning: a kernel, and how well it explains the images."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..arrays.dtypes import Array
from ..pipeline.kernel_files import apply_kernel, format_kernel


@dataclass(frozen=True)
class LearnedKernel:
    """A kernel that was learned, and how well it explains the images. Call it with an image to filter that image.

    kernel: (kh, kw) for `imfilter.correlate`, or (C_out, C_in, kh, kw) for `imfilter.conv2d`, float64. bias: a number,
    or (C_out,) numbers, added to the results; 0 unless it was to be learned. parameters: those of the pattern.
    residual: root mean square of the remaining differences, in units of the second image. explained: share of the
    second image's variance that the kernel explains, at most 1. condition: condition number of the normal equations,
    with all parameters scaled alike. samples: number of samples of the second image that were used. warning: why the
    kernel is not reliable, or None.
    """

    kernel: Array
    bias: Any
    parameters: Array
    residual: float
    explained: float
    condition: float
    samples: int
    warning: str | None = None

    def __call__(self, image: Any, **keywords: Any) -> Any:
        """Filter an image; the keywords are those of `imfilter.gaussian`."""
        return apply_kernel(image, self.kernel, self.bias, **keywords)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write a kernel file, which works as the name of a filter: `imfilter apply look.json photo.jpg`."""
        from ..files import atomic

        fit = {"residual": self.residual, "explained": self.explained, "samples": self.samples}
        atomic.write_file(format_kernel(self.kernel, self.bias, **fit), os.fspath(path), force=force)
