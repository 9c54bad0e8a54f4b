"""Apply many filters to one photo, on one contact sheet."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import ImfilterError
from ...pipeline.chain import Pipeline
from ...pipeline.recipe import Recipe
from .display import to_displayable
from .samples import Sample, sample_every_filter
from .sections import Section, sectioned_sheet
from .stretch import apply_visibly

if TYPE_CHECKING:
    import PIL.Image


class Preview(NamedTuple):
    """A contact sheet, the number of filters on it, the reduced photo's size, and why other filters are missing."""

    sheet: PIL.Image.Image
    filters: int
    size: tuple[int, int]
    skipped: list[str]


def make_preview(
    photo: Any, pipelines: Sequence[Pipeline] = (), *, columns: int | None = None, size: int = 320
) -> Preview:
    """Reduce a photo to at most size pixels a side, and apply each pipeline; skip those that do not fit the photo.

    Without pipelines, every filter is applied, by groups, with the parameters that its label names.
    """
    small = to_displayable(photo).copy()
    small.thumbnail((size, size))
    samples = [Sample("", str(pipeline), "", pipeline) for pipeline in pipelines] or sample_every_filter(small)
    sections, skipped = [Section("")], list[str]()
    sections[0].add(small, "original")
    for sample in samples:
        try:
            picture, scaled = apply_visibly(Recipe(sample.pipeline, sample.label), sample.fit(small))
        except ImfilterError as error:
            skipped.append(f"{sample.label}: {error}")
            continue
        if sections[-1].heading != sample.group:
            sections.append(Section(sample.group))
        sections[-1].add(picture, sample.label, "; ".join(filter(None, (scaled, sample.note))))
    count = sum(len(section.pictures) for section in sections) - 1
    return Preview(sectioned_sheet(sections, columns=columns, size=size), count, small.size, skipped)
