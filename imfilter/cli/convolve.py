"""imfilter convolve --kernel KERNEL FILE...: any kernel, from a file or as text."""
from __future__ import annotations

import os
from typing import Any

import click

from ..errors import ImfilterError, explain_os_error
from ..kernels.normalization import normalize
from ..pipeline.chain import Filter
from ..pipeline.kernel_text import parse_kernel
from .photos import make_command
from .recipes import recipe_maker


class KernelType(click.Path):
    """A kernel, as text or as the name of a text file."""

    name = "kernel"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            if not os.path.isfile(value):
                return parse_kernel(value)
            with open(value, encoding="utf-8-sig") as stream:
                return parse_kernel(stream.read())
        except ImfilterError as error:
            named = not any(mark in value for mark in " ;,") and not os.path.isfile(value)
            self.fail(f"{error}{'; there is no file with this name' if named else ''}", param, ctx)
        except OSError as error:
            self.fail(f"{value}: {explain_os_error(error)}", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{value}: is not a text file", param, ctx)


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
