"""What becomes of photos on the command line: a chain, which channels it is for, and in what samples it comes."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .errors import ImfilterError, one_of
from .filters.combine import settled
from .images import Array, as_array, colours_and_alpha, deep, known_dtype, result_dtype, rounded, to_pil, working_dtype
from .pipeline import Pipeline, as_photo

if TYPE_CHECKING:
    from .images import Picture

# How a result with a sign is put into samples that have none; `grey` is the middle of their range.
# largest: of all values, without their signs.
SIGNED: dict[str, Callable[[Array, float, float], Array]] = {
    "offset": lambda values, grey, _: values + grey,
    "abs": lambda values, *_: np.abs(values),
    "clip": lambda values, *_: values,
    "normalize": lambda values, grey, largest: values * (grey - 1) / max(largest, 1e-30) + grey,
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
        mixing = [one.name for one in self.pipeline if one.preset.group == "colour"]
        if self.channels and mixing:
            raise ImfilterError(f"channels cannot be chosen for {mixing[0]}, which mixes them")

    def picture(self, photo: Picture, signed: str = "offset") -> Picture:
        """Return the filtered photo as a photo of the same depth, a result with a sign as `signed` says."""
        if signed not in SIGNED:
            raise ImfilterError(f"signed must be {one_of(SIGNED)}, got {signed!r}")
        try:
            if self.dtype and len(photo.getbands()) > 1 and as_array(photo).dtype != self.dtype:
                photo = deep(photo)
            if self.channels:
                return self._beside_others(photo, signed)
            return as_photo(photo, *self._shown(photo, *colours_and_alpha(photo), signed))
        except ImfilterError as error:
            raise type(error)(error.fact) from None

    def _shown(
        self, photo: Picture, colours: Array, alpha: Array | None, signed: str
    ) -> tuple[Array, Array | None]:
        """Return filtered colours in the result's dtype, with what is below 0 as it is to be shown, and alpha."""
        kind = known_dtype(colours.dtype)
        target = result_dtype(kind, self.dtype)
        if signed == "clip" or target.kind == "f" or not self.pipeline.below_zero:
            return self.pipeline.run(photo, colours, alpha, target)
        values, alpha = self.pipeline.run(photo, colours, alpha, working_dtype(kind, target))
        grey = 2.0 ** (8 * target.itemsize - 1) if target.kind == "u" else 0.0
        largest = float(np.abs(values).max(initial=0)) if signed == "normalize" else 0.0
        return settled(values, target, None, lambda part: SIGNED[signed](part, grey, largest)), alpha

    def _beside_others(self, photo: Picture, signed: str) -> Picture:
        """Return the photo with the chosen channels filtered."""
        names = photo.getbands() if len(photo.getbands()) > 1 else ("L",)
        missing = [name for name in self.channels if name not in names]
        if missing:
            raise ImfilterError(f"has no channel {missing[0]}, only {', '.join(names)}")
        pixels = as_array(photo)
        if pixels.ndim == 2:
            return to_pil(self._shown(photo, pixels, None, signed)[0], photo)
        chosen = [names.index(name) for name in self.channels]
        shown, _ = self._shown(photo, pixels[..., chosen], None, signed)
        down, across = self.pipeline.stride
        result = rounded(pixels[::down, ::across], shown.dtype).copy()
        result[..., chosen] = shown
        return to_pil(result, photo)
