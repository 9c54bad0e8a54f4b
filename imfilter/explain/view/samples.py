"""A sample of every filter: its defaults, and parameters for those that need some, or may take a map or a guide."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...arrays.dtypes import Array
from ...filters.declaration import FilterDeclaration, Parameter
from ...filters.maps import MAPPED
from ...filters.parameters import GuideImage, Integer, Number, Pair, Table
from ...filters.registry import filters_by_group
from ...pipeline.chain import Filter, Pipeline
from ..lesson.grids import format_number

if TYPE_CHECKING:
    import PIL.Image

REQUIRED = {Table: "0 0 1;0 1 0;1 0 0", Pair: "2", Integer: "2", Number: "1"}  # by kind, for those without a default
LEAST, MOST = 1, 9  # of a map, at its left and right ends
COLOR_GROUP = "color"


class Sample(NamedTuple):
    """A filter to show. group: its heading; '' for none. note: its parameters. stages: as Pipeline takes them."""

    group: str
    label: str
    note: str
    stages: Any

    @property
    def pipeline(self) -> Pipeline:
        """The filter, or an error where it cannot be made."""
        return Pipeline(self.stages)

    def fit(self, photo: PIL.Image.Image) -> PIL.Image.Image:
        """Return a photo, in colors where the filter is one of those that mix them, and has a heading."""
        if self.group != COLOR_GROUP or photo.mode not in ("L", "LA"):
            return photo
        return photo.convert("RGB" if photo.mode == "L" else "RGBA")


def sample_every_filter(photo: PIL.Image.Image) -> list[Sample]:
    """Return samples of all filters, by group; those with a map or guide have one more, which fits this photo."""
    return [sample for group, declarations in filters_by_group().items() for declaration in declarations
            for sample in (_default_sample(group, declaration), *_mapped_samples(group, declaration, photo))]


def _default_sample(group: str, declaration: FilterDeclaration) -> Sample:
    """Return a filter with its defaults, and with the parameters that it needs."""
    own = {parameter.name: _sample_value(parameter) for parameter in declaration.parameters if parameter.required}
    text = ":".join([declaration.name, *(f"{name}={value}" for name, value in own.items())])
    shown = own or {parameter.name: _format_default(parameter.default)
                    for parameter in declaration.parameters if _is_worth_showing(parameter)}
    note = ", ".join(f"{name}={value}" for name, value in shown.items())
    return Sample(group, declaration.name, note, text)


def _format_default(value: Any) -> str:
    """Write a number, or several, with at most four significant digits each."""
    return ",".join(map(format_number, value if isinstance(value, tuple) else (value,)))


def _sample_value(parameter: Parameter) -> str:
    """Return a value of a parameter that has no default, as text; '' for a kind that is not known here."""
    return next((text for kind, text in REQUIRED.items() if isinstance(parameter.kind, kind)), "")


def _is_worth_showing(parameter: Parameter) -> bool:
    """Say whether a default is a number, or several, that describes how strong a filter is."""
    numeric = isinstance(parameter.default, (int, float, tuple)) and not isinstance(parameter.default, bool)
    return numeric and parameter.name not in ("truncate", "order", "subsample", "angles")


def _mapped_samples(group: str, declaration: FilterDeclaration, photo: PIL.Image.Image) -> list[Sample]:
    """Return a filter once more for each parameter that may be a map or a guide, if the others have defaults."""
    if any(parameter.required for parameter in declaration.parameters):
        return []
    samples = []
    for parameter in declaration.parameters:
        value, note = _map_for(parameter, photo)
        if note:
            stage = Filter.from_name(declaration.name, **{parameter.name: value})
            samples.append(Sample(group, declaration.name, note, stage))
    return samples


def _map_for(parameter: Parameter, photo: PIL.Image.Image) -> tuple[Any, str]:
    """Return a map that rises from left to right, or the photo in gray as a guide; and what it is, or ''."""
    if isinstance(parameter.kind, MAPPED):
        ramp: Array = np.linspace(LEAST, MOST, photo.width, dtype=np.float32)
        return np.tile(ramp, (photo.height, 1)), f"{parameter.name}: a map from {LEAST} to {MOST}"
    if isinstance(parameter.kind, GuideImage):
        return np.asarray(photo.convert("L")), f"{parameter.name}: the photo in gray"
    return None, ""
