"""Words in the wrong place of a command line, and where they belong."""
from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence

import click

from ..errors import ImfilterError
from ..filters.parameters import Flag
from ..pipeline.chain import Filter, Pipeline

THEN = "--then"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)(px|%|[x,]\d+)?"  # what was meant as the value of a parameter


def refuse_options_of_then(args: Sequence[str], command: click.Command, own: set[str]) -> None:
    """Raise where an option after --then NAME is a parameter of that filter, and so is not meant for the first one.

    own: the options of the command's filter. Others that the command has, such as --mode, are for all filters.
    """
    others = {name for param in command.params if not getattr(param, "hidden", False) for name in param.opts} - own
    for filter, option, value in _list_following_options(args):
        name = option.lstrip("-").replace("-", "_")
        parameter = {one.name: one for one in filter.declaration.parameters}.get(name)
        if parameter is None or option in others:
            continue
        written = name if isinstance(parameter.kind, Flag) else f"{name}={value or 'VALUE'}"
        place = f", or put {option} before {THEN} if it is for {command.name}" if option in own else ""
        raise click.UsageError(
            f"{option} stands after {THEN} {filter.name}, whose parameters are part of its text: write {THEN} "
            f"{filter.name}:{written}{place}")


def _list_following_options(args: Sequence[str]) -> Iterator[tuple[Filter, str, str]]:
    """Return the long options after each --then, with the filter that they follow and the word after them."""
    last: Filter | None = None
    for number, word in enumerate(args):
        if word == "--":
            return
        option, equals, value = word.partition("=")
        after = value if equals else (*args, "")[number + 1]
        if option == THEN:
            last = None
            with contextlib.suppress(ImfilterError):  # which click reports
                last = Pipeline.parse(after).filters[-1]
        elif last is not None and option.startswith("--"):
            yield last, option, "" if after.startswith("--") else after


def check_photos(files: Sequence[str], own: Sequence[str]) -> None:
    """Raise where a number stands in the place of a photo. own: the options of the command's filter."""
    for word in files:
        if re.fullmatch(NUMBER, word) and not os.path.lexists(word):
            hint = f": parameters are options, such as {own[0]}" if own else ""
            raise click.UsageError(f"there is no photo {word!r}{hint}")


def suggest_output(files: Sequence[str]) -> str | None:
    """Return advice where the second of two names is probably that of the result, as in other programs."""
    if len(files) == 2 and os.path.lexists(files[0]) and is_photo_name(files[1]) and not os.path.lexists(files[1]):
        return f"{files[1]} is read as a photo to filter: -o {files[1]} names the result"
    return None


def is_photo_name(word: str) -> bool:
    """Return whether a word ends as the names of photos do."""
    from ..files.formats import FORMATS

    return os.path.splitext(word)[1].lower() in FORMATS
