"""Filter pictures: their alpha, their inks, and results that become samples of the picture."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.alpha import merge_picture_alpha, split_picture_alpha
from ..arrays.conversion import has_alpha, picture_dtype, pixels_of, to_input_type
from ..arrays.dtypes import Array, round_to_dtype
from ..arrays.high_depth import HighDepthImage
from ..engine.output import check_out
from ..engine.request import FilterOptions
from .alpha import filter_beside_alpha
from .signed_samples import PictureSamples, choose_samples

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from .declaration import FilterDeclaration, PreparedFilter

FilterPixels = Callable[[Array, FilterOptions], Array]


def filter_picture(
    declaration: FilterDeclaration, prepared: PreparedFilter, picture: Picture, options: FilterOptions, signed: Any,
    filter_pixels: FilterPixels,
) -> Picture:
    """Filter a picture. signed: as in `choose_samples`. filter_pixels: filters its pixels with some options."""
    if isinstance(picture, HighDepthImage) and options.channel_axis == -1:
        options = options._replace(channel_axis=2)  # of any size
    samples = _choose_samples(prepared, picture, options, signed)
    if is_inks(picture) and samples.on_gray:
        light = light_of(picture)
        result = filter_picture(declaration, prepared, light, options._replace(out=None), signed, filter_pixels)
        return write_picture(inks_of(result), options.out)
    if has_alpha(picture):
        return filter_beside_alpha_of(declaration, prepared, picture, options, signed)
    prepared.operation.check_colors(picture)
    pixels = pixels_of(picture, options.channel_axis)
    result = to_input_type(picture, _show(samples, options, lambda chosen: filter_pixels(pixels, chosen)))
    return result  # type: ignore[no-any-return]


def filter_beside_alpha_of(
    declaration: FilterDeclaration, prepared: PreparedFilter, picture: Picture, options: FilterOptions, signed: Any
) -> Picture:
    """Filter a picture that has alpha. out receives the alpha too."""
    colors, alpha = split_picture_alpha(picture)
    assert alpha is not None
    weights = []

    def filter_colors(chosen: FilterOptions) -> Array:
        mixed, weight = filter_beside_alpha(
            declaration.function, declaration.weighs and prepared.operation.averages, colors, alpha,
            {**prepared.keywords, **chosen._asdict()}, observes=declaration.observes)
        weights.append(weight)
        return mixed

    samples = _choose_samples(prepared, picture, options, signed)
    mixed = _show(samples, options._replace(out=None), filter_colors)
    result = merge_picture_alpha(picture, mixed, round_to_dtype(weights[0], alpha.dtype))
    return write_picture(result, options.out)


def write_picture(picture: Picture, out: Array | None) -> Picture:
    """Return a picture, whose pixels `out` gets, if there is one."""
    if out is not None:
        pixels = np.asarray(picture)
        check_out(out, pixels.shape, pixels.dtype)
        out[...] = pixels
    return picture


def _choose_samples(
    prepared: PreparedFilter, picture: Picture, options: FilterOptions, signed: Any
) -> PictureSamples:
    operation = prepared.operation
    return choose_samples(picture_dtype(picture), options.dtype, signed, has_sign=operation.signed,
                          below_zero=operation.signed, white=operation.full_scale)


def _show(samples: PictureSamples, options: FilterOptions, compute: Callable[[FilterOptions], Array]) -> Array:
    """Return the pixels of a filtered picture. compute: filters them with some options."""
    if not samples.needs_floats:
        return compute(options.with_dtype(samples.target))
    shown = samples.convert(
        compute(options._replace(out=None).with_dtype(samples.computing_dtype)), options.workers)
    if options.out is None:
        return shown
    check_out(options.out, shown.shape, samples.target)
    options.out[...] = shown
    return shown


def is_inks(picture: Picture) -> bool:
    """Return whether the bands of a picture are inks."""
    return picture.mode.split()[0] == "CMYK"


def light_of(picture: Picture) -> Picture:
    """Return a CMYK picture as red, green and blue."""
    from ..arrays.inks import inks_to_light  # few pictures are CMYK

    return inks_to_light(picture)


def inks_of(picture: Picture) -> Picture:
    """Return a picture of red, green and blue as CMYK without black ink."""
    from ..arrays.inks import light_to_inks

    return light_to_inks(picture)
