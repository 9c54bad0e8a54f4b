"""A photo in memory: upright frames that are decoded on access, and notes on what was changed."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

# The stride of a result (down, across), and the offset of its first pixel.
Place = tuple[tuple[int | Fraction, int | Fraction], tuple[float, float]]
EXIF_PREFIX = b"Exif\0\0"  # what comes before EXIF in JPEG, and in some other files
MOST_NOTES = 100  # on a photo


class Frames:
    """A sequence of frames that are made on access; only the first is kept.

    count: number of frames. make: returns the frame of an index; fast in ascending order. first: the first frame, if it
    is already there.
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
    """A photo: frames with their metadata in `info`, the suffix of the file, and notes on what is not kept.

    Parameters
    ----------
    frames : sequence of Pillow images or `HighDepthImage` images
        At least one; several are an animation or pages.
    suffix : str
        The file's suffix in lower case, as in ".png".
    notes : list of str
        What was changed or not kept. Reading and encoding add to it.
    stream : str
        The format, "PPM" or "PNG", if the frames were files that follow each other; empty: they were not.

    Examples
    --------
    >>> from PIL import Image, ImageOps
    >>> photo = Photo([Image.new("L", (4, 3), 100)])
    >>> photo.map(ImageOps.invert).image.getpixel((0, 0))
    155
    """

    def __init__(
        self, frames: Frames | Sequence[Picture], suffix: str = "", notes: list[str] | None = None, stream: str = ""
    ) -> None:
        self.frames = frames
        self.suffix = suffix
        self.notes: list[str] = [] if notes is None else notes
        self.stream = stream

    @property
    def image(self) -> Picture:
        """The first frame."""
        return self.frames[0]

    def map(
        self, function: Callable[[Picture], Picture], stride: tuple[int, int] = (1, 1),
        offset: tuple[float, float] = (0.0, 0.0), place: Callable[[Picture], Place] | None = None,
    ) -> Photo:
        """Return a photo of the frames function(frame), each computed on access, with the same metadata.

        stride: of the function (down, across); resolutions are divided by it when the photo is encoded. offset: of the
        first result from the middle of the first pixel. place: returns both for a frame, if they depend on its size.
        """
        frames = self.frames

        def make(number: int) -> Picture:
            source = frames[number]
            result = function(source)
            steps, first = place(source) if place else (stride, offset)
            result.info = {**source.info, "stride": steps, "offset": first} if steps != (1, 1) else dict(source.info)
            return result

        return Photo(Frames(len(frames), make), self.suffix, self.notes, self.stream)


def suffix_of(path: str) -> str:
    """Return the suffix of a file's name, in lower case."""
    return os.path.splitext(path)[1].lower()


def add_note(notes: list[str], text: str) -> None:
    """Add a note unless it is already there. A last one stands for all beyond MOST_NOTES: files can cause millions."""
    if len(notes) <= MOST_NOTES and text not in notes:
        notes.append(text if len(notes) < MOST_NOTES else "further notes are left out")
