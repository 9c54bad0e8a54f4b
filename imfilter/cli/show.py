"""imfilter show FILTER_OR_KERNEL: a kernel's numbers, and what they do, as text or as a picture."""
from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import click

from ..errors import FileError, ImfilterError
from ..filters import PRESETS
from ..pipeline import Filter
from . import Status
from .convolve import KernelType
from .options import NAME
from .recipes import FilterName
from .report import say

if TYPE_CHECKING:
    from ..explain.anatomy import Anatomy

ABOUT = 14  # columns of what a fact is about


@click.command("show", epilog="""\b
    Examples:
      imfilter show sobel
      imfilter show gaussian:sigma=2 -o gaussian.svg
      imfilter show "0 -1 0; -1 5 -1; 0 -1 0"
      imfilter show kernel.txt
    """, context_settings={"ignore_unknown_options": True})  # a kernel may begin with a minus
@click.argument("what", type=FilterName(), metavar="FILTER|KERNEL")
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Draw it: kernel and frequency response, as .svg, .png, ...")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(what: str, output: str | None, force: bool) -> Status:
    """Tell a kernel's numbers and what follows from them.

    FILTER is a name with parameters if need be, as in gaussian:sigma=2; KERNEL a text file, or the numbers themselves.
    """
    from ..explain import saving

    parts = _parts(what)
    if output is None:
        click.echo("\n".join(_text(what, parts)))
        return Status.DONE
    if not parts.kernels and parts.matrix is None:
        raise ImfilterError(f"{what} has no kernel to draw: it is no linear convolution")
    try:
        saving.check(output, force=force, svg=True)
        _draw(what, parts, output, force)
    except FileError as error:
        say(str(error))
        return Status.SOME_FAILED
    click.echo(f"wrote {click.format_filename(output)}")
    return Status.DONE


def _parts(what: str) -> Anatomy:
    """Return what a filter or a kernel is made of. What is neither is taken for a misspelt filter."""
    from ..explain.anatomy import Anatomy, anatomy

    name = what.partition(":")[0]
    if name not in PRESETS and (os.path.isfile(what) or not name.replace("_", "").replace("-", "").isalpha()):
        return Anatomy("A kernel of your own.", {"kernel": KernelType().convert(what, None, None)})
    return anatomy(Filter.parse(what))


def _text(what: str, parts: Anatomy) -> list[str]:
    from ..explain import facts, response

    width = max(40, shutil.get_terminal_size().columns)
    marks = response.BARS if _encodes(response.BARS) else response.PLAIN_BARS
    lines = textwrap.wrap(f"{what}: {parts.words}" if what.partition(":")[0] in PRESETS else parts.words, width)
    if parts.matrix is not None:
        lines += ["", *facts.table(parts.matrix, width)]
    for name, kernel in parts.kernels.items():
        lines += ["", *([f"{name}:"] if len(parts.kernels) > 1 else []), *facts.table(kernel, width), ""]
        for fact in facts.facts(kernel):
            lines += textwrap.wrap(f"{fact.about:<{ABOUT}}{fact.text}", width, subsequent_indent=" " * ABOUT)
        lines += ["", *facts.plots(kernel, width, marks)]
    return lines


def _encodes(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")  # there is none where it is closed
        return True
    except UnicodeEncodeError:
        return False


def _draw(what: str, parts: Anatomy, output: str, force: bool) -> None:
    from ..explain import chart

    drawing = chart.kernel_chart(what, parts.kernels) if parts.matrix is None else (
        chart.matrix_chart(what, parts.matrix))
    drawing.save(output, force=force)
