"""Check kernels, banks and biases, and turn them into contiguous float64."""
from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.layout import ArrayLayout
from ..errors import DtypeError, ImfilterError
from . import _core

SHAPES = {2: "(kh, kw)", 3: "(n, kh, kw) with select", 4: "(C_out, C_in / groups, kh, kw)"}


def check_kernel(values: Any, name: str, ndim: int) -> Array:
    """Return a kernel (2 dimensions), several (3) or a bank (4) as contiguous float64, checked."""
    return _check_finite(_to_float64(_check_shape(values, name, ndim, SHAPES[ndim])), name)


def check_transposed_weights(values: Any) -> Array:
    """Return weights of a transposed convolution, checked: of float32 as they are, because they are taken apart."""
    given = _check_shape(values, "weight", 4, "(C_in, C_out / groups, kh, kw)")
    if given.dtype != np.float32 or not np.isfinite(given).all():
        return _check_finite(_to_float64(given), "weight")
    return given


def check_bias(values: Any, outputs: int) -> Array | None:
    """Return the bias of a bank as float64, checked."""
    if values is None:
        return None
    given = _check_real_numbers(values, "bias")
    if given.shape != (outputs,):
        raise ImfilterError(
            f"bias must have one number for each of the {outputs} output channels, got shape {given.shape}")
    return _check_finite(np.array(_to_float64(given)), "bias")


def check_bank_fits(weights: Array, groups: int, shape: tuple[int, ...], layout: ArrayLayout) -> None:
    """Reject a bank whose channels and groups do not match an image of this shape."""
    outputs, inputs = weights.shape[:2]
    channels = 1 if layout.channel_axis is None else shape[layout.channel_axis]
    if outputs % groups or channels % groups:
        raise ImfilterError(
            f"groups must divide the {channels} channels of the image and the {outputs} of the result, got {groups}")
    if inputs * groups != channels:
        raise ImfilterError(
            f"weight {weights.shape} with groups={groups} must meet an image of {inputs * groups} channels, "
            f"got {channels} in an image of shape {shape}: {layout.taken}")


def check_transposed_fits(weights: Array, groups: int, shape: tuple[int, ...], layout: ArrayLayout) -> None:
    """Reject weights of a transposed convolution whose channels and groups do not match an image of this shape."""
    channels = 1 if layout.channel_axis is None else shape[layout.channel_axis]
    if len(weights) != channels:
        raise ImfilterError(
            f"weight {weights.shape} must meet an image of {len(weights)} channels, "
            f"got {channels} in an image of shape {shape}: {layout.taken}")
    if channels % groups:
        raise ImfilterError(f"groups must divide the {channels} channels of the image, got {groups}")


def _check_shape(values: Any, name: str, ndim: int, shape: str) -> Array:
    given = _check_real_numbers(values, name)
    if given.ndim != ndim or 0 in given.shape:
        raise ImfilterError(f"{name} must have the shape {shape} and not be empty, got {given.shape}")
    return given


def _check_real_numbers(values: Any, name: str) -> Array:
    given = as_array(values, name)
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"{name} must hold real numbers, got dtype {given.dtype}")
    return given


def _to_float64(values: Array) -> Array:
    """Return contiguous float64 samples, without NumPy's warning of signaling NaNs: others are no warning either."""
    with np.errstate(invalid="ignore"):
        return np.ascontiguousarray(values, np.float64)


def _check_finite(values: Array, name: str) -> Array:
    if not _core.all_finite(values):
        raise ImfilterError(f"{name} must be finite, got NaN or infinity in it")
    return values


def check_flag(name: str, value: object) -> bool:
    """Return the value, which must be True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ImfilterError(f"{name} must be True or False, got {value!r}")
    return bool(value)
