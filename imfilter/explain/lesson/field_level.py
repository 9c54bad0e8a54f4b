"""One level of a stack, the image or the output of a layer, with the receptive fields on it."""
from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[int, int]
Places = tuple[list[int], list[int]]  # rows and columns


@dataclass(frozen=True)
class FieldLevel:
    """The image or the output of a layer.

    index: 0 for the image, else the number of the layer. fields: by frame, the pixels that belong to the receptive
    field. center, jump: where the fields of its first pixel and of its neighbors lie on the image, as in LayerSummary.
    """

    index: int
    title: str
    note: str
    size: Pair
    fields: dict[int, Places]
    center: tuple[float, float] = (0.0, 0.0)
    jump: Pair = (1, 1)

    @property
    def is_image(self) -> bool:
        """Whether this is the image."""
        return self.index == 0

    def is_origin(self, frame: int) -> bool:
        """Say whether the pixel whose field a frame shows is on this level."""
        return frame == self.index - 1

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the pixels and of all fields, which may reach into the padding."""
        rows = [row for places in self.fields.values() for row in places[0]]
        columns = [column for places in self.fields.values() for column in places[1]]
        return (min([0, *rows]), min([0, *columns]),
                max([self.size[0] - 1, *rows]) + 1, max([self.size[1] - 1, *columns]) + 1)


def split_runs(side: list[int]) -> list[Pair]:
    """Split ascending numbers into runs without gaps: the start and the length of each."""
    starts = [at for at in side if at - 1 not in side]
    ends = [at for at in side if at + 1 not in side]
    return [(start, end + 1 - start) for start, end in zip(starts, ends, strict=True)]
