"""What becomes of photos on the command line: a chain, which channels it is for, and in what samples it comes."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, to_high_depth, to_pil
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, supported_dtype, working_dtype
from ..errors import ImfilterError, list_choices
from ..filters.combine import round_in_strips
from .chain import Pipeline, as_photo

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

# How a result with a sign is put into samples that have none; `gray` is the middle of their range.
# largest: of all values, without their signs.
SIGNED: dict[str, Callable[[Array, float, float], Array]] = {
    "offset": lambda values, gray, _: values + gray,
    "abs": lambda values, *_: np.abs(values),
    "clip": lambda values, *_: values,
    "normalize": lambda values, gray, largest: values * (gray - 1) / max(largest, 1e-30) + gray,
}


@dataclass(frozen=True)
class Recipe:
    """What becomes of photos: a chain, and what of them it is for. name: what results are named after.

    channels: the names of the only channels to be filtered, each by itself, beside the others as they are. dtype: that
    of the result's samples, which are not rescaled but saturated; None: the photo's.
    """

    pipeline: Pipeline
    name: str
    channels: tuple[str, ...] = ()
    dtype: str | None = None

    def __post_init__(self) -> None:
        mixing = [one.name for one in self.pipeline if one.declaration.mixes]
        if self.channels and mixing:
            raise ImfilterError(f"channels cannot be chosen for {mixing[0]}, which mixes them")

    def picture(self, photo: Picture, signed: str = "offset") -> Picture:
        """Return the filtered photo as a photo of the same depth, a result with a sign as `signed` says."""
        if signed not in SIGNED:
            raise ImfilterError(f"signed must be {list_choices(SIGNED)}, got {signed!r}")
        try:
            if self.dtype and len(photo.getbands()) > 1 and as_array(photo).dtype != self.dtype:
                photo = to_high_depth(photo)
            if self.channels:
                return self._beside_others(photo, signed)
            return as_photo(photo, *self._filtered(photo, *split_picture_alpha(photo), signed))
        except ImfilterError as error:
            raise type(error)(error.fact) from None

    def chosen(self, photo: Picture) -> list[int]:
        """Return the places of the channels that are filtered, among those of the photo."""
        names = photo.getbands() if len(photo.getbands()) > 1 else ("L",)
        missing = [name for name in self.channels if name not in names]
        if missing:
            raise ImfilterError(f"has no channel {missing[0]}, only {', '.join(names)}")
        return [names.index(name) for name in self.channels]

    def moves(self, dtype: np.dtype[Any], signed: str) -> bool:
        """Say whether what is below 0 is moved into the range of the samples, for colors of this dtype."""
        target = result_dtype(supported_dtype(dtype), self.dtype)
        return signed != "clip" and target.kind != "f" and self.pipeline.below_zero

    def computed(self, dtype: np.dtype[Any], signed: str) -> np.dtype[Any]:
        """Return the dtype that the chain computes colors of this one to, before they are shown."""
        kind = supported_dtype(dtype)
        target = result_dtype(kind, self.dtype)
        return working_dtype(kind, target) if self.moves(dtype, signed) else target

    def shown(self, values: Array, dtype: np.dtype[Any], signed: str, workers: int | None = None) -> Array:
        """Return what the chain computed of colors of this dtype in the result's, 0 where `signed` puts it."""
        if not self.moves(dtype, signed):
            return values
        target = result_dtype(supported_dtype(dtype), self.dtype)
        gray = 2.0 ** (8 * target.itemsize - 1) if target.kind == "u" else 0.0
        largest = float(np.abs(values).max(initial=0)) if signed == "normalize" else 0.0
        return round_in_strips(values, target, workers, lambda part: SIGNED[signed](part, gray, largest))

    def replaced(self, pixels: Array, chosen: list[int], values: Array) -> Array:
        """Return the pixels that the result keeps, with values in place of the chosen channels."""
        down, across = self.pipeline.stride
        result = round_to_dtype(pixels[::down, ::across], values.dtype).copy()
        result[..., chosen] = values
        return result

    def _filtered(
        self, photo: Picture, colors: Array, alpha: Array | None, signed: str
    ) -> tuple[Array, Array | None]:
        """Return filtered colors in the result's dtype, and alpha."""
        values, alpha = self.pipeline.run(photo, colors, alpha, self.computed(colors.dtype, signed))
        return self.shown(values, colors.dtype, signed), alpha

    def _beside_others(self, photo: Picture, signed: str) -> Picture:
        """Return the photo with the chosen channels filtered."""
        chosen, pixels = self.chosen(photo), as_array(photo)
        if pixels.ndim == 2:
            return to_pil(self._filtered(photo, pixels, None, signed)[0], photo)
        values, _ = self._filtered(photo, pixels[..., chosen], None, signed)
        return to_pil(self.replaced(pixels, chosen, values), photo)
