"""Restoration of an image: its channels one by one, checked, scaled to about 1, deconvolved, and rounded."""
from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays.dtypes import Array, result_dtype, round_to_dtype, to_native, working_dtype
from ..arrays.layout import iterate_strips
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError, check_pair
from ..runtime.threads import for_each, thread_count
from .blur_operator import BlurOperator
from .borders import IGNORE, Border, parse_border, parse_cval
from .checks import check_flag
from .deconvolution import Observation, richardson_lucy, wiener
from .normalized import Weights, check_weights
from .output import check_out
from .request import FilterOptions
from .restoration_request import RICHARDSON_LUCY, WIENER, Deconvolution


def restore_image(opened: OpenedImage, how: Deconvolution, options: FilterOptions) -> Array:
    """Return the restored pixels, in `out` if there is one. The options' mode may be IGNORE."""
    shape, layout, dtype = opened.pixels.shape, opened.layout, opened.dtype
    out: Array | None = options.out
    kind, exact = result_dtype(dtype, options.dtype), check_flag("exact", options.exact)
    border = None if options.mode == IGNORE else parse_border("mode", options.mode)
    cval = parse_cval(options.cval, border, dtype) if border is Border.CONSTANT else 0.0
    step, workers = check_pair("stride", options.stride, 1), thread_count(options.workers)
    weights = None if options.mask is None else check_weights(options.mask, shape, layout, 0.0)
    rows, columns = (-(-size // by) for size, by in zip(layout.size(shape), step, strict=True))
    result = layout.empty(layout.shape(shape, rows, columns), kind)
    if out is not None:
        check_out(out, result.shape, kind)
    images, targets = layout.images(to_native(opened.pixels)), layout.images(result)
    total = float(how.kernel.sum())
    _check_outside(cval, total, how.method)
    for plane, counted, _ in _planes(images, weights, targets):
        _check_plane(plane, counted, how.method)
    if result.size:
        operator = BlurOperator(
            how.kernel / total, layout.size(shape), border, working_dtype(dtype, kind), workers=workers, exact=exact)
        for plane, counted, target in _planes(images, weights, targets):
            _restore_plane(operator, plane, counted, how, (cval * total, total), target, step)
    if out is None:
        return result
    out[...] = result
    return out


def _planes(images: Array, weights: Weights | None, targets: Array) -> Iterator[tuple[Array, Array | None, Array]]:
    """Yield the planes (rows, columns) of images, their weights, and those of the result."""
    for n, c in np.ndindex(images.shape[0], images.shape[3]) if images.size else ():
        plane, target = images[n, :, :, c], targets[n, :, :, c]
        if weights is None:
            yield plane, None, target
        elif weights.mask is None:
            yield plane, None if plane.dtype.kind != "f" else ~np.isnan(plane), target
        else:
            mask = weights.mask
            yield plane, mask[n if mask.shape[0] > 1 else 0, :, :, c if mask.shape[3] > 1 else 0], target


def _check_outside(cval: float, total: float, method: str) -> None:
    """Reject samples beyond a constant border that no blur gives, or that a kernel of this sum makes infinite."""
    _check_value("cval", cval, method)
    _check_value("cval times the sum of the kernel", cval * total, method)


def _check_plane(plane: Array, counted: Array | None, method: str) -> None:
    """Reject samples that count but that no blur gives."""
    if plane.dtype.kind not in "fi" or (plane.dtype.kind == "i" and method == WIENER):
        return
    where: Any = True if counted is None else counted > 0
    for value in (plane.min(where=where, initial=0), plane.max(where=where, initial=0)):
        _check_value("image", float(value), method)


def _check_value(name: str, value: float, method: str) -> None:
    if not math.isfinite(value):
        hint = ": mask='nan' fills NaN in" if math.isnan(value) and name == "image" else ""
        raise ImfilterError(f"{name} must be finite where it counts, got {value}", hint)
    if value < 0 and method == RICHARDSON_LUCY:
        raise ImfilterError(f"{name} must not be negative for method {method!r}, got {value:g}: use method {WIENER!r}")


def _restore_plane(
    operator: BlurOperator, plane: Array, counted: Array | None, how: Deconvolution, brightness: tuple[float, float],
    target: Array, step: tuple[int, int],
) -> None:
    """Write the restored plane into the target.

    brightness: samples beyond a constant border, times the sum of the kernel, and this sum.
    """
    beyond, total = brightness
    observed, exponent = _observe(plane, counted, operator.dtype, abs(beyond))
    operator.cval = math.ldexp(beyond, -exponent)
    if math.isnan(observed.mean()):
        target[...] = round_to_dtype(np.full(target.shape, np.nan, operator.dtype), target.dtype)
        return
    if how.method == RICHARDSON_LUCY:
        values = richardson_lucy(operator, observed, how.iterations)
    else:
        with np.errstate(over="ignore"):
            noise = None if how.noise is None else float(np.ldexp(how.noise, -exponent))
        values = wiener(operator, observed, noise, how.iterations)
    values = values[::step[0], ::step[1]]
    mantissa, power = math.frexp(total)  # the sum itself may be beyond float32

    def finish(rows: slice) -> None:
        with np.errstate(over="ignore"):
            scaled = np.ldexp(values[rows], exponent - power) / operator.dtype.type(mantissa)
            target[rows] = round_to_dtype(scaled, target.dtype)

    for_each(finish, iterate_strips(values.shape), operator.workers)


def _observe(plane: Array, counted: Array | None, dtype: np.dtype[Any], beyond: float) -> tuple[Observation, int]:
    """Return a plane divided by 2^exponent, so that its samples are about 1 at most, with weights up to 1.

    beyond: the size of the samples outside the plane.
    """
    samples, weights = plane.astype(dtype, order="C"), None
    if counted is not None:
        largest = float(counted.max())
        if largest != float(counted.min()) or not largest:
            weights = counted.astype(dtype, order="C")
            weights /= largest or 1
            samples[weights == 0] = 0
    exponent = math.frexp(max(float(samples.max()), -float(samples.min()), beyond))[1]
    np.ldexp(samples, -exponent, out=samples)
    return Observation(samples, weights), exponent
