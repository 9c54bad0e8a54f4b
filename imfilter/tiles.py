"""Blocks of images: rectangles of pixels by which a large image is read, filtered and written."""
from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """A half-open rectangle of pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left
