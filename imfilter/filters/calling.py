"""What happens between the call of a filter and its operation: lazy arrays, masks, linear light, default dtypes."""
from __future__ import annotations

import math
import operator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.conversion import as_array, has_alpha, is_picture
from ..arrays.dispatch import call_lazy, is_lazy
from ..arrays.doubtful_axes import warn_about_axes
from ..arrays.dtypes import Array
from ..arrays.labeled import Grid
from ..arrays.layout import layout_of
from ..arrays.opened import array_like, open_image
from ..arrays.same_kind import call_with_pixels, is_foreign
from ..engine.grid import step_places
from ..engine.region import get_region
from ..engine.request import FilterOptions, look_up
from ..errors import ImfilterError, check_pair
from .declaration import LARGEST_PREPARED, is_plain, kind_of
from .linear_light import apply_in_linear_light, check_srgb, use_curves_of
from .pictures import filter_beside_alpha_of, filter_picture
from .sample_range import original_dtype
from .signed_samples import check_signed_for

if TYPE_CHECKING:
    from .declaration import FilterDeclaration, PreparedFilter
    from .operation import Operation, Prepared


# The options that decide what a call on an array without a mask computes.
LOOKED_UP = ("mode", "cval", "stride", "channel_axis", "dtype", "exact")
_looked_up = operator.attrgetter(*LOOKED_UP)


def call_filter(
    declaration: FilterDeclaration, image: Any, values: tuple[Any, ...], options: FilterOptions, signed: Any = None
) -> Any:
    """Filter an image. values: its own parameters, not checked yet; options: those of every filter.

    signed: how signed results of a picture become samples.
    """
    doubtful = not declaration.mixes and warn_about_axes(image, options.channel_axis)  # mixing needs a known number
    if type(image) is np.ndarray and options.mask is None and signed is None and get_region() is None:
        looked_up = _looked_up(options)
        ready = _find_ready(declaration, image, values, looked_up)
        if ready is not None:
            result = ready.run(image, options.out, options.workers)
            if ready.ready is not None and not doubtful:
                declaration.recent.keep((*values, *looked_up), ready.ready)
            return result
    prepared = declaration.prepare(*values)
    check_signed_for(image, signed)
    if type(image) is not np.ndarray and is_foreign(image):
        return call_with_pixels(
            lambda pixels, out: _filter_array(declaration, values, pixels, options._replace(out=out)),
            image, options.out, lambda shape: _find_grid(declaration, prepared.operation, shape, options))
    if options.mask is not None and not declaration.can_leave_out(prepared.operation):
        raise ImfilterError(
            f"mask must be None for {declaration.name}, got {type(options.mask).__name__}: only blurs, "
            "sharpening and ranks can leave pixels out")
    if type(image) is not np.ndarray and is_lazy(image):
        return call_lazy("filter", image, declaration.name, **options._asdict(), **prepared.keywords)
    if prepared.linear:
        check_srgb(image)
        with use_curves_of(image):
            return _filter_checked(declaration, prepared, image, options)
    if type(image) is not np.ndarray and is_picture(image):
        filter_pixels = partial(_filter_array, declaration, values)
        return filter_picture(declaration, prepared, image, options, signed, filter_pixels)
    return _filter_checked(declaration, prepared, image, options)


def _filter_array(
    declaration: FilterDeclaration, values: tuple[Any, ...], image: Any, options: FilterOptions
) -> Any:
    """Filter an array as the public function does."""
    result = declaration.recent.repeat(
        image, options.mask, options.out, options.workers, (*values, *_looked_up(options)))
    return result if result is not None else call_filter(declaration, image, values, options)


def _find_grid(
    declaration: FilterDeclaration, operation: Operation, shape: tuple[int, ...], options: FilterOptions
) -> Grid:
    """Return where results lie in an image of a shape."""
    step = operation.step_at(layout_of(shape, options.channel_axis).size(shape))
    stride = check_pair("stride", options.stride, 1)
    places = step_places([(one - 1) / 2 for one in step], [one * more for one, more in zip(step, stride, strict=True)])
    return Grid(options.channel_axis, places, keeps_channels=not declaration.mixes)


def _find_ready(
    declaration: FilterDeclaration, image: Array, values: tuple[Any, ...], options: tuple[Any, ...]
) -> Prepared | None:
    """Return the computation for arrays like this one if it needs no more than the array, else None."""
    _, cval, stride, *_ = options
    if isinstance(cval, float) and cval == 0 and math.copysign(1, cval) < 0:
        return None  # a look-up would take it for 0.0, but rank filters select it
    kinds = None  # of the items of tuples: (1, True) and (1, 1) are not the same
    for value in (stride, *values):
        if type(value) is tuple:
            kinds = tuple(map(kind_of, (stride, *values)))
            break
    key = declaration, image.shape, image.dtype, kinds, original_dtype(), *options, *values
    if not all(map(is_plain, values)):  # a table, which a look-up could not tell from another one
        return _prepare(*key)
    return look_up(_prepare_cached, *key)


def _prepare(
    declaration: FilterDeclaration, shape: tuple[int, ...], dtype: np.dtype[Any], kinds: Any, original: Any, mode: Any,
    cval: Any, stride: Any, channel_axis: int | None, wanted: Any, exact: Any, *values: Any,
) -> Prepared | None:
    """Prepare a filter; None where it needs more than the array.

    One look-up takes a fraction of the time of checking each argument of a small image.

    kinds: types that look-ups compare. original: the dtype of the image that a pipeline filters.
    """
    prepared = declaration.prepare(*values)
    operation = prepared.operation
    if prepared.linear or operation.size > LARGEST_PREPARED:
        return None
    if wanted is None:
        wanted = declaration.default_dtype(operation, dtype)
    options = FilterOptions(mode, cval, stride, None, channel_axis, wanted, None, None, exact)
    return operation.prepare(open_image(array_like(shape, dtype), channel_axis), options)


_prepare_cached = lru_cache(maxsize=256, typed=True)(_prepare)  # typed: a size of True or 1.0 is wrong, not 1


def _filter_checked(
    declaration: FilterDeclaration, prepared: PreparedFilter, image: Any, options: FilterOptions
) -> Any:
    """Filter an image that is not lazy, and is sRGB if it is to be decoded."""
    if type(image) is not np.ndarray and is_picture(image) and has_alpha(image):
        return filter_beside_alpha_of(declaration, prepared, image, options, None)
    operation = prepared.operation
    if options.dtype is None:
        options = options.with_dtype(declaration.default_dtype(operation, as_array(image).dtype))
    if prepared.linear:
        return apply_in_linear_light(operation, image, options)
    return operation.apply(image, options)
