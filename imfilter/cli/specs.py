"""Filters as text, NAME or NAME:parameter=value,...: the form that --then and imfilter preview share."""
from __future__ import annotations

from typing import Any

from ..errors import ImfilterError, suggestion
from ..filters import PRESETS
from ..pipeline import Filter


def parse(text: str) -> Filter:
    """Return the filter that a text stands for."""
    name, _, rest = text.partition(":")
    step = PRESETS.get(name)
    if step is None:
        raise ImfilterError(f"there is no filter {name!r}{suggestion(name, PRESETS)}")
    kinds = {parameter.name: parameter.kind for parameter in step.parameters}
    given: dict[str, Any] = {}
    for part in _parts(rest):
        key, equals, value = part.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or key not in kinds:
            raise ImfilterError(f"{name} takes {', '.join(kinds) or 'no parameters'}, got {part!r}"
                                f"{suggestion(key, kinds)}")
        try:
            given[key] = kinds[key].parse(value.strip())
        except ValueError:
            raise ImfilterError(f"{key} must be {kinds[key].words}, got {value!r}") from None
    return Filter.named(name, **given)


def _parts(text: str) -> list[str]:
    """Part text at those commas behind which another parameter begins; the others part a value's numbers."""
    parts: list[str] = []
    for piece in filter(None, text.split(",")):
        if "=" in piece or not parts:
            parts.append(piece)
        else:
            parts[-1] += f",{piece}"
    return parts
