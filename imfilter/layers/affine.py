"""A factor and an offset for each channel, such as batch normalization with fixed statistics, and their folding."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..errors import ImfilterError, check_finite


class Affine(NamedTuple):
    """result[..., c] = factor[c] image[..., c] + offset[c], in float64."""

    factor: Array
    offset: Array

    @classmethod
    def from_statistics(
        cls, mean: Any, variance: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5,
    ) -> Affine:
        """Return (x - mean) / sqrt(variance + eps) * weight + bias, with arrays of a value for each channel."""
        eps = check_finite("eps", eps)
        channels = np.shape(mean)
        given = {"mean": mean, "variance": variance, "weight": 1.0 if weight is None else weight,
                 "bias": 0.0 if bias is None else bias}
        values = {name: _as_double(value) for name, value in given.items()}
        for name, value in values.items():
            if value.shape not in ((), channels) or len(channels) != 1:
                raise ImfilterError(f"{name} must have one number for each channel, got the shape {value.shape}")
            if not np.isfinite(value).all():
                raise ImfilterError(f"{name} must be finite, got NaN or infinity in it")
        if (values["variance"] + eps <= 0).any():
            raise ImfilterError(f"variance + eps must be positive, got {values['variance'].min() + eps:g}")
        factor = values["weight"] / np.sqrt(values["variance"] + eps)
        return cls(factor, values["bias"] - values["mean"] * factor)

    @classmethod
    def from_arithmetic(cls, operator: str, value: Any, is_first: bool) -> Affine:
        """Return x + value, or with another operator; is_first: value + x.

        operator: 'add', 'sub', 'mul' or 'div'. value: a number, or one for each channel, (C, 1, 1) or (1, C, 1, 1).
        """
        array = _as_double(value)
        channels = array.shape[-3] if array.ndim >= 3 else 1
        if array.size != channels or array.ndim > 4:
            raise ImfilterError(f"a stored array must have one value for each channel, got the shape {array.shape}")
        array = array.reshape(-1 if channels > 1 else ())
        if operator == "div" and (is_first or not array.all()):
            raise ImfilterError("a division must be by stored numbers that are not 0")
        if not np.isfinite(array).all():
            raise ImfilterError("a stored array must be finite, got NaN or infinity in it")
        one, zero = np.ones_like(array), np.zeros_like(array)
        if operator in ("add", "sub"):
            return cls(-one if operator == "sub" and is_first else one,
                       -array if operator == "sub" and not is_first else array)
        return cls(array if operator == "mul" else 1 / array, zero)

    def equals(self, factor: float, offset: float) -> bool:
        """Return whether these are the numbers of all channels."""
        return bool((self.factor == factor).all() and (self.offset == offset).all())

    def after(self, first: Affine) -> Affine:
        """Return the two in one step: `first`, then this one."""
        return Affine(self.factor * first.factor, self.factor * first.offset + self.offset)

    def as_depthwise(self, channels: int) -> tuple[Array, Array]:
        """Return weight and bias, float32, of the convolution with a kernel of one tap for each channel."""
        factor, offset = (np.broadcast_to(values, (channels,)) for values in self)
        return _round(factor.reshape(-1, 1, 1, 1), np.float32), _round(offset, np.float32)

    def fold(
        self, weight: Array, bias: Array | None, groups: int, transposed: bool,
    ) -> tuple[Array, Array]:
        """Return weight and bias of a convolution with this after it, computed in float64 and rounded once."""
        outputs = weight.shape[1] * groups if transposed else weight.shape[0]
        if self.factor.shape not in ((), (outputs,)):
            raise ImfilterError(f"it must have a value for each of {outputs} channels, got {self.factor.size}")
        factor = np.broadcast_to(self.factor, (outputs,))
        dtype, wide = np.result_type(weight.dtype, np.float32), _as_double(weight)
        if transposed:  # (C_in, C_out / groups, kh, kw), the inputs in groups
            grouped = wide.reshape(groups, -1, *weight.shape[1:]) * factor.reshape(groups, 1, -1, 1, 1)
            folded = grouped.reshape(weight.shape)
        else:
            folded = wide * factor.reshape(-1, 1, 1, 1)
        offset = np.broadcast_to(self.offset, (outputs,)) if bias is None else (
            self.factor * _as_double(bias) + self.offset)
        return _round(folded, dtype), _round(offset, dtype)

    def fold_before(self, weight: Array, bias: Array | None, groups: int) -> tuple[Array, Array]:
        """Return weight and bias of a convolution with this before it: its padding must be 0, or the offset."""
        outputs, inputs, *_ = weight.shape
        if self.factor.shape not in ((), (inputs * groups,)):
            raise ImfilterError(f"it must have a value for each of {inputs * groups} channels, got {self.factor.size}")
        factor, offset = (np.broadcast_to(values, (inputs * groups,)).reshape(groups, 1, inputs, 1, 1)
                          for values in self)
        dtype, wide = np.result_type(weight.dtype, np.float32), _as_double(weight)
        grouped = wide.reshape(groups, outputs // groups, *weight.shape[1:])
        added = (grouped * offset).sum((2, 3, 4)).reshape(outputs)
        return (_round((grouped * factor).reshape(weight.shape), dtype),
                _round(added if bias is None else added + _as_double(bias), dtype))


def _as_double(values: Any) -> Array:
    with np.errstate(invalid="ignore"):  # of signaling NaNs, which the checks report as NaN
        return np.asarray(values, np.float64)


def _round(values: Array, dtype: Any) -> Array:
    """Round to a dtype. Values out of its range become infinite, which the check of the weights reports."""
    with np.errstate(over="ignore"):
        return values.astype(dtype)
