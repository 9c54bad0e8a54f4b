"""Kinds of parameters: which values are valid, how they are written on a command line, and how to say so.

They are no dataclasses: making those takes longer than the rest of the module.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, is_picture
from ..engine.borders import MODES, parse_border
from ..engine.checks import check_flag
from ..errors import ImfilterError, as_listed, check_finite, check_integer, describe_integer, list_choices, shorten
from ..weights.footprints import SHAPES, footprint_of, split_shape


class Number:
    """A finite number within a range. optional: None is valid too."""

    def __init__(
        self, least: float = -math.inf, most: float = math.inf, above: float = -math.inf, optional: bool = False
    ) -> None:
        self.least, self.most, self.above, self.optional = least, most, above, optional

    def check(self, name: str, value: object) -> float | None:
        if value is None and self.optional:
            return None
        number = check_finite(name, value)
        if not (number > self.above and self.least <= number <= self.most):
            raise ImfilterError(f"{name} must be {self.words}, got {value!r}")
        return number + 0.0  # -0.0 becomes 0.0: equal values must give equal results

    def parse(self, text: str) -> float | None:
        return None if self.optional and text.lower() == "none" else float(text)

    @property
    def words(self) -> str:
        return f"{self._range} or none" if self.optional else self._range

    @property
    def _range(self) -> str:
        if self.above == 0:
            return "a positive number"
        if self.above > -math.inf:
            return f"a number above {self.above:g}"
        if self.most < math.inf:
            return f"a number from {self.least:g} to {self.most:g}"
        return f"a number of at least {self.least:g}" if self.least > -math.inf else "a number"


class Integer:
    """An integer from `least` to `most`, or without an upper limit."""

    def __init__(self, least: int, most: int | None = None) -> None:
        self.least, self.most = least, most

    def check(self, name: str, value: object) -> int:
        return check_integer(name, value, self.least, self.most)

    def parse(self, text: str) -> int:
        return int(text)

    @property
    def words(self) -> str:
        return describe_integer(self.least, self.most)


class Pair:
    """One value for both axes, or (vertical, horizontal).

    optional: None is valid too. instead: the parameter that can be given instead; then None is valid, too.
    """

    def __init__(self, each: Number | Integer, *, optional: bool = False, instead: str = "") -> None:
        self.each, self.instead, self.optional = each, instead, optional or bool(instead)

    def check(self, name: str, value: object) -> tuple[Any, Any] | None:
        if value is None and self.optional:
            return None
        value = as_listed(value)
        if not isinstance(value, (tuple, list)):
            return self.each.check(name, value), self.each.check(name, value)
        if len(value) != 2:
            came = shorten(repr(value))
            raise ImfilterError(
                f"{name} must be one value or a pair (vertical, horizontal), got {came}", self._advise(value))
        return self.each.check(name, value[0]), self.each.check(name, value[1])

    @staticmethod
    def _advise(value: Sequence[object]) -> str:
        """Return what to write in Python instead of a window's shape, or of one value for each axis of a stack."""
        if any(isinstance(row, (tuple, list)) for row in value):
            return ": the shape of a window is given as footprint, by filters that have it"
        return ": a stack is filtered slice by slice, with one pair for all" if len(value) == 3 else ""

    def parse(self, text: str) -> Any:
        if self.optional and text.lower() == "none":
            return None
        values = [self.each.parse(part) for part in text.split(",")]
        return values[0] if len(values) == 1 else tuple(values)

    @property
    def words(self) -> str:
        none = ", or none" if self.optional and not self.instead else ""
        return f"{self.each.words}, or V,H for the vertical and the horizontal one{none}"


class Several:
    """One value, or a list of some."""

    def __init__(self, each: Number | Integer) -> None:
        self.each = each

    def check(self, name: str, value: object) -> tuple[Any, ...]:
        value = list(value) if isinstance(value, range) else as_listed(value)
        if not isinstance(value, (tuple, list)):
            return (self.each.check(name, value),)
        if not value:
            raise ImfilterError(f"{name} must be at least one value, got {value!r}")
        return tuple(self.each.check(name, one) for one in value)

    def parse(self, text: str) -> Any:
        return tuple(self.each.parse(part) for part in text.split(","))

    @property
    def words(self) -> str:
        return f"{self.each.words}, or several, as in 1,2,3"


class Flag:
    """True or false."""

    def check(self, name: str, value: object) -> bool:
        return check_flag(name, value)

    def parse(self, text: str) -> Any:
        return {"true": True, "false": False}.get(text.lower(), text)

    @property
    def words(self) -> str:
        return "True or False"


class Choice:
    """One of a few values."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def check(self, name: str, value: object) -> Any:
        if isinstance(value, (np.integer, np.str_)):
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, (int, str, type(None))) or value not in self.values:
            raise ImfilterError(f"{name} must be {list_choices(self.values)}, got {value!r}")
        return value

    def parse(self, text: str) -> Any:
        return next((value for value in self.values if text.lower() == str(value).lower()), text)

    @property
    def words(self) -> str:
        return list_choices(str(value).lower() for value in self.values).replace("'", "")


class Table:
    """Finite numbers in an array of one axis (a list) or two (a matrix). optional: None is valid too."""

    def __init__(self, axes: int, optional: bool = False) -> None:
        self.axes, self.optional = axes, optional

    def check(self, name: str, value: object) -> np.ndarray[Any, Any] | None:
        if value is None and self.optional:
            return None
        given = value if value is None or isinstance(value, (str, bytes, list, tuple)) else as_array(value, name)
        try:
            table = np.asarray(given, float)
        except (TypeError, ValueError, OverflowError):
            raise ImfilterError(f"{name} must be {self.words}, got {value!r}") from None
        if table.ndim != self.axes or table.size == 0 or not np.isfinite(table).all():
            raise ImfilterError(f"{name} must be {self.words}, got {value!r}")
        return table

    def parse(self, text: str) -> Any:
        if self.optional and text.lower() == "none":
            return None
        rows = [[parse_number(number) for number in row.replace(",", " ").split()]
                for row in text.split(";") if row.strip()]
        return rows if self.axes == 2 else rows[0] if len(rows) == 1 else rows

    @property
    def words(self) -> str:
        words = "a list of finite numbers" if self.axes == 1 else "a matrix of finite numbers, 'a b; c d'"
        return f"{words}, or none" if self.optional else words


class BorderName:
    """A border mode, by the names of `imfilter.correlate`. more: other names that are valid, too."""

    def __init__(self, more: tuple[str, ...] = ()) -> None:
        self.more = more

    def check(self, name: str, value: object) -> str:
        if isinstance(value, str) and value in self.more:
            return value
        found = parse_border(name, value)
        return next(known for known, meant in MODES.items() if meant is found)

    def parse(self, text: str) -> str:
        return text

    @property
    def words(self) -> str:
        return list_choices(self.names)

    @property
    def names(self) -> list[str]:
        """The names that are valid."""
        return [*MODES, *self.more]


class Shape:
    """Which pixels of a window count: a boolean array, or the name of a shape with its numbers; None: all of them."""

    def check(self, name: str, value: object) -> Any:
        if value is None:
            return None
        shape = footprint_of(value if isinstance(value, (str, list, tuple)) else as_array(value, name))
        if isinstance(value, str) and value.strip()[:1].isalpha():
            return ",".join(split_shape(value))  # colons separate the parameters of a filter in the text of a chain
        return shape

    def parse(self, text: str) -> str | None:
        return None if text.lower() == "none" else text

    @property
    def words(self) -> str:
        return f"a shape with its numbers, such as disk:5 ({', '.join(SHAPES)}), or a matrix '0 1 0; 1 1 1; 0 1 0'"


class GuideImage:
    """An image (H, W), (H, W, 1) or (H, W, 3), or None. Alpha of Pillow images is left out."""

    def check(self, name: str, value: object) -> Any:
        if value is None:
            return None
        pixels = split_picture_alpha(value)[0] if is_picture(value) else as_array(value, name)  # type: ignore[arg-type]
        fits = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3))
        if not fits or pixels.dtype.kind not in "buif":
            raise ImfilterError(f"{name} must be real numbers of shape (H, W) or (H, W, 3), got shape {pixels.shape} "
                                f"and dtype {pixels.dtype}")
        return pixels

    def parse(self, text: str) -> Any:
        if text.lower() == "none":
            return None
        from ..files import read_photo  # few calls need it

        return read_photo(text).image

    @property
    def words(self) -> str:
        return "the name of an image, gray or in color, or none"


Kind = Number | Integer | Pair | Several | Choice | Table | Flag | BorderName | Shape | GuideImage


def parse_number(text: str) -> float:
    """Return the value of a number or a fraction, such as 1/16."""
    above, slash, below = text.partition("/")
    if not slash:
        return float(text)
    try:
        return float(above) / float(below)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"could not convert string to float: {text!r}") from None


def read(kind: Kind, name: str, text: str) -> Any:
    """Return the value of a text, parsed and checked."""
    try:
        value = kind.parse(text)
    except ValueError:
        raise ImfilterError(f"{name} must be {kind.words}, got {text!r}") from None
    kind.check(name, value)
    return value
