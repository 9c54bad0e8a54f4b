"""imfilter show FILTER_OR_KERNEL: a kernel's numbers, and what they do, as text or as a picture."""
from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import click

from ..errors import FileError, ImfilterError
from ..pipeline.chain import Pipeline
from ..pipeline.filter import KNOWN_FILTERS
from ..pipeline.kernel_files import is_kernel_file
from . import pictures
from .convolve import KernelType
from .options import NAME
from .recipes import FilterName
from .report import say, shown
from .status import Status

if TYPE_CHECKING:
    from ..explain.canvas.drawing import Drawing
    from ..explain.kernel.anatomy import Anatomy
    from ..explain.kernel.facts import Fact

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
              help="Draw it: kernel and frequency response, as .svg, .png, ...; - is standard output, as PNG.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(what: str, output: str | None, force: bool) -> Status:
    """Tell a kernel's numbers and what follows from them.

    FILTER is a name with parameters if need be, as in gaussian:sigma=2; KERNEL a text file, or the numbers themselves.
    """
    parts = _parts(what)
    if output is None:
        click.echo("\n".join(_text(what, parts)))
        return Status.DONE
    if not parts.kernels and parts.matrix is None:
        raise ImfilterError(f"{what} has no kernel to draw: it is no linear convolution")
    pictures.check_output(output, svg=True)
    try:
        pictures.check_place(output, [what], force=force)
        pictures.put(_drawing(shown(what), parts), output, force=force)
    except FileError as error:
        say(str(error))
        return Status.SOME_FAILED
    return Status.DONE


def _parts(what: str) -> Anatomy:
    """Return what a filter or a kernel is made of. A word that is neither is taken for a misspelled filter."""
    from ..explain.kernel.anatomy import anatomy, own_kernel

    name = _name(what)
    known = name in KNOWN_FILTERS or is_kernel_file(name)
    if not known and (os.path.isfile(what) or not re.fullmatch(r"[^\W\d][\w-]*", name)):
        return own_kernel(KernelType().convert(what, None, None))
    first, *others = Pipeline.parse(what)
    if others:
        raise ImfilterError(f"a chain has no one kernel to show, got {len(others) + 1} filters: "
                            f"show each by itself, as in imfilter show {first}")
    return anatomy(first)


def _name(what: str) -> str:
    """Return the name of the first filter, where it is filters."""
    return re.split("[:,]", what, maxsplit=1)[0].strip()


def _text(what: str, parts: Anatomy) -> list[str]:
    from ..explain.kernel import facts, frequency_response

    width = max(40, shutil.get_terminal_size().columns)
    marks = frequency_response.BARS if _encodes(frequency_response.BARS) else frequency_response.PLAIN_BARS
    lines = textwrap.wrap(f"{what.strip()}: {parts.words}" if _name(what) in KNOWN_FILTERS else parts.words, width)
    if parts.matrix is not None:
        lines += ["", *facts.table(parts.matrix, width)]
    for name, kernel in parts.kernels.items():
        lines += ["", *([f"{name}:"] if len(parts.kernels) > 1 else []), *facts.table(kernel, width), ""]
        told = facts.facts(kernel)
        if kernel.any() and not parts.at_once:
            told.append(facts.planned(kernel))
        lines += _said(told, width)
        if kernel.any():
            lines += ["", *facts.plots(kernel, width, marks)]
    if parts.at_once:
        lines += ["", *_said([facts.planned(*parts.kernels.values())], width)]
    return lines


def _said(told: list[Fact], width: int) -> list[str]:
    return [line for fact in told
            for line in textwrap.wrap(f"{fact.about:<{ABOUT}}{fact.text}", width, subsequent_indent=" " * ABOUT)]


def _encodes(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")  # there is none where it is closed
        return True
    except UnicodeEncodeError:
        return False


def _drawing(title: str, parts: Anatomy) -> Drawing:
    from ..explain.kernel import chart

    if parts.matrix is None:
        return chart.kernel_chart(title, parts.kernels)
    return chart.matrix_chart(title, parts.matrix)
