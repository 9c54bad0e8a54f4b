"""What is shown of filters and kernels: as lines of text, and as a drawing."""
from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ...layers.learned_kernel import LearnedKernel
from ...pipeline.chain import Filter, Pipeline
from ...pipeline.filter import KNOWN_FILTERS
from ...pipeline.kernel_files import is_kernel_file
from ...pipeline.kernel_text import read_kernel_stage
from ..canvas.lines import shorten
from ..canvas.scene import Panel, Scene
from ..view.effect import draw_effect
from . import chart, facts
from .anatomy import Anatomy, anatomy, anatomy_of_kernels, own_kernel
from .frequency_response import BARS

NAME_WIDTH = 14  # characters of a property's name


class Subject(NamedTuple):
    """A filter or a kernel to show. title: the text of the filter; '' for a kernel. filter: None for a kernel."""

    title: str
    anatomy: Anatomy
    filter: Filter | None = None


def find_subjects(what: Any) -> list[Subject]:
    """Return the filters or the kernel that a text or an object denotes."""
    if isinstance(what, LearnedKernel):
        return [Subject("", anatomy_of_kernels(what.kernel, what.bias, "learned from images"))]
    if isinstance(what, str) and not names_filter(what):
        return [subject_of_kernel(read_kernel_stage(what))]
    return [Subject(str(one) if one.name in KNOWN_FILTERS else "", anatomy(one), one) for one in Pipeline(what)]


def subject_of_kernel(kernel: Any) -> Subject:
    """Return a kernel to show."""
    return Subject("", own_kernel(kernel))


def names_filter(text: str) -> bool:
    """Say whether a text begins with the name of a filter, or a word that may be a misspelled one."""
    return is_known(text) or bool(re.fullmatch(r"[^\W\d][\w-]*", _first_name(text)))


def is_known(text: str) -> bool:
    """Say whether a text begins with the name of a filter."""
    name = _first_name(text)
    return name in KNOWN_FILTERS or is_kernel_file(name)


def _first_name(text: str) -> str:
    """Return the name of the first filter in a text of filters."""
    return re.split("[:,]", text, maxsplit=1)[0].strip()


def describe_subjects(subjects: Iterable[Subject], width: int, marks: str = BARS) -> list[str]:
    """Return lines of text: kernels, their properties and their gains. marks: the characters of bars."""
    lines: list[str] = []
    for subject in subjects:
        lines += [*([""] if lines else []), *_describe(subject, width, marks)]
    return lines


def _describe(subject: Subject, width: int, marks: str) -> list[str]:
    parts = subject.anatomy
    lines = textwrap.wrap((f"{subject.title}: " if subject.title else "") + parts.words, width)
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


def _format_facts(properties: Iterable[facts.Fact], width: int) -> list[str]:
    indent = " " * NAME_WIDTH
    return [line for name, text in properties
            for line in textwrap.wrap(f"{name:<{NAME_WIDTH}}{text}", width, subsequent_indent=indent)]


def draw_subjects(title: str, subjects: Sequence[Subject]) -> Scene:
    """Draw the kernels of filters, or their color matrices; of filters without either, what they do to a picture."""
    rows: list[list[Panel]] = []
    for k, subject in enumerate(subjects, 1):
        parts, prefix = subject.anatomy, f"{k}. {subject.filter.label}: " if subject.filter and subjects[1:] else ""
        if parts.matrix is not None:
            rows += chart.chart_matrix(title, parts.matrix, prefix).rows
        elif parts.kernels:
            rows += chart.chart_kernels(title, {prefix + name: one for name, one in parts.kernels.items()}).rows
        elif subject.filter is not None:
            rows += [draw_effect(Pipeline(subject.filter), prefix)]
    return Scene(shorten(title), rows)
