"""Windows of SciPy's rank filters and morphology, and the samples that are selected in them."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...arrays.dtypes import Array, exceeds_float64, sample_limits
from ...arrays.opened import open_image as open_layout
from ...engine import rank as ranks
from ...engine.borders import Border
from ...engine.footprint import Footprint, footprint_from, rectangle
from ...engine.request import FilterOptions
from .arguments import (
    Borders,
    Output,
    need,
    open_image,
    parse_border,
    parse_borders,
    parse_integer,
    parse_number,
    parse_ordered_axes,
    parse_origin,
    per_axis,
)

LARGEST = 2**16 - 1  # rows or columns of a window


class Selection(NamedTuple):
    """What is selected from: an image, its window of booleans, origins down and across, borders and their constant.

    separable: whether all pixels of the window count, so that rows and columns may have different borders.
    """

    image: Array
    shape: Array
    origins: tuple[int, int]
    borders: Borders
    cval: float
    separable: bool

    def mirrored(self) -> Selection:
        """Return the selection for dilation: the window turned by half a turn around its pixel."""
        origins = [-origin - (1 - size % 2) for origin, size in zip(self.origins, self.shape.shape, strict=True)]
        return self._replace(shape=self.shape[::-1, ::-1], origins=(origins[0], origins[1]))

    def of(self, image: Array) -> Selection:
        """Return the same selection from another image of this shape and dtype."""
        return self._replace(image=image)

    @property
    def window(self) -> Footprint:
        before = [size // 2 + origin for size, origin in zip(self.shape.shape, self.origins, strict=True)]
        return footprint_from(self.shape, (before[0], before[1]))


def open_selection(
    image: Any, size: Any, footprint: Any, mode: Any, cval: Any, origin: Any, axes: Any, *, per_axis_modes: bool = True
) -> Selection:
    """Return what is selected from. NaN, which SciPy sorts as it happens to come, is left to SciPy."""
    image = open_image(image)
    need(not _has_nan(image) and not exceeds_float64(image), "images without NaN and integers beyond 2**53")
    along = parse_ordered_axes(axes)
    shape = _parse_shape(size, footprint, along)
    separable = bool(shape.all())
    origins = [0, 0]
    for axis, shift in zip(along, per_axis(origin, along), strict=True):
        # SciPy ignores origins along axes that a full window does not extend along.
        origins[axis] = 0 if separable and shape.shape[axis] == 1 else parse_origin(shift, shape.shape[axis])
    if separable and per_axis_modes:
        borders = parse_borders(mode, along)
    else:
        need(isinstance(mode, str) and not mode.startswith("grid-"), "one mode")
        borders = parse_border(mode), parse_border(mode)
    constant = _parse_constant(cval, image.dtype) if Border.CONSTANT in borders else 0.0
    return Selection(image, shape, (origins[0], origins[1]), borders, constant, separable)


def _has_nan(image: Array) -> bool:
    return image.dtype.kind == "f" and bool(np.isnan(image.min()))


def _parse_shape(size: Any, footprint: Any, axes: tuple[int, ...]) -> Array:
    """Return the window as an array of booleans (rows, columns)."""
    if footprint is None:
        need(size is not None, "a size or a footprint")
        lengths = [1, 1]
        for axis, one in zip(axes, per_axis(size, axes), strict=True):
            lengths[axis] = parse_integer(one, "integer sizes")
        need(min(lengths) >= 1 and max(lengths) <= LARGEST, f"sizes from 1 to {LARGEST}")
        return np.broadcast_to(np.True_, lengths)
    shape = np.asarray(footprint)
    need(shape.dtype.kind in "buif" and shape.ndim == len(axes) and max(shape.shape) <= LARGEST and shape.any(),
         "a footprint of as many axes as are filtered, with a pixel that counts")
    shape = shape.astype(bool)
    return shape if shape.ndim == 2 else np.expand_dims(shape, 1 - axes[0])


def _parse_constant(cval: Any, dtype: np.dtype[Any]) -> float:
    """Return the constant beyond the border as a sample of the image."""
    value = parse_number(cval, "a real cval")
    if dtype.kind == "f":
        need(value == value, "a cval that is not NaN")
        return float(dtype.type(value))
    low, high = sample_limits(dtype)
    need(low <= value <= high and abs(value) <= 2**53, "a cval within the range of the image's dtype")
    return float(int(value))


def check_output(selection: Selection, output: Output, cval: Any) -> None:
    """Leave results to SciPy that are not in the image's dtype, unless it casts them as it casts single samples."""
    image = selection.image.dtype
    if output.dtype != image:
        need(np.can_cast(image, output.dtype, "safe"), "an output that holds every sample of the image")
        need(Border.CONSTANT not in selection.borders or float(cval) == selection.cval, "a cval that is a sample")


def select(selection: Selection, rank: int, dtype: np.dtype[Any] | None = None) -> Array:
    """Return the rank-th smallest sample of each window, counted from 0; -1: the largest."""
    window = selection.window
    extreme = rank in (0, -1, window.samples - 1)
    if not extreme or selection.borders[0] is selection.borders[1]:
        return _run(selection, selection.image, window, rank, selection.borders[0], dtype)
    height, width = window.size
    column, row = rectangle((height, 1), (window.before[0], 0)), rectangle((1, width), (0, window.before[1]))
    first = _run(selection, selection.image, column, 0 if rank == 0 else -1, selection.borders[0], None)
    return _run(selection, first, row, 0 if rank == 0 else -1, selection.borders[1], dtype)


def _run(
    selection: Selection, image: Array, window: Footprint, rank: int, border: Border, dtype: np.dtype[Any] | None
) -> Array:
    options = FilterOptions(mode=border, cval=selection.cval, channel_axis=None, dtype=dtype)
    opened = open_layout(image, None)
    if rank in (0, -1):
        return ranks.prepare_extreme(opened, window, rank < 0, options).run(opened.pixels, None, None)
    return ranks.prepare_rank(opened, window, rank, options).run(opened.pixels, None, None)
