"""imfilter show FILTER|KERNEL: a kernel's weights and frequency response, as text or as a picture."""
from __future__ import annotations

import contextlib
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
from .report import print_lines, print_message
from .status import Status

if TYPE_CHECKING:
    from ..explain.canvas.scene import Scene
    from ..explain.kernel.anatomy import Anatomy
    from ..explain.kernel.facts import Fact

NAME_WIDTH = 14  # characters of a property's name


@click.command("show", epilog="""\b
    Examples:
      imfilter show sobel
      imfilter show gaussian:sigma=2 -o gaussian.svg
      imfilter show "0 -1 0; -1 5 -1; 0 -1 0"
      imfilter show kernel.txt
    """, context_settings={"ignore_unknown_options": True})  # a kernel may start with a minus
@click.argument("what", type=FilterName(), metavar="FILTER|KERNEL")
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Draw kernel and frequency response: .svg, .html, .png, ...; - writes PNG to standard output.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(what: str, output: str | None, force: bool) -> Status:
    """Print a kernel's weights, properties and frequency response.

    FILTER is a name, with parameters if needed: gaussian:sigma=2. KERNEL is a text file, or the weights themselves.
    """
    with pictures.name_errors(what) if os.path.isfile(what) else contextlib.nullcontext():
        parts = _find_parts(what)
        if output is None:
            print_lines("\n".join(_describe_parts(what, parts)))
            return Status.DONE
    if not parts.kernels and parts.matrix is None:
        raise ImfilterError(f"a filter to draw must be a linear convolution, got {what}: it has no kernel")
    pictures.check_suffix(output, scene=True)
    try:
        pictures.check_target(output, [what], force=force)
        pictures.write_picture(_draw_parts(what, parts), output, force=force)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    return Status.DONE


def _find_parts(what: str) -> Anatomy:
    """Return the kernels of a filter or of a kernel. A word that is neither counts as a misspelled filter."""
    from ..explain.kernel.anatomy import anatomy, own_kernel

    name = _first_name(what)
    known = name in KNOWN_FILTERS or is_kernel_file(name)
    if not known and (os.path.isfile(what) or not re.fullmatch(r"[^\W\d][\w-]*", name)):
        return own_kernel(KernelType().convert(what, None, None))
    first, *others = Pipeline.parse(what)
    if others:
        raise ImfilterError(f"show needs a single filter, got {len(others) + 1}: show each one, as in "
                            f"imfilter show {first}")
    return anatomy(first)


def _first_name(what: str) -> str:
    """Return the name of the first filter in a text of filters."""
    return re.split("[:,]", what, maxsplit=1)[0].strip()


def _describe_parts(what: str, parts: Anatomy) -> list[str]:
    """Return the lines of text that describe a filter and its kernels."""
    from ..explain.kernel import facts
    from ..explain.kernel.frequency_response import ASCII_BARS, BARS

    width = max(40, shutil.get_terminal_size().columns)
    marks = BARS if _can_encode(BARS) else ASCII_BARS
    title = f"{what.strip()}: " if _first_name(what) in KNOWN_FILTERS else ""
    lines = textwrap.wrap(title + parts.words, width)
    if parts.matrix is not None:
        lines += ["", *facts.format_table(parts.matrix, width)]
    for name, kernel in parts.kernels.items():
        lines += ["", *([f"{name}:"] if len(parts.kernels) > 1 else []), *facts.format_table(kernel, width), ""]
        properties = facts.describe_kernel(kernel)
        if kernel.any() and not parts.at_once:
            properties.append(facts.describe_plan(kernel))
        lines += _format_facts(properties, width)
        if kernel.any():
            lines += ["", *facts.plot_gain(kernel, width, marks)]
    if parts.at_once:
        lines += ["", *_format_facts([facts.describe_plan(*parts.kernels.values())], width)]
    return lines


def _format_facts(properties: list[Fact], width: int) -> list[str]:
    indent = " " * NAME_WIDTH
    return [line for name, text in properties
            for line in textwrap.wrap(f"{name:<{NAME_WIDTH}}{text}", width, subsequent_indent=indent)]


def _can_encode(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")  # stdout is None where it is closed
        return True
    except UnicodeEncodeError:
        return False


def _draw_parts(title: str, parts: Anatomy) -> Scene:
    from ..explain.kernel import chart

    if parts.matrix is None:
        return chart.chart_kernels(title, parts.kernels)
    return chart.chart_matrix(title, parts.matrix)
