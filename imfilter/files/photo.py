"""A photo in memory: its frames, upright, one by one, and what was said of it."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


class Frames:
    """Frames that are made when they are asked for, and not kept but for the first.

    count: how many there are. make: returns the frame of a number; fast when they are asked for in their order.
    first: the first of them, if it is there already.
    """

    def __init__(self, count: int, make: Callable[[int], Picture], first: Picture | None = None) -> None:
        self._count, self._make, self._first = count, make, first

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Picture:
        if not 0 <= number < self._count:
            raise IndexError(number)
        if number:
            return self._make(number)
        if self._first is None:
            self._first = self._make(0)
        return self._first

    def __iter__(self) -> Iterator[Picture]:
        return (self[number] for number in range(self._count))


class Photo:
    """A photo: frames, each with its metadata in `info`, the suffix of the file, and notes on what is not kept.

    Parameters
    ----------
    frames : sequence of Pillow images or `HighDepthImage` images
        One at least; several are an animation or pages.
    suffix : str
        That of the file, with its point and in lower case.
    notes : list of str
        What was changed or is not kept. Reading and writing add to it.

    Examples
    --------
    >>> from PIL import Image, ImageOps
    >>> photo = Photo([Image.new("L", (4, 3), 100)])
    >>> photo.map(ImageOps.invert).image.getpixel((0, 0))
    155
    """

    def __init__(self, frames: Frames | Sequence[Picture], suffix: str = "", notes: list[str] | None = None) -> None:
        self.frames = frames
        self.suffix = suffix
        self.notes: list[str] = [] if notes is None else notes

    @property
    def image(self) -> Picture:
        """The first frame."""
        return self.frames[0]

    def map(self, function: Callable[[Picture], Picture]) -> Photo:
        """Return the photo whose frames are function(frame), each made when it is asked for; metadata goes along."""
        frames = self.frames

        def made(number: int) -> Picture:
            source = frames[number]
            result = function(source)
            result.info = dict(source.info)
            return result

        return Photo(Frames(len(frames), made), self.suffix, self.notes)


def suffix_of(path: str) -> str:
    """Return the suffix of a file's name, in lower case."""
    return os.path.splitext(path)[1].lower()


def note(notes: list[str], text: str) -> None:
    """Add a note, once."""
    if text not in notes:
        notes.append(text)
