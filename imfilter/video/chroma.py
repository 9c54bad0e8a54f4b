"""Filter chroma, which is signed around the middle of its range: gray must stay gray, whatever the filter."""
from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from ..arrays.dtypes import Array
from ..errors import ImfilterError
from ..pipeline.chain import Pipeline
from ..pipeline.recipe import Recipe
from .frame import Plane
from .samples import filter_samples, scale_cval

SIDE = 24  # pixels of the patch that shows how a pipeline treats constants and signs


def check_luma_chroma(recipe: Recipe) -> None:
    """Refuse filters that need red, green and blue."""
    needing = [one.name if one.mixes else "linear" for one in recipe.pipeline
               if one.mixes or one.keywords.get("linear")]
    if needing:
        raise ImfilterError(f"{needing[0]} needs red, green and blue, which y4m does not hold: pipe PPM instead, with "
                            "ffmpeg ... -f image2pipe -c:v ppm -")


class ChromaFilter:
    """The pipeline of a recipe for chroma planes.

    A pipeline that keeps constants (blurs, sharpening, medians) filters the samples as they are. One that keeps signs,
    such as any kernel, filters their distance from the middle; a bias is for luma alone. Of all others (edge
    magnitudes, reliefs) the result is gray: their chroma is the middle.
    """

    def __init__(self, recipe: Recipe) -> None:
        if any("mask" in one.keywords for one in recipe.pipeline):
            raise ImfilterError("a mask has the size of luma: add --channels Y to keep chroma as it is")
        if any(one.images for one in recipe.pipeline):
            raise ImfilterError("a guide or a map has the size of luma: add --channels Y to keep chroma as it is")
        self._recipe = replace(recipe, channels=())
        self._centered = scale_cval(recipe.pipeline, 0)

    def __call__(self, plane: Plane, maxval: int) -> Array:
        if self.keeps_constants:
            return filter_samples(self._recipe, plane, maxval, "clip")
        middle = (maxval + 1) // 2
        if not self.keeps_signs:
            down, across = self._recipe.pipeline.stride
            return np.full_like(plane.samples[::down, ::across], middle)
        scale = np.float32(1 / (maxval + 1))  # white is 1, as everywhere in floats
        centered = (plane.samples.astype(np.float32) - middle) * scale
        values, _ = self._centered.run(centered, centered, None, np.dtype(np.float32), workers=1)
        samples = np.rint((values - np.float32(self._bias)) / scale + middle)
        result: Array = np.clip(samples, 0, maxval).astype(plane.samples.dtype)
        return result

    @cached_property
    def keeps_constants(self) -> bool:
        """Whether a constant that is added before is added to the result."""
        patch, pipeline = _patch(), self._recipe.pipeline
        gray = np.full_like(patch, 0.5)
        return not self._makes_magnitude and _equal(_respond(pipeline, gray), 0.5) and _equal(
            _respond(pipeline, patch + 0.25), _respond(pipeline, patch) + 0.25)

    @cached_property
    def keeps_signs(self) -> bool:
        """Whether the result, apart from a bias, changes its sign with the samples."""
        patch = _patch() - 0.4
        return not self._makes_magnitude and _equal(
            _respond(self._centered, -patch) - self._bias, self._bias - _respond(self._centered, patch))

    @cached_property
    def _bias(self) -> float:
        """The response to samples of 0."""
        return float(_respond(self._centered, np.zeros((SIDE, SIDE))).mean())

    @property
    def _makes_magnitude(self) -> bool:
        return any(one.declaration.makes_sign and not one.signed for one in self._recipe.pipeline)


def _patch() -> Array:
    return np.random.default_rng(5).uniform(0.05, 0.75, (SIDE, SIDE))


def _respond(pipeline: Pipeline, patch: Array) -> Array:
    """Return the response to a patch, without the mask of a photo's size."""
    return pipeline.without_masks().run(patch, patch, None, np.dtype(np.float64), workers=1)[0]


def _equal(one: Array, other: Array | float) -> bool:
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-5))
