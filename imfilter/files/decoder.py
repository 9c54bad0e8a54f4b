"""A decoder of a file's frames, and what every decoded frame goes through."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .orientation import turn_image

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


class Decoder(NamedTuple):
    """A file's format, its number of frames, and what decodes the frame of an index. stream: as in Photo."""

    kind: str
    frames: int
    decode: Callable[[int], Picture]
    stream: str = ""


def finish_image(picture: Picture, info: dict[str, Any], turn: int) -> Picture:
    """Turn an image upright, and attach its metadata."""
    picture = turn_image(picture, turn)
    picture.info = {**dict(picture.info), **info}  # type: ignore[dict-item]
    return picture
