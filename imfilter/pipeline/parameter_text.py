"""Parameters of a filter as text: PARAMETER=VALUE, in chains and in names of kernels."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ImfilterError
from ..filters.declaration import Parameter
from ..filters.parameters import Flag, read
from ..runtime.keywords import suggest_parameter


def parse_parameters(name: str, given: Sequence[str], known: Mapping[str, Parameter], text: str) -> dict[str, Any]:
    """Return the values of a filter's parameters by their names. text: all of it, for messages."""
    values: dict[str, Any] = {}
    for part in given:
        word, equals, value = (piece.strip() for piece in part.partition("="))
        key = {"border": "mode"}.get(word, word.replace("-", "_"))
        reject_unknown(name, key, known)
        parameter = known[key]
        if key in values:
            raise ImfilterError(f"{word} must be given once, got it twice in {text!r}")
        if not equals and not isinstance(parameter.kind, Flag):
            raise ImfilterError(f"{word} must have a value, as in {name}:{word}=VALUE, got none in {text!r}")
        values[key] = read(parameter.kind, word, value) if equals else True
    return values


def reject_unknown(name: str, key: str, known: Mapping[str, Parameter]) -> None:
    """Reject a parameter that a filter does not have."""
    if key not in known:
        raise ImfilterError(f"{name} has {_list_parameters([*known])}, got {key!r}{suggest_parameter(key, known)}")


def _list_parameters(names: list[str]) -> str:
    if not names:
        return "no parameters"
    *rest, last = names
    return f"the parameters {', '.join(rest)} and {last}" if rest else f"the parameter {last}"
