"""Chains of filters in the place of a filter's name: as text, or in a text file."""
from __future__ import annotations

import functools
from typing import Any

import click

from ..errors import FileError, ImfilterError
from ..filters import FILTERS
from ..pipeline.chain import Pipeline
from ..pipeline.kernel_files import kernel_stem
from ..pipeline.kernel_text import read_text
from ..runtime.printable import escape_controls
from ..runtime.spelling import find_american_filters
from .photos import make_command
from .recipes import recipe_maker

SUFFIX = ".txt"


def find_chain(word: str) -> str | None:
    """Return the chain that a word is or that is in the text file it names, or None where there is none."""
    if word.lower().endswith(SUFFIX):
        text = read_text(word).strip()
        return text if text[:1].isalpha() else None
    return word if ":" in word or "," in word else None


def make_chain_command(word: str, text: str, own: list[click.Parameter], ctx: click.Context) -> click.Command:
    """Return a command that applies the chain of a word. own: options that it refuses."""
    text = find_american_filters(text, FILTERS)
    in_file = word.lower().endswith(SUFFIX)
    try:
        pipeline = Pipeline.parse(text)
    except FileError:  # not wrong usage, but a file
        raise
    except ImfilterError as error:
        raise click.UsageError(f"{word}: {error.fact}" if in_file else error.fact, ctx) from None
    name = kernel_stem(word) if in_file else "-".join(one.label for one in pipeline)
    help = f"Apply the chain {escape_controls(text)}."
    return make_command(escape_controls(word), help, own, recipe_maker(name, functools.partial(_parse_chain, text)))


def _parse_chain(text: str, *, stride: Any, **placing: Any) -> Pipeline:
    if stride not in (1, (1, 1)):
        raise click.UsageError("a chain has its strides in its text, as in gaussian:sigma=2:stride=2: drop --stride")
    return Pipeline.parse(text, **placing)
