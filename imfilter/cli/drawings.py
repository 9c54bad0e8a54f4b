"""What the commands of imfilter explain share: options of sizes and of the file, and writing a picture."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError
from ..filters.parameters import Integer, Pair
from . import pictures
from .convolve import KernelType
from .options import NAME
from .report import print_lines, print_message
from .status import Status
from .values import KindType

if TYPE_CHECKING:
    from ..explain import Picture

STEPS = ".html (with a slider), .svg or .gif (animated), .png (last step)."
SIDES, MARGINS = KindType(Pair(Integer(1))), KindType(Pair(Integer(0)))


class SizeOrKernel(KernelType):
    """A kernel's size, or its weights."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or re.fullmatch(r"\d+(,\d+)?", value):
            return SIDES.convert(value, param, ctx)
        return super().convert(value, param, ctx)


def output_options(default: str, formats: str = STEPS) -> Callable[[Any], Any]:
    """Return the options of the file to write. default: its name; '' writes no picture unless --output names one."""
    hint = f" [default: {default}]" if default else ""

    def add(command: Any) -> Any:
        command = click.option("--force", is_flag=True, help="Replace a file that exists.")(command)
        return click.option(
            "-o", "--output", type=NAME, default=default or None, metavar="FILE",
            help=f"File to write: {formats}{hint}")(command)

    return add


def write_picture(path: str, force: bool, draw: Callable[[], Picture], *, describe: bool = True) -> Status:
    """Draw a picture, write it, and describe it in words."""
    from ..explain.canvas import saving

    saving.check_suffix(path)  # wrong usage, whatever files exist
    try:
        picture = draw()  # wrong usage, too
        pictures.check_target(path, force=force)
        picture.save(path, force=force)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    if describe:
        print_lines(str(picture))
    print_lines(f"wrote {path}")
    return Status.DONE
