"""Declare options once: as defaults of a named tuple, whose instances hold their values."""
from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import click


class OptionWithAlias(click.Option):
    """An option with a second name, which help and messages do not show."""

    def __init__(self, names: Sequence[str], alias: str, **attributes: Any) -> None:
        super().__init__(names, **attributes)
        self._alias = alias

    def under_alias(self) -> click.Option:
        """Return a copy that has only the second name, and shows it."""
        other = copy.copy(self)
        other.opts = [self._alias]
        return other

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        names = self.opts
        self.opts = [*names, self._alias]
        super().add_to_parser(parser, ctx)
        self.opts = names


def resolve_clashes(common: list[click.Option], own: list[click.Parameter]) -> list[click.Option]:
    """Return common options; one whose name a command's own option has goes by its second name there.

    emboss --depth is that of the relief, so that samples are rescaled by emboss --bit-depth.
    """
    taken = {name for option in own for name in option.opts}
    return [option.under_alias() if isinstance(option, OptionWithAlias) and taken & set(option.opts) else option
            for option in common]


class ChoiceWithAlias(click.Choice):  # type: ignore[type-arg,unused-ignore]
    """A choice with second names for some words, which help and messages do not show."""

    def __init__(self, choices: list[str], aliases: dict[str, str]) -> None:
        super().__init__(choices)
        self._aliases = aliases

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(self._aliases.get(value, value), param, ctx)


def option(*names: str, alias: str | None = None, **attributes: Any) -> Any:
    """Declare a field of a named tuple as an option. alias: a hidden second name."""
    return OptionWithAlias(names, alias=alias, **attributes) if alias else click.Option(names, **attributes)


def list_options(declarations: type[NamedTuple]) -> list[click.Option]:
    """Return the options that a named tuple declares."""
    return list(declarations._field_defaults.values())


def take_options(declarations: type[NamedTuple], values: dict[str, Any]) -> Any:
    """Return a named tuple of the values of its options; remove them from the values that click passes."""
    return declarations(*(values.pop(name) for name in declarations._fields))
