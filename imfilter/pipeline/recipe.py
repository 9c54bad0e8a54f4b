"""Recipes for photos: a pipeline, the channels that it filters, and the samples of the result."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, picture_dtype, simplify_picture, to_high_depth, to_pil
from ..arrays.depth import DEPTHS, rescale
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, supported_dtype, working_dtype
from ..arrays.high_depth import HighDepthImage
from ..arrays.nodata import Nodata, find_missing, measure_range, place_nodata
from ..arrays.transfer_curves import TransferCurve
from ..errors import ImfilterError, list_choices
from ..filters.linear_light import assume_curves
from ..filters.signed_samples import check_signed, to_samples
from .chain import Pipeline, as_photo
from .nodata import describe_spread
from .photo_nodata import describe_filling, find_nodata, name_nodata

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from .region import Region


@dataclass(frozen=True)
class Recipe:
    """How photos are filtered. name: goes into the names of results.

    channels: the names of the channels to filter, each by itself, while the others do not change; empty: all. dtype: of
    the result, whose samples are saturated, not rescaled; None: the photo's. depth: a key of DEPTHS, to which samples
    are rescaled instead. region: the part of the photo that changes; None: all of it. nodata: the value of samples
    without data, as decimal text; "none": every sample counts; None: the photo's own value, if it states one.
    """

    pipeline: Pipeline
    name: str
    channels: tuple[str, ...] = ()
    dtype: str | None = None
    depth: str | None = None
    region: Region | None = None
    nodata: str | None = None

    def __post_init__(self) -> None:
        resizing = [one.name for one in self.pipeline if one.resizes]
        if self.region and resizing:
            raise ImfilterError(f"a region needs a result of the photo's size, which {resizing[0]} changes")
        if self.region and self.pipeline.stride != (1, 1):
            raise ImfilterError(f"a region needs a result of the photo's size: stride must be 1, got "
                                f"{','.join(map(str, self.pipeline.stride))}")
        if self.depth is not None and (self.dtype is not None or self.depth not in DEPTHS):
            raise ImfilterError(f"depth must be {list_choices(DEPTHS)}, without dtype, got {self.depth!r}")
        mixing = [one.name for one in self.pipeline if one.declaration.mixes]
        if self.channels and mixing:
            raise ImfilterError(f"channels cannot be chosen for {mixing[0]}, which mixes them")
        if self.channels and resizing:
            raise ImfilterError(f"channels cannot be chosen for {resizing[0]}, which changes the size of all")

    @property
    def stride(self) -> tuple[int, int]:
        """The strides (down, across) of the pipeline."""
        return self.pipeline.stride

    def at_size(self, size: tuple[int, int]) -> Recipe:
        """Return the same recipe for photos of this size (rows, columns), in which all strides are known."""
        pipeline = self.pipeline.at_size(size)
        return self if pipeline is self.pipeline else replace(self, pipeline=pipeline)

    @property
    def offset(self) -> tuple[float, float]:
        """How far the first result of the pipeline lies from the middle of the first pixel."""
        return self.pipeline.offset

    def picture(self, photo: Picture, signed: str = "offset") -> Picture:
        """Return the filtered photo in the same depth. signed: how signed results are mapped, a key of SIGNED."""
        check_signed(signed)
        try:
            if self.needs_light(photo, signed):
                from ..arrays.inks import inks_to_light, light_to_inks  # few photos are CMYK

                result = light_to_inks(self._filter_picture(inks_to_light(photo), signed))
            else:
                result = self._filter_picture(photo, signed)
            if self.region:
                from .blending import blend_pictures

                nodata = self.find_nodata(photo)
                result = blend_pictures(
                    self._convert_picture(photo, nodata), result, self.region, nodata and nodata.after)
            return simplify_picture(result) if self.dtype or self.depth else result
        except ImfilterError as error:
            raise type(error)(error.fact) from None

    def _filter_picture(self, photo: Picture, signed: str) -> Picture:
        """Return the filtered photo without regard to the region."""
        padded: Any = photo
        if self._fits_padding(photo, signed):
            result: Picture = padded.with_pixels(self._filter(photo, padded.stored, None, signed)[0])
            return result
        curves, kind = self.find_curves(photo), picture_dtype(photo)
        if len(photo.getbands()) > 1 and kind != self.target_dtype(kind):
            photo = to_high_depth(photo)
        with assume_curves(curves):
            return self._filter_channels(photo, signed) if self.channels else as_photo(
                photo, *self._filter(photo, *split_picture_alpha(photo), signed))

    def _fits_padding(self, photo: Picture, signed: str) -> bool:
        """Return whether to filter a photo's byte of padding like a channel: to leave it out would take longer."""
        if not getattr(photo, "is_padded", False) or self.channels or self.find_nodata(photo):
            return False
        kind = picture_dtype(photo)
        scaled = signed == "normalize" and self.maps_signed(kind, signed)  # by the largest magnitude of all channels
        return not scaled and kind == self.target_dtype(kind) and all(one.is_light for one in self.pipeline)

    def needs_light(self, photo: Picture, signed: str) -> bool:
        """Return whether the result lies on white or gray, and the photo's inks must become light for it."""
        if photo.mode.split()[0] != "CMYK" or self.channels or self.find_nodata(photo):
            return False
        if any(one.mixes or one.keywords.get("linear") for one in self.pipeline):
            return False  # these are refused for CMYK
        mapped = self.maps_signed(picture_dtype(photo), signed) and signed != "abs"
        return mapped or any(one.operation.on_level for one in self.pipeline)

    def find_curves(self, photo: Picture) -> tuple[TransferCurve, ...] | None:
        """Return the transfer curves of the filtered channels, by what the file says; None: they are not needed."""
        if not self.pipeline.linear:
            return None
        from ..files.color_curves import find_curves  # imports Pillow, which most recipes are made without

        curves = find_curves(photo)
        if self.channels and len(curves) > 1:
            curves = tuple(curves[index] if index < len(curves) else curves[0] for index in self.channel_indices(photo))
        return curves

    def channel_indices(self, photo: Picture) -> list[int]:
        """Return the indices of the channels to filter, among those of the photo."""
        names = photo.getbands() if len(photo.getbands()) > 1 else ("L",)
        missing = [name for name in self.channels if name not in names]
        if missing:
            raise ImfilterError(f"has no channel {missing[0]}, only {', '.join(names)}")
        return [names.index(name) for name in self.channels]

    def find_nodata(self, photo: Picture) -> Nodata | None:
        """Return the value of a photo's samples without data, or None if every sample counts, as those of alpha do."""
        if self.channels == ("A",):
            return None
        return find_nodata(photo, self.nodata, self.target_dtype)

    def declare_nodata(self, photo: Picture) -> None:
        """Put a chosen value of samples without data into a photo's metadata, from which its result gets it."""
        if self.nodata is not None and self.find_nodata(photo):
            photo.info["nodata"] = self.nodata.encode()

    def target_dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of the result for samples of this dtype."""
        return result_dtype(supported_dtype(dtype), DEPTHS[self.depth] if self.depth else self.dtype)

    def changes_depth(self, dtype: np.dtype[Any]) -> bool:
        """Return whether samples of this dtype are rescaled."""
        return self.depth is not None and self.target_dtype(dtype) != supported_dtype(dtype)

    def list_notes(self, photo: Picture, signed: str = "offset") -> list[str]:
        """Return what the recipe does to a photo that its owner may not expect."""
        notes = self.describe_nodata(photo)
        if self.needs_light(photo, signed):
            notes.append("CMYK is filtered as light, since the result lies on white or gray: its black ink becomes "
                         "colors")
        notes += self.describe_scale(picture_dtype(photo), signed)
        if not self.may_clip(picture_dtype(photo)):
            return notes
        return notes + self.describe_clipping(*measure_range(as_array(photo), self.find_nodata(photo)))

    def describe_nodata(self, photo: Picture) -> list[str]:
        """Return what happens to pixels without data, by the metadata and the dtype of a photo."""
        name = name_nodata(photo, self.nodata)
        if self.find_nodata(photo):
            return describe_filling(photo, self.nodata) + describe_spread(self.pipeline.filters, name)
        fits = self.channels == ("A",) or not name
        return [] if fits else [f"{name} is no value of {picture_dtype(photo)} samples: all pixels count"]

    def describe_scale(self, dtype: np.dtype[Any], signed: str) -> list[str]:
        """Return a note on results that are no levels, and are scaled to be seen. dtype: of the colors."""
        mapped = self.maps_signed(dtype, signed)
        if not self.scales(dtype) or (mapped and signed == "normalize"):
            return []
        zero = "mid-gray" if mapped and signed == "offset" and self.target_dtype(dtype).kind == "u" else "black"
        return [f"results are scaled: 0 is {zero}, {self.pipeline.full_scale:g} white; "
                "dtype float32 keeps the values themselves"]

    def may_clip(self, dtype: np.dtype[Any]) -> bool:
        """Return whether floats of this dtype are rescaled to integers, which clips those beyond 0 and 1."""
        return dtype.kind == "f" and self.depth != "float" and self.changes_depth(dtype)

    def describe_clipping(self, low: float, high: float) -> list[str]:
        """Return a note on floats beyond 0 and 1. low, high: their range, with 0."""
        if low >= 0 and high <= 1:
            return []
        return [f"has samples from {low:g} to {high:g}: depth {self.depth} takes 0 for black and 1 for white, and clips"
                " the rest"]

    def maps_signed(self, dtype: np.dtype[Any], signed: str) -> bool:
        """Return whether values below 0 are mapped into the range of the samples, for colors of this dtype."""
        target = self.target_dtype(dtype)
        return signed != "clip" and target.kind != "f" and self.pipeline.below_zero

    def computing_dtype(self, dtype: np.dtype[Any], signed: str, nodata: Nodata | None = None) -> np.dtype[Any]:
        """Return the dtype that the pipeline computes for colors of this dtype, before they become samples."""
        kind, target = supported_dtype(dtype), self.target_dtype(dtype)
        floats = nodata or self.changes_samples(dtype, signed)
        return working_dtype(kind, target) if floats else target

    def scales(self, dtype: np.dtype[Any]) -> bool:
        """Return whether values are no levels, and are scaled for colors of this dtype, so that they can be seen."""
        target = self.target_dtype(dtype)
        return self.pipeline.full_scale is not None and (target.kind in "iu" or self.changes_depth(dtype))

    def changes_samples(self, dtype: np.dtype[Any], signed: str) -> bool:
        """Return whether more is done to values than to round them, for colors of this dtype."""
        return self.maps_signed(dtype, signed) or self.changes_depth(dtype) or self.scales(dtype)

    def to_samples(
        self, values: Array, dtype: np.dtype[Any], signed: str, workers: int | None = None,
        nodata: Nodata | None = None,
    ) -> Array:
        """Convert the pipeline's values for colors of this dtype to samples of the result. nodata: what NaN becomes."""
        if nodata is not None:
            missing = np.isnan(values)
            values[missing] = 0
            samples = self.to_samples(values, dtype, signed, workers)
            place_nodata(samples, missing, nodata.after)
            return samples
        if not self.changes_samples(dtype, signed):
            return round_to_dtype(values, self.target_dtype(dtype))
        if not self.maps_signed(dtype, signed):
            signed = "clip"
        kind, target = supported_dtype(dtype), self.target_dtype(dtype)
        return to_samples(
            values, kind if self.depth else target, target, signed, workers=workers,
            white=self.pipeline.full_scale if self.scales(dtype) else None)

    def convert(self, pixels: Array, nodata: Nodata | None = None) -> Array:
        """Return samples that are not filtered in the depth of the result."""
        target = self.target_dtype(pixels.dtype)
        samples = rescale(pixels, target) if self.depth else round_to_dtype(pixels, target)
        if nodata is not None and samples is not pixels:
            colors = slice(None, -1 if nodata.alpha else None)
            place_nodata(samples[..., colors], find_missing(pixels[..., colors], nodata.before), nodata.after)
        return samples

    def _convert_picture(self, photo: Picture, nodata: Nodata | None) -> Picture:
        """Return the photo in the depth of the result."""
        kind = picture_dtype(photo)
        if kind == self.target_dtype(kind):
            return photo
        pixels = as_array(photo)
        high = replace(to_high_depth(photo)) if pixels.ndim == 3 else HighDepthImage(pixels[..., None], info=photo.info)
        high.pixels = self.convert(high.pixels, nodata)
        return simplify_picture(high)

    def replace_channels(
        self, pixels: Array, chosen: list[int], values: Array, nodata: Nodata | None = None
    ) -> Array:
        """Return the pixels at the result's stride, with values instead of the chosen channels."""
        down, across = self.pipeline.stride
        result = self.convert(pixels[::down, ::across], nodata).copy()
        result[..., chosen] = values
        return result

    def _filter(
        self, photo: Picture, colors: Array, alpha: Array | None, signed: str
    ) -> tuple[Array, Array | None]:
        """Return filtered colors in the result's dtype, and alpha."""
        nodata = self.find_nodata(photo)
        values, alpha = self.pipeline.run(photo, colors, alpha, self.computing_dtype(colors.dtype, signed, nodata),
                                          nodata=nodata and nodata.before)
        if alpha is not None and self.depth:
            alpha = rescale(alpha, self.target_dtype(alpha.dtype))
        return self.to_samples(values, colors.dtype, signed, nodata=nodata), alpha

    def _filter_channels(self, photo: Picture, signed: str) -> Picture:
        """Return the photo with the chosen channels filtered."""
        chosen, pixels = self.channel_indices(photo), as_array(photo)
        if pixels.ndim == 2:
            return to_pil(self._filter(photo, pixels, None, signed)[0], photo)
        values, _ = self._filter(photo, pixels[..., chosen], None, signed)
        return to_pil(self.replace_channels(pixels, chosen, values, self.find_nodata(photo)), photo)
