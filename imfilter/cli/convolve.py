"""imfilter convolve --kernel KERNEL FILE...: any kernel, from a file or as text."""
from __future__ import annotations

import os
from typing import Any

import click
import numpy as np

from ..errors import ImfilterError, explain_os_error
from ..pipeline.chain import Filter
from .photos import make_command
from .recipes import recipe_maker


def parse_kernel(text: str) -> np.ndarray[Any, Any]:
    """Parse a kernel from text: rows separated by lines or semicolons, numbers by spaces or commas."""
    lines = [line.partition("#")[0] for line in text.replace(";", "\n").splitlines()]
    try:
        rows = [[float(number) for number in line.replace(",", " ").split()] for line in lines if line.strip()]
    except ValueError as error:
        came = str(error).partition(": ")[2]
        raise ImfilterError(f"a kernel must be rows of numbers, 'a b; c d', got {came}") from None
    if not rows or len({len(row) for row in rows}) != 1:
        lengths = [len(row) for row in rows] or "none"
        raise ImfilterError(f"the rows of a kernel must have the same length, got {lengths}")
    kernel = np.array(rows)
    if not np.isfinite(kernel).all():
        raise ImfilterError("the weights of a kernel must be finite, got NaN or infinity")
    return kernel


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


command = make_command(
    "convolve",
    "Convolve each channel of photos with a kernel; photo.png becomes photo.convolve.png.\n\n"
    "The kernel is rotated by 180 degrees, as convolution is defined; --no-flip does not (correlation).",
    [
        click.Option(["--kernel"], type=KernelType(), required=True, metavar="KERNEL",
                     help="A text file, or the numbers: \"0 -1 0; -1 5 -1; 0 -1 0\"."),
        click.Option(["--flip/--no-flip"], default=True, show_default=True, help="Rotate the kernel by 180 degrees."),
    ],
    "clip",
    recipe_maker("convolve", Filter.from_kernel),
    masked=True,
)
