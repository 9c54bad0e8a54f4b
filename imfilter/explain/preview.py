"""A photo under many filters, on one contact sheet."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ImfilterError
from ..filters import PRESETS
from ..pipeline import Filter
from .sheet import contact_sheet
from .viewing import viewable

if TYPE_CHECKING:
    import PIL.Image


class Preview(NamedTuple):
    """A contact sheet. size: of the reduced photo that was filtered; left_out: what could not be shown, and why."""

    sheet: PIL.Image.Image
    shown: int
    size: tuple[int, int]
    left_out: list[str]


def every_filter() -> list[tuple[str, Filter]]:
    """Return all filters that need no parameter, with their names."""
    return [(name, Filter.named(name)) for name, preset in PRESETS.items()
            if not any(parameter.required for parameter in preset.parameters)]


def preview(
    photo: PIL.Image.Image, steps: Sequence[tuple[str, Filter]], *, columns: int | None = None, size: int = 320
) -> Preview:
    """Filter a photo by each of the steps, labelled, after it was reduced to so many pixels on its longer side.

    What cannot filter this photo is left out.
    """
    small = viewable(photo).copy()
    small.thumbnail((size, size))
    pictures, labels, left_out = [small], ["original"], []
    for label, step in steps:
        try:
            pictures.append(step.picture(small))
            labels.append(label)
        except ImfilterError as error:
            left_out.append(f"{label}: {error}")
    sheet = contact_sheet(pictures, labels, columns=columns, size=size)
    return Preview(sheet, len(pictures) - 1, small.size, left_out)
