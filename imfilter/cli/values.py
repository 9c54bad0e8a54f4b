"""The types of values that several options have: numbers that are checked, and numbers of pixels."""
from __future__ import annotations

from typing import Any

import click

from ..errors import FileError, ImfilterError
from ..filters.parameters import Kind, read

UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}


class KindType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """The kind of a filter's parameter as a type of click: text that is parsed and checked."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = getattr(kind, "title", type(kind).__name__.lower().removesuffix("ormap"))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return read(self.kind, param.opts[-1].lstrip("-") if param else "value", value)
        except FileError:  # not wrong usage, but a file
            raise
        except ImfilterError as error:
            self.fail(str(error), param, ctx)


class PixelsType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number of pixels: 200000000, 200M, 0.2G."""

    name = "pixels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        unit = next((size for letter, size in UNITS.items() if value[-1:].lower() == letter.lower()), 1)
        try:
            pixels = int(float(value if unit == 1 else value[:-1]) * unit)
        except (ValueError, OverflowError):
            pixels = 0
        if pixels < 1:
            self.fail(f"must be a number of pixels such as 200M or 0.5G, got {value!r}", param, ctx)
        return pixels
