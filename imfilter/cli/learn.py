"""imfilter learn BEFORE AFTER: learn the kernel that turns one photo into another."""
from __future__ import annotations

import warnings
from typing import Any

import click
import numpy as np

from ..errors import FileError, ImfilterError
from ..filters.parameters import Integer, Pair
from . import pictures
from .options import NAME, max_pixels_option
from .report import print_lines, print_message
from .status import Status
from .values import KindType

DIGITS = 6  # decimals of the weights that are printed
WIDTH = 80  # characters of a line


@click.command("learn", epilog="""\b
    Examples:
      imfilter learn before.png after.png -o look.json
      imfilter apply look.json holiday/*.jpg
    """)
@click.argument("before", type=NAME)
@click.argument("after", type=NAME)
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Kernel file to write, FILE.json. Default: only print the kernel.")
@click.option("--size", type=KindType(Pair(Integer(1))), default=5, show_default=True,
              help="Size of the kernel, N or N,M down and across.")
@click.option("--bias", is_flag=True, help="Also learn a number to add.")
@click.option("--cross-channel", is_flag=True,
              help="Learn a kernel from every channel to every channel, for color changes. Default: one for all.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(
    before: str, after: str, output: str | None, size: Any, bias: bool, cross_channel: bool, force: bool,
    max_pixels: int | None
) -> Status:
    """Learn the kernel that turns the photo BEFORE into the photo AFTER, by least squares.

    Alpha is ignored. The file is a filter of its own: imfilter apply FILE.json photo.jpg.
    """
    from .. import files
    from ..layers.learning import LearningWarning, learn
    from ..pipeline import kernel_files

    try:
        if output is not None:
            if not kernel_files.is_kernel_file(output):
                raise click.UsageError(f"--output must end in {kernel_files.SUFFIX}, got {output!r}")
            files.check_target(output, force=force)
        pair = [pictures.read_image(path, max_pixels) for path in (before, after)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LearningWarning)
            learned = learn(*pair, size=size, bias=bias, cross_channel=cross_channel)
        if output is not None:
            learned.save(output, force=force)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    except ImfilterError as error:
        raise ImfilterError(f"{before} and {after}: {error}") from None
    for line in _describe_result(learned):
        click.echo(line)
    if learned.warning:
        print_message(f"{before} and {after}: {learned.warning}")
    if output is not None:
        print_lines(f"wrote {output}")
    return Status.DONE


command.params.append(max_pixels_option())


def _describe_result(learned: Any) -> list[str]:
    """Return the kernel, or those from channel to channel, and how well they fit, as lines of text."""
    from ..explain.kernel.facts import format_table

    kernel = np.round(learned.kernel, DIGITS) + 0.0  # no negative zeros
    lines = []
    if kernel.ndim == 2:
        lines += format_table(kernel, WIDTH)
    elif kernel.shape[2:] == (1, 1):
        lines += format_table(kernel[:, :, 0, 0], WIDTH)
    else:
        for c, d in np.ndindex(kernel.shape[:2]):
            lines += [f"channel {d + 1} to {c + 1}:", *format_table(kernel[c, d], WIDTH)]
    if np.any(learned.bias):
        lines.append(f"bias       {learned.bias}")
    return [*lines, "", f"residual   {learned.residual:.4g} in units of the second photo",
            f"explained  {100 * learned.explained:.4g} % of its variance, from {learned.samples:,} samples"]
