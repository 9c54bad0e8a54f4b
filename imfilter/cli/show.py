"""imfilter show FILTER|KERNEL: a kernel's weights and frequency response, as text or as a picture."""
from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from ..errors import FileError
from . import pictures
from .convolve import KernelType
from .options import NAME
from .recipes import FilterName
from .report import print_lines, print_message
from .status import Status

if TYPE_CHECKING:
    from ..explain.canvas.scene import Scene
    from ..explain.kernel.subject import Subject


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

    FILTER is a name, with parameters if needed: gaussian:sigma=2; or several, with commas between them. KERNEL is a
    text file, or the weights themselves. Of a filter without a kernel, -o draws what it does to a small picture.
    """
    with pictures.name_errors(what) if os.path.isfile(what) else contextlib.nullcontext():
        subjects = _find_subjects(what)
        if output is None:
            _print_subjects(subjects)
            return Status.DONE
    pictures.check_suffix(output, scene=True)
    try:
        pictures.check_target(output, [what], force=force)
        pictures.write_picture(_draw_subjects(what, subjects), output, force=force)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    return Status.DONE


def _find_subjects(what: str) -> list[Subject]:
    """Return the filters, or the kernel. A word that is neither counts as a misspelled filter."""
    from ..explain.kernel import subject

    known = subject.is_known(what)
    if known or (subject.names_filter(what) and not os.path.isfile(what)):
        return subject.find_subjects(what)
    return [subject.subject_of_kernel(KernelType().convert(what, None, None))]


def _print_subjects(subjects: list[Subject]) -> None:
    """Print lines of text that describe filters and their kernels."""
    from ..explain.kernel import subject
    from ..explain.kernel.frequency_response import ASCII_BARS, BARS

    marks = BARS if _can_encode(BARS) else ASCII_BARS
    print_lines("\n".join(subject.describe_subjects(subjects, max(40, shutil.get_terminal_size().columns), marks)))


def _can_encode(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")  # stdout is None where it is closed
        return True
    except UnicodeEncodeError:
        return False


def _draw_subjects(title: str, subjects: list[Subject]) -> Scene:
    from ..explain.kernel import subject

    return subject.draw_subjects(title, subjects)
