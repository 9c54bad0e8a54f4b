"""Layers as text: options such as 's2' and 'p1/2', printed and read."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import ImfilterError, shorten
from .windows import SAME, SAME_TF, Padding

NUMBER = r"[0-9]{1,18}"
SIZE = rf"{NUMBER}(?:/{NUMBER})?"
SIDES = rf"{NUMBER}(?::{NUMBER})?"
OPTION = re.compile(rf"([a-z])({SIDES}(?:/{SIDES})?|{SAME_TF}|{SAME})")


def format_size(value: Padding) -> str:
    """Return (3, 5) as '3/5', (3, 3) as '3', and the sides ((0, 1), (2, 3)) as '0:1/2:3'."""
    if isinstance(value, str):
        return value
    down, across = (":".join(map(str, side)) if isinstance(side, tuple) else str(side) for side in value)
    return down if down == across else f"{down}/{across}"


def format_options(options: Mapping[str, tuple[Padding, int | None]]) -> str:
    """Return options by their letters. Each has its value, and the default that is not printed."""
    return "".join(f" {letter}{format_size(value)}" for letter, (value, default) in options.items()
                   if value != (default, default))


def parse_size(text: str) -> Any:
    """Return '3/5' as (3, 5), '3' as 3, '0:1/2:3' as ((0, 1), (2, 3)), and the name of a padding as it is."""
    if not text[0].isdecimal():
        return text
    parts = [[int(side) for side in part.split(":")] for part in text.split("/")]
    if max(map(len, parts)) > 1:
        return (parts[0][0], parts[0][-1]), (parts[-1][0], parts[-1][-1])
    return parts[0][0] if len(parts) == 1 else (parts[0][0], parts[1][0])


def parse_words(
    text: str, head: re.Pattern[str], letters: Mapping[str, str], form: str, flags: Mapping[str, tuple[str, bool]] = {},
) -> tuple[re.Match[str], dict[str, Any]]:
    """Read a layer: its first word, which is returned as a match, and its options by the names of their arguments.

    flags: words without a number, with the argument and the value that they stand for. form: how such a layer is
    written, for the error.
    """
    first, *words = str(text).split() or [""]
    match = head.fullmatch(first)
    options: dict[str, Any] = {}
    for word in words:
        option = OPTION.fullmatch(word)
        if word in flags:
            name, value = flags[word]
        elif option is not None and option[1] in letters and _is_size_of(letters[option[1]], option[2]):
            name, value = letters[option[1]], parse_size(option[2])
        else:
            match = None
            break
        if name in options:
            raise ImfilterError(f"a layer must have only one {name}, got {shorten(text)!r}")
        options[name] = value
    if match is None:
        raise ImfilterError(f"a layer must be written like {form}, got {shorten(text)!r}")
    return match, options


def _is_size_of(name: str, text: str) -> bool:
    return name == "padding" or (text[0].isdecimal() and ":" not in text)


def assign_fields(layer: object, fields: Mapping[str, Any]) -> None:
    """Set the checked fields of a layer, which is frozen."""
    for name, value in fields.items():
        object.__setattr__(layer, name, value)
