"""imfilter convolve --kernel KERNEL FILE...: any kernel, from a file or as text."""
from __future__ import annotations

import os
from typing import Any

import click

from ..errors import FileError, ImfilterError
from ..filters import FILTERS
from ..kernels.normalization import normalize
from ..pipeline.chain import Filter
from ..pipeline.kernel_files import is_kernel_file
from ..pipeline.kernel_text import parse_kernel, read_kernel_text
from .photos import make_command
from .recipes import recipe_maker


class KernelType(click.Path):
    """A kernel, as text or as the name of a text file."""

    name = "kernel"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if is_kernel_file(value) and os.path.isfile(value):
            self.fail(f"{value} is a filter of its own: imfilter apply {value}", param, ctx)
        if value.partition(":")[0] in FILTERS and not os.path.lexists(value):
            self.fail(f"{value} is a filter: imfilter apply {value}", param, ctx)
        try:
            named = os.path.exists(value) and not os.path.isdir(value)
            return read_kernel_text(value) if named else parse_kernel(value)
        except FileError:  # not wrong usage, but a file
            raise
        except ImfilterError as error:
            hint = "; it is a folder" if os.path.isdir(value) else "; there is no file with this name"
            self.fail(f"{error}{hint if value and not any(mark in value for mark in ' ;,') else ''}", param, ctx)


def _make_filter(*, kernel: Any, normalized: bool, **options: Any) -> Filter:
    return Filter.from_kernel(normalize(kernel) if normalized else kernel, **options)


command = make_command(
    "convolve",
    "Convolve each channel of photos with a kernel; photo.png becomes photo.convolve.png.\n\n"
    "The kernel is rotated by 180 degrees, as convolution is defined; --no-flip does not (correlation).",
    [
        click.Option(["--kernel"], type=KernelType(), required=True, metavar="KERNEL",
                     help="A text file, or the weights: \"0 -1 0; -1 5 -1; 0 -1 0\". Fractions such as 1/16 are "
                          "allowed."),
        click.Option(["--normalize", "normalized"], is_flag=True,
                     help="Divide the weights by their sum, so that the brightness stays."),
        click.Option(["--flip/--no-flip"], default=True, show_default=True, help="Rotate the kernel by 180 degrees."),
    ],
    recipe_maker("convolve", _make_filter),
    masked=True,
)
