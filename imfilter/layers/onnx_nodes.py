"""One node of an ONNX graph, and its attributes, checked."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ImfilterError, check_integer, check_real, list_choices, shorten
from .windows import Pair


class Node(NamedTuple):
    """A node of a graph. label: for messages. inputs: "" stands for one that is left out."""

    label: str
    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]

    def integer(self, name: str, default: int, least: int = -(2**31), most: int = 2**31) -> int:
        return check_integer(name, self.attributes.get(name, default), least, most)

    def real(self, name: str, default: float) -> float:
        """Return a number, as it was before it was rounded to the float32 of the file."""
        return float(str(np.float32(check_real(name, self.attributes.get(name, default)))))

    def integers(self, name: str, default: Sequence[int], least: int) -> tuple[int, ...]:
        """Return as many integers as the default has."""
        values = self.attributes.get(name, default)
        if not isinstance(values, (list, tuple)) or len(values) != len(default):
            raise ImfilterError(f"{name} must be {len(default)} integers, got {shorten(repr(values))}")
        return tuple(check_integer(name, value, least, 2**31) for value in values)

    def pair(self, name: str, default: int, least: int) -> Pair:
        """Return (vertical, horizontal)."""
        first, second = self.integers(name, (default, default), least)
        return first, second

    def require(self, name: str, default: Any, *allowed: Any) -> None:
        """Raise if an attribute has another value than these."""
        value = self.attributes.get(name, default)
        if value not in (default, *allowed):
            raise ImfilterError(
                f"{name} must be {list_choices((default, *allowed))}, got {shorten(repr(value))}")
