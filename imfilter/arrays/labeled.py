"""xarray's DataArrays: results with the dimensions, coordinates, name and attributes that are still right.

xarray is never imported here.
"""
from __future__ import annotations

import sys
from typing import Any, NamedTuple

from .dispatch import as_plain_lazy
from .layout import layout_of

Place = tuple[int, int]  # the pixel on which the first result of an axis lies, and pixels from one to the next


class Grid(NamedTuple):
    """Where results lie in the image.

    places: down and across; None: unknown, or between pixels. keeps_channels: whether channel c of a result is made of
    channel c of the image alone. halves: whether each result of a list has half as many pixels as the one before.
    reshaped: whether results have other axes than the image.
    """

    channel_axis: int | None = -1
    places: tuple[Place | None, Place | None] = (None, None)
    keeps_channels: bool = True
    halves: bool = False
    reshaped: bool = False

    def at_level(self, number: int) -> Grid:
        """Return where the result of this number in a list lies."""
        return self._replace(places=((0, 2**number), (0, 2**number))) if self.halves else self


ANYWHERE = Grid()


def is_labeled(image: object) -> bool:
    """Return whether it is a DataArray of xarray."""
    kind = getattr(sys.modules.get("xarray"), "DataArray", None)  # None while xarray is being imported
    return kind is not None and isinstance(image, kind)


def to_labeled(image: Any, result: Any, grid: Grid) -> Any:
    """Return a result as a DataArray with the labels of the image that are right for it.

    An axis keeps the coordinates of the pixels that its results lie on. Without them it keeps none, except for an axis
    of unchanged size whose places are not known.
    """
    layout = layout_of(image.shape, grid.channel_axis)
    places: dict[Any, Place | None] = dict(zip(layout.spatial, grid.places, strict=True))
    sources = _source_axes(0 if grid.reshaped else image.ndim, result.ndim, layout.channel_axis)
    dims = _result_dims(image, sources, layout.spatial)
    kept = {}
    for axis, source in enumerate(sources):
        if source is not None:
            picked = _pick_pixels(image.shape[source], result.shape[axis], places.get(source))
            if picked is not None and (source != layout.channel_axis or grid.keeps_channels):
                kept[image.dims[source]] = picked
    known = image.coords.to_dataset().isel(kept, missing_dims="ignore")  # not all dimensions have coordinates
    lost = [name for name, coordinate in known.coords.items() if not kept.keys() >= set(coordinate.dims)]
    return type(image)(as_plain_lazy(result), known.drop_vars(lost).coords, dims, image.name, image.attrs)


def _source_axes(before: int, after: int, channel_axis: int | None) -> list[int | None]:
    """Return which axis of the image each axis of a result is; None: there is none."""
    axes: list[int | None] = list(range(before))
    if after == before - 1 and channel_axis is not None:  # color made gray
        axes.remove(channel_axis)
    if after < len(axes):
        return [None] * after
    return axes + [None] * (after - len(axes))


def _result_dims(image: Any, sources: list[int | None], spatial: tuple[int, int]) -> list[Any]:
    """Return the names of a result's axes: those of the image, and unused names for others."""
    added, used = sources.count(None), {*image.dims, *image.coords}
    names = [f"axis_{axis}" for axis in range(added)]
    if added < len(sources):
        names = {1: ["channel"], 2: [f"{image.dims[axis]}_window" for axis in spatial]}.get(added, names)
    dims: list[Any] = [image.dims[source] for source in sources if source is not None]
    for name in names[:added]:
        while name in used:
            name += "_"
        dims.append(name)
    return dims


def _pick_pixels(pixels: int, results: int, place: Place | None) -> slice | None:
    """Return the pixels that the results of an axis lie on; None: not all lie on pixels."""
    if place is None:
        return slice(None) if results == pixels else None
    first, step = place
    last = first + (results - 1) * step
    if first < 0 or last >= pixels:
        return None
    return slice(None) if results == pixels else slice(first, last + 1, step)
