"""Apply a recipe to a large source block by block, bit-identical to filtering the whole image."""
from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..arrays.alpha import merge_alpha, split_alpha
from ..arrays.conversion import PIL_MODES, as_array, has_alpha
from ..arrays.dtypes import Array, round_to_dtype
from ..arrays.high_depth import HighDepthImage
from ..arrays.inks import convert_inks, convert_light
from ..arrays.nodata import NONE, measure_range
from ..blocks.blockwise import Block, Read
from ..blocks.build import split_pipeline
from ..errors import ImfilterError
from ..filters.linear_light import assume_curves
from ..pipeline.blending import blend_block
from ..pipeline.recipe import Recipe
from ..pipeline.region import Region
from .source import Source

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

MODES = {(1, True): "LA", (3, True): "RGBA", (4, False): "CMYK"}  # by number of 8-bit colors, and alpha


def make_sample(source: Source) -> Picture:
    """Return one black pixel, as the kind of image that `files.read_photo` would return for the source."""
    bands = source.shape[2] if len(source.shape) == 3 else 1
    pixels = np.zeros((1, 1, bands), source.dtype)
    mode = None if source.alpha else PIL_MODES.get((source.dtype.char, bands))
    if source.dtype == np.uint8 and bands == source.colors + source.alpha:
        mode = mode or MODES.get((source.colors, source.alpha))
    picture: Picture = Image.frombytes(mode, (1, 1), pixels.tobytes()) if mode else HighDepthImage(
        pixels, source.alpha, source.colors)
    picture.info = dict(source.info)
    return picture


class TiledRecipe:
    """A recipe applied to a source.

    shape, dtype: of the whole result. sample: one pixel in the result's type. info: metadata for the result.
    """

    def __init__(self, recipe: Recipe, source: Source, signed: str) -> None:
        recipe, photo = recipe.at_size((source.shape[0], source.shape[1])), make_sample(source)
        recipe.declare_nodata(photo)
        self._light = recipe.needs_light(photo, signed)
        # One pixel shows the type of the result. Masks, guides and maps are as large as images; black may be no data.
        plain = replace(recipe, pipeline=recipe.pipeline.for_one_pixel(), nodata=NONE)
        whole = replace(plain, region=Region.whole()) if recipe.region else plain
        self.sample = whole.picture(photo, signed)  # raises what it would raise for the whole image
        sample = as_array(self.sample)
        if recipe.region:
            recipe.region.check_size(*source.shape[:2])
        filtered = replace(plain, region=None).picture(photo, signed) if recipe.region else self.sample
        self._filtered_shape, self._alphas = as_array(filtered).shape[2:], (has_alpha(photo), has_alpha(filtered))
        self.nodata = recipe.find_nodata(photo)
        self.info = {**source.info, **{key: photo.info[key] for key in ("nodata",) if key in photo.info}}
        self._notes = recipe.describe_nodata(photo) + recipe.describe_scale(source.dtype, signed)
        self._range = SampleRange() if recipe.may_clip(source.dtype) else None
        self._source_shape, self._curves = as_array(photo).shape[2:], recipe.find_curves(photo)
        if signed == "normalize" and recipe.maps_signed(source.dtype, signed):
            raise ImfilterError("signed normalize needs the largest value of the whole image, which is unknown in "
                                "tiles: use --signed offset, abs or clip, or --engine memory")
        self._recipe, self._signed, self._given = recipe, signed, source.dtype
        self._alpha = has_alpha(photo) and not recipe.channels
        self._chosen = recipe.channel_indices(photo) if recipe.channels and len(source.shape) == 3 else None
        self._size = source.shape[:2]
        shape = source.shape if self._chosen is None else (*self._size, len(self._chosen))
        shape = (*self._size, 3) if self._light else shape
        self._inner = split_pipeline(recipe.pipeline, shape, source.dtype, alpha=self._alpha,
                                  wanted=recipe.computing_dtype(source.dtype, signed, self.nodata),
                                  nodata=self.nodata and self.nodata.before)
        self.shape: tuple[int, ...] = (*self._inner.shape[:2], *sample.shape[2:])
        self.dtype: np.dtype[np.generic] = sample.dtype

    def compute(self, block: Block, read: Read) -> Array:
        """Return a block of the result. read: returns the pixels of a window of the source."""
        if self._range:
            self._range.add(*measure_range(read(self._source_block(block)), self.nodata))
        with assume_curves(self._curves):
            values = self._filter_block(block, read)
        region = self._recipe.region
        if region is None:
            return values
        weights = region.weights(self._size[0], self._size[1], block.rows, block.columns)
        before = self._recipe.convert(read(block), self.nodata)
        blended = blend_block(before.reshape(*before.shape[:2], *self._source_shape), values, weights, self._alphas,
                              self.nodata and self.nodata.after)
        return blended.reshape(*blended.shape[:2], *self.shape[2:])

    def _filter_block(self, block: Block, read: Read) -> Array:
        """Return a block of the filtered image, without regard to the region."""
        chosen = self._chosen
        if self._light:
            return convert_light(self._to_file_samples(
                self._inner.compute(block, lambda window: convert_inks(read(window)))))
        if chosen is None:
            values = self._to_file_samples(self._inner.compute(block, read))
            return values.reshape(*values.shape[:2], *self._filtered_shape)
        values = self._to_file_samples(self._inner.compute(block, lambda window: read(window)[..., chosen]))
        return self._recipe.replace_channels(read(self._source_block(block)), chosen, values, self.nodata)

    def _source_block(self, block: Block) -> Block:
        """Return the block of the source at the place of a block of the result."""
        down, across = self._recipe.pipeline.stride
        height, width = self._size
        return Block(block.top * down, min(block.bottom * down, height),
                     block.left * across, min(block.right * across, width))

    def _to_file_samples(self, values: Array) -> Array:
        """Convert the pipeline's values to the samples of the file; alpha gets the dtype of the colors."""
        recipe = self._recipe
        apart = self.nodata or recipe.changes_samples(self._given, self._signed)
        if not self._alpha or not apart:
            return recipe.to_samples(values, self._given, self._signed, 1, self.nodata)
        colors, alpha = split_alpha(values)
        shown = recipe.to_samples(colors, self._given, self._signed, 1, self.nodata)
        alpha = round_to_dtype(alpha, self._given)
        return merge_alpha(shown, recipe.convert(alpha) if recipe.depth else alpha)

    def list_notes(self, complete: bool) -> list[str]:
        """Return the notes of `Recipe.list_notes`. complete: whether this process has computed all blocks."""
        if not self._range:
            return self._notes
        if not complete:
            return [*self._notes, f"depth {self._recipe.depth} takes 0 for black and 1 for white, and clips the rest"]
        return self._notes + self._recipe.describe_clipping(self._range.low, self._range.high)


class SampleRange:
    """The range of the samples that all threads of this process have seen, with 0."""

    def __init__(self) -> None:
        self.low = self.high = 0.0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[SampleRange], tuple[()]]:
        return SampleRange, ()

    def add(self, low: float, high: float) -> None:
        """Count samples of this range."""
        with self._lock:
            self.low, self.high = min(self.low, low), max(self.high, high)
