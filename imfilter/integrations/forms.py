"""Forms for filters, derived from their declarations: a field for each parameter, of a kind that every program has."""
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..filters import FILTERS, FilterDeclaration, Parameter
from ..filters.parameters import BorderName, Choice, Flag, GuideImage, Integer, Number, Pair, read

STEP, SMALL_STEP = 0.1, 0.01  # of numbers without a range; SMALL_STEP for those that are small by default
DECIMALS = 2  # of numbers in fields
STEPS = 100  # of numbers with a range
UNLIMITED = 1_000_000  # the range of numbers without one, in programs that need a range
# Texts of parameters without a default.
SUGGESTED = {"matrix": "1 0 0; 0 1 0; 0 0 1", "by": "2"}


class Field(NamedTuple):
    """A parameter of a filter in a form.

    form: "number", "integer", "choice", "flag", "text" or "image". default: what the form shows at first. least, most:
    the range of a number, or None. choices: the texts to choose from.
    """

    parameter: Parameter
    form: str
    default: Any
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the parameter."""
        return self.parameter.name

    @property
    def help(self) -> str:
        """What the parameter means, in one line, and how its text is written."""
        words = f" ({self.parameter.kind.words})" if self.form == "text" else ""
        return self.parameter.help + words

    @property
    def step(self) -> float:
        """The step from one value of a number to the next."""
        if self.form == "integer":
            return 1
        if self.limited:
            return (self.most - self.least) / STEPS  # type: ignore[operator]
        return SMALL_STEP if 0 < abs(self.default) < 5 * STEP else STEP

    @property
    def limited(self) -> bool:
        """Whether a number has a range, so that a slider suits it."""
        return self.least is not None and self.most is not None

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest number, for programs that need both."""
        return (-UNLIMITED if self.least is None else self.least, UNLIMITED if self.most is None else self.most)

    def read(self, value: Any) -> Any:
        """Return the value of the parameter for what was entered; raises an error that says what it must be."""
        if self.form in ("choice", "text") and isinstance(value, str):
            return read(self.parameter.kind, self.name, value)
        return value


def list_fields(declaration: FilterDeclaration) -> list[Field]:
    """Return the fields of a filter: its own parameters, and the border mode if it reads neighbors."""
    parameters = list(declaration.parameters)
    if not declaration.mixes:
        parameters.append(next(one for one in declaration.placing if one.name == "mode"))
    return [_field_of(one) for one in parameters]


def read_fields(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of a filter for what was entered into its form."""
    return {field.name: field.read(values[field.name])
            for field in list_fields(FILTERS[name]) if field.name in values}


def _field_of(parameter: Parameter) -> Field:
    kind, default = parameter.kind, parameter.default
    if isinstance(kind, Flag):
        return Field(parameter, "flag", default)
    if isinstance(kind, BorderName):
        return Field(parameter, "choice", default, choices=tuple(kind.names))
    if isinstance(kind, Choice):
        return Field(parameter, "choice", parameter.format_value(default),
                     choices=tuple(map(parameter.format_value, kind.values)))
    if isinstance(kind, GuideImage):
        return Field(parameter, "image", None)
    each = kind.each if isinstance(kind, Pair) else kind
    place = isinstance(kind, Pair) and (kind.optional or _limits(each)[1] is not None)  # the axes differ
    shown = isinstance(default, (int, float)) and round(default, DECIMALS) == default  # and not a third
    if isinstance(each, (Number, Integer)) and shown and not place and not getattr(each, "optional", False):
        return Field(parameter, "integer" if isinstance(each, Integer) else "number", default, *_limits(each))
    return Field(parameter, "text", SUGGESTED.get(parameter.name) or parameter.format_value(default))


def _limits(kind: Any) -> tuple[float | None, float | None]:
    """Return the least and the largest valid number, or None; above a limit, the first step is the least."""
    if isinstance(kind, Integer):
        return kind.least, kind.most
    least = kind.least if kind.above == -math.inf else kind.above + SMALL_STEP
    return *(None if math.isinf(one) else one for one in (least, kind.most)),  # type: ignore[return-value]
