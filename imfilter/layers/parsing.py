"""Stacks as text: 'max2 s2, add(3x8 p1 | )' is read into layers.

    stack = layer {"," layer}
    layer = convolution | transposed convolution | pool | activation | branches
    branches = ("add" | "concat") "(" path {"|" path} ")"
    path = [stack]

What stands between commas, bars and parentheses is a layer that its class reads.
"""
from __future__ import annotations

import re
from typing import Any

from ..engine.activations import ACTIVATIONS
from ..errors import ImfilterError, shorten, suggest
from .activation import Activation
from .branches import DEEPEST, JOINS, AnyLayer, Branches, Path
from .layer import Layer
from .pool import AVG, MAX, Pool
from .transposed import TransposedLayer

PART = re.compile(r"[^,|()]*")
# By how a layer begins, the class that reads it. "t" alone is no name, so that tanh is an activation.
STARTS: tuple[tuple[re.Pattern[str], type[Layer | TransposedLayer | Pool | Activation]], ...] = (
    (re.compile(r"[0-9]"), Layer), (re.compile(r"t[0-9]"), TransposedLayer), (re.compile(rf"({MAX}|{AVG})[0-9]"), Pool),
    (re.compile(rf"({'|'.join(ACTIVATIONS)})(?![a-z_])"), Activation))
FORMS = "'3x16 s2 p1', 't4x16 s2', 'max2 s2', 'relu' or 'add(3 p1 | )'"
BATCH_NORM = re.compile(r"bn|batch_?norm(alization)?(2d)?", re.IGNORECASE)


def parse_layers(text: str) -> Path:
    """Return the layers that a text describes."""
    return _Parser(text).read_path()


class _Parser:
    """Reads a text from left to right. at: the place of what is read next."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def read_path(self, ends: tuple[str, ...] = ("",), depth: int = 0) -> Path:
        """Read layers up to one of these characters; "" is the end of the text. A path in branches may be empty."""
        layers: list[AnyLayer] = []
        if depth and self._peek() in ends:
            return ()
        while not layers or self._peek() not in ends:
            if layers:
                self._take_comma(ends)
            layers.append(self._read_layer(depth))
        return tuple(layers)

    def _read_layer(self, depth: int) -> AnyLayer:
        self._peek()
        start = self.at
        self.at += len(PART.match(self.text, self.at)[0])  # type: ignore[index]
        word = self.text[start:self.at].strip()
        if self.text[self.at:self.at + 1] == "(":
            return self._read_branches(word, start, depth + 1)
        try:
            return self._read_simple(word)
        except ImfilterError as error:
            raise self._error(error.fact, start) from None

    def _read_simple(self, word: str) -> AnyLayer:
        for pattern, kind in STARTS:
            if pattern.match(word):
                return kind.parse(word)
        if BATCH_NORM.fullmatch(word):
            raise ImfilterError(f"batch normalization must be folded into the weights before it: leave out {word!r}")
        hint = suggest(word.split()[0], ACTIVATIONS) if word and word not in JOINS else ""
        raise ImfilterError(f"a layer must be written like {FORMS}, got {shorten(word)!r}{hint}")

    def _read_branches(self, word: Any, start: int, depth: int) -> Branches:
        if word not in JOINS:
            came = f"{shorten(word)!r}{suggest(word, JOINS)}"
            raise self._error(f"paths must be joined by 'add(...)' or 'concat(...)', got {came}", start)
        if depth > DEEPEST:
            raise self._error(f"branches must be nested at most {DEEPEST} deep", start)
        paths: list[Path] = []
        while not paths or self.text[self.at] == "|":
            self.at += 1
            paths.append(self.read_path(("|", ")"), depth))
        self.at += 1
        return Branches(paths, word)

    def _peek(self) -> str:
        """Return the next character that is not a space, or an empty string at the end."""
        while self.text[self.at:self.at + 1].isspace():
            self.at += 1
        return self.text[self.at:self.at + 1]

    def _take_comma(self, ends: tuple[str, ...]) -> None:
        found = self._peek()
        if found != ",":
            wanted = "','" if ends == ("",) else "',', '|' or ')'"
            came = repr(found) if found else "the end of the text"
            raise self._error(f"after a layer must come {wanted}, got {came}", self.at)
        self.at += 1

    def _error(self, fact: str, at: int) -> ImfilterError:
        return ImfilterError(f"at character {at + 1}: {fact}" if self.text[:at].strip() else fact)
