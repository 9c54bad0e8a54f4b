"""imfilter convolve --kernel KERNEL FILE...: any kernel, from a file or as text."""
from __future__ import annotations

import os
from typing import Any

import click
import numpy as np

from ..errors import ImfilterError, explain_os_error
from ..pipeline.chain import Filter
from . import photos, recipes


def parse_kernel(text: str) -> np.ndarray[Any, Any]:
    """Return a kernel from text: rows on lines or between semicolons, numbers between spaces or commas."""
    lines = [line.partition("#")[0] for line in text.replace(";", "\n").splitlines()]
    try:
        rows = [[float(number) for number in line.replace(",", " ").split()] for line in lines if line.strip()]
    except ValueError as error:
        came = str(error).partition(": ")[2]
        raise ImfilterError(f"a kernel must be rows of numbers, 'a b; c d', got {came}") from None
    if not rows or len({len(row) for row in rows}) != 1:
        raise ImfilterError(f"the rows of a kernel must be equally long, got {[len(row) for row in rows] or 'none'}")
    kernel = np.array(rows)
    if not np.isfinite(kernel).all():
        raise ImfilterError("a kernel must be finite, got NaN or infinity in it")
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
            self.fail(f"{error}{'; there is no file of that name' if named else ''}", param, ctx)
        except OSError as error:
            self.fail(f"{value}: {explain_os_error(error)}", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{value}: is no text", param, ctx)


command = photos.command(
    "convolve",
    "Convolve every channel of photos with a kernel; photo.png becomes photo.convolve.png.\n\n"
    "The kernel is turned by 180 degrees, as convolution has it; --no-flip leaves it as it is (correlation).",
    [
        click.Option(["--kernel"], type=KernelType(), required=True, metavar="KERNEL",
                     help="A text file, or the numbers themselves: \"0 -1 0; -1 5 -1; 0 -1 0\"."),
        click.Option(["--flip/--no-flip"], default=True, show_default=True, help="Turn the kernel by 180 degrees."),
    ],
    "clip",
    recipes.recipe("convolve", Filter.of_kernel),
    masked=True,
)
