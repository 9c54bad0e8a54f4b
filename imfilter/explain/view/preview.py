"""A photo under many filters, on one contact sheet."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import ImfilterError
from ...filters import FILTERS
from ...pipeline.chain import Pipeline
from ...pipeline.recipe import Recipe
from .contact_sheet import contact_sheet
from .display import viewable

if TYPE_CHECKING:
    import PIL.Image


class Preview(NamedTuple):
    """A contact sheet. size: of the reduced photo that was filtered; left_out: what could not be shown, and why."""

    sheet: PIL.Image.Image
    shown: int
    size: tuple[int, int]
    left_out: list[str]


def every_filter() -> list[Pipeline]:
    """Return all filters that need no parameter."""
    return [Pipeline(name) for name, preset in FILTERS.items()
            if not any(parameter.required for parameter in preset.parameters)]


def preview(
    photo: Any, steps: Sequence[Pipeline], *, columns: int | None = None, size: int = 320
) -> Preview:
    """Filter a photo by each of the steps, labeled, after it was reduced to so many pixels on its longer side.

    What cannot filter this photo is left out.
    """
    small = viewable(photo).copy()
    small.thumbnail((size, size))
    pictures: list[Any] = [small]
    labels, left_out = ["original"], list[str]()
    for step in steps:
        label = str(step)
        try:
            pictures.append(Recipe(step, label).picture(small))
            labels.append(label)
        except ImfilterError as error:
            left_out.append(f"{label}: {error}")
    sheet = contact_sheet(pictures, labels, columns=columns, size=size)
    return Preview(sheet, len(pictures) - 1, small.size, left_out)
