"""Filter samples of any depth with a recipe: each is rounded once, and white is that of the depth."""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays.alpha import merge_alpha, split_alpha
from ..arrays.dtypes import Array
from ..errors import ImfilterError
from ..filters.signed_samples import SIGNED, white_factor
from ..pipeline.chain import Pipeline
from ..pipeline.recipe import Recipe
from .frame import Plane

FULL = {255: np.dtype("u1"), 65535: np.dtype("u2")}  # largest samples whose dtype has no room for more


def filter_samples(recipe: Recipe, plane: Plane, maxval: int, signed: str) -> Array:
    """Return the filtered samples of a plane, in the dtype of the plane. signed: a key of SIGNED.

    Called for several frames at once, so each is filtered on one thread.
    """
    if not recipe.channels or (len(plane.names) == 1 and plane.names[0] in ("Y", *recipe.channels)):
        return _filter_scaled(recipe, plane.samples, plane.names[-1] == "A", maxval, signed)
    chosen = _channel_indices(recipe, plane)
    values = _filter_scaled(recipe, plane.samples[..., chosen], False, maxval, signed)
    return recipe.replace_channels(plane.samples, chosen, values)


def _channel_indices(recipe: Recipe, plane: Plane) -> list[int]:
    missing = [name for name in recipe.channels if name not in plane.names]
    if missing:
        raise ImfilterError(f"has no channel {missing[0]}, only {', '.join(plane.names)}")
    return [plane.names.index(name) for name in recipe.channels]


def _filter_scaled(recipe: Recipe, samples: Array, alpha: bool, maxval: int, signed: str) -> Array:
    """Filter samples up to maxval. Those with room above are filtered as a share of maxval + 1, white being 1.

    Where maxval + 1 is a power of two, that is exact: they are scaled to uint16, and back.
    """
    if FULL.get(maxval) == samples.dtype.newbyteorder("="):
        return _filter_full(recipe, samples, alpha, signed)
    exact = 65536 % (maxval + 1) == 0
    scale = 65536 // (maxval + 1) if exact else 1 / (maxval + 1)
    scaled = samples.astype(np.uint16 if exact else np.float32) * np.array(scale, np.uint16 if exact else np.float32)
    pipeline = scale_cval(recipe.pipeline, scale)
    values, opacity = _run(pipeline, scaled, alpha, np.dtype(np.float32))
    mapped = signed != "clip" and pipeline.below_zero
    value = pipeline.full_scale
    values = values * np.float32(
        1 / scale if value is None else white_factor(value, maxval, signed if mapped else "clip"))
    if mapped:
        values = SIGNED[signed](values, (maxval + 1) / 2, (maxval - 1) / 2, float(np.abs(values).max(initial=0)))
    if opacity is not None:
        values = merge_alpha(values, opacity / np.float32(scale))
    return np.clip(np.rint(values), 0, maxval).astype(samples.dtype.newbyteorder("="))


def _filter_full(recipe: Recipe, samples: Array, alpha: bool, signed: str) -> Array:
    """Filter samples that use their whole dtype, exactly as those of a photo."""
    values, opacity = _run(recipe.pipeline, samples, alpha, recipe.computing_dtype(samples.dtype, signed))
    values = recipe.to_samples(values, samples.dtype, signed, workers=1)
    return values if opacity is None else merge_alpha(values, opacity)


def _run(pipeline: Pipeline, samples: Array, alpha: bool, dtype: np.dtype[np.generic]) -> tuple[Array, Array | None]:
    colors, opacity = split_alpha(samples) if alpha else (samples, None)
    return pipeline.run(colors, colors, opacity, dtype, workers=1)


def scale_cval(pipeline: Pipeline, scale: float) -> Pipeline:
    """Return the pipeline with the value beyond the border multiplied."""
    return Pipeline(*[
        replace(one, keywords={**one.keywords, "cval": one.keywords["cval"] * scale})
        if "cval" in one.keywords else one for one in pipeline])
