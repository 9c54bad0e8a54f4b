"""Samples without data in one stage of a pipeline: they do not count, and their results are NaN."""
from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.nodata import Value, find_missing
from ..engine.borders import IGNORE
from ..engine.channelwise import KernelSet, filter_channelwise
from ..engine.normalized import MaskTile, mask_array, measure_mask
from ..errors import ImfilterError
from .reach import SAME_PIXEL, UNBOUNDED, Support

if TYPE_CHECKING:
    from .filter import Filter


class MissingSamples(NamedTuple):
    """How a stage treats samples without data.

    nodata: their value. reach: of a filter that takes no mask, whose results are without data where its window holds
    such a sample; None: it takes a mask.
    """

    nodata: Value
    reach: Support | None

    @classmethod
    def of(cls, filter: Filter, nodata: Value) -> MissingSamples:
        """Return how a filter treats samples of this value."""
        return cls(nodata, None if filter.takes_mask else filter.reach)

    def run(
        self, filter: Filter, colors: Array, alpha: Array | None, **options: Any
    ) -> tuple[Array, Array | None]:
        """Filter colors (H, W) or (H, W, C) to floats, and their alpha."""
        missing: Array = find_missing(colors, self.nodata)
        colors = np.where(missing, colors.dtype.type(0), colors)  # whatever is computed from them must not overflow
        if self.reach is None:
            options["mask"] = _combine_masks(options.get("mask", filter.keywords.get("mask")), ~missing)
        kept = None if alpha is None else _subsample(alpha, filter)
        result, alpha = filter.run(colors, alpha, **options)
        missing = self._find_missing_results(filter, missing, options.get("workers"))
        if filter.joins_channels and missing.ndim == 3:
            missing = np.any(missing, axis=-1, keepdims=result.ndim == 3)
        result = np.where(missing, result.dtype.type(np.nan), result)
        if alpha is not None and kept is not None:
            alpha = np.where(missing if missing.ndim == 2 else missing.all(axis=-1), kept, alpha)
        return result, alpha

    def _find_missing_results(self, filter: Filter, missing: Array, workers: int | None) -> Array:
        """Return which results are without data."""
        own = _subsample(missing, filter)
        if self.reach in (None, SAME_PIXEL) or not missing.any():
            return own
        if math.isinf(max(self.reach or UNBOUNDED)):
            raise ImfilterError(f"{filter.name} takes no mask, and each of its results may depend on any pixel, "
                                "including those without data: --nodata none filters them like all others")
        assert self.reach
        column, row = _mark_window(*self.reach[:2]), _mark_window(*self.reach[2:])
        mode = filter.keywords.get("mode", "reflect")
        counts = filter_channelwise(
            missing.astype(np.uint8), KernelSet.separable(column, row), mode="constant" if mode == IGNORE else mode,
            stride=filter.stride, channel_axis=-1 if missing.ndim == 3 else None, workers=workers)
        found: Array = own | (counts > 0)
        return found


def _subsample(samples: Array, filter: Filter) -> Array:
    """Return the least sample of each block of pixels that becomes one: a result has data where any of them has."""
    if 0 in samples.shape:
        return samples
    filter = filter.at_size(samples.shape[:2])
    strides = filter.keywords.get("stride", (1, 1))
    for axis, (step, stride) in enumerate(zip(filter.step, strides, strict=True)):
        if step > 1:
            starts = [math.floor(step * number) for number in range(math.ceil(samples.shape[axis] / Fraction(step)))]
            samples = np.minimum.reduceat(samples, starts, axis)
        samples = samples[(slice(None),) * axis + (slice(None, None, stride),)]
    return samples


def _mark_window(before: float, after: float) -> Array:
    """Return a line of weights that is 1 within this distance of its middle, and 0 beyond."""
    farthest = int(max(abs(before), abs(after)))
    offsets = np.arange(-farthest, farthest + 1)
    return ((-before <= offsets) & (offsets <= after)).astype(np.float64)


def _combine_masks(mask: Any, counted: Array) -> Any:
    """Return a mask without the samples that do not count, with the statistics of the mask itself."""
    if mask is None or isinstance(mask, str):  # 'nan', which is never counted
        return counted
    given = mask_array(mask.mask if isinstance(mask, MaskTile) else mask)
    stats = mask.stats if isinstance(mask, MaskTile) else measure_mask(given).validate()
    if given.shape[:2] != counted.shape[:2] or given.ndim > counted.ndim:  # reported by the filter
        return mask
    wide = given[..., None] if given.ndim < counted.ndim else given
    return MaskTile(np.where(counted, wide, given.dtype.type(0)), stats)


def describe_spread(filters: Sequence[Filter], name: str) -> list[str]:
    """Return a note on filters that take no mask. name: of the value of pixels without data."""
    names = [one.name for one in filters
             if not one.takes_mask and one.reach != SAME_PIXEL and not math.isinf(max(one.reach))]
    if not names:
        return []
    return [f"results whose window holds pixels without data ({name}) are without data, too: "
            f"{', '.join(dict.fromkeys(names))} {'take' if len(names) > 1 else 'takes'} no mask"]
