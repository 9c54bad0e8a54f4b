"""Apply many filters to one photo, on one contact sheet."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import ImfilterError
from ...filters import FILTERS
from ...pipeline.chain import Pipeline
from ...pipeline.recipe import Recipe
from .contact_sheet import contact_sheet
from .display import to_displayable

if TYPE_CHECKING:
    import PIL.Image


class Preview(NamedTuple):
    """A contact sheet, the number of filters on it, the reduced photo's size, and why other filters are missing."""

    sheet: PIL.Image.Image
    filters: int
    size: tuple[int, int]
    skipped: list[str]


def list_default_filters() -> list[Pipeline]:
    """Return all filters that have no required parameter."""
    return [Pipeline(name) for name, declaration in FILTERS.items()
            if not any(parameter.required for parameter in declaration.parameters)]


def make_preview(
    photo: Any, pipelines: Sequence[Pipeline], *, columns: int | None = None, size: int = 320
) -> Preview:
    """Reduce a photo to at most size pixels a side, and apply each pipeline; skip those that do not fit the photo."""
    small = to_displayable(photo).copy()
    small.thumbnail((size, size))
    pictures: list[Any] = [small]
    labels, skipped = ["original"], list[str]()
    for pipeline in pipelines:
        label = str(pipeline)
        try:
            pictures.append(Recipe(pipeline, label).picture(small))
            labels.append(label)
        except ImfilterError as error:
            skipped.append(f"{label}: {error}")
    sheet = contact_sheet(pictures, labels, columns=columns, size=size)
    return Preview(sheet, len(pictures) - 1, small.size, skipped)
