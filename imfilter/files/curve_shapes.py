"""The shapes of the transfer curves that files name: powers, powers with a straight start, and tables."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.transfer_curves import Curve, TransferCurve

STEPS = 2**14  # intervals of the table that inverts a curve without a formula


@dataclass(frozen=True)
class PowerCurve:
    """light = sample ** exponent. It can be pickled, as curves for the processes of a cluster must be."""

    exponent: float

    def __call__(self, values: Array) -> Array:
        result: Array = values ** values.dtype.type(self.exponent)
        return result


@dataclass(frozen=True)
class LinearSegmentCurve:
    """A power with a straight start: light = (a x + b)^g + e from x = d on, and c x + f below, as ICC defines it."""

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def __call__(self, values: Array) -> Array:
        base = np.maximum(self.a * values + self.b, 0)
        result: Array = np.where(values >= self.d, base ** self.g + self.e, self.c * values + self.f)
        return result.astype(values.dtype, copy=False)


@dataclass(frozen=True)
class InverseSegmentCurve:
    """The inverse of a LinearSegmentCurve."""

    curve: LinearSegmentCurve

    def __call__(self, values: Array) -> Array:
        one = self.curve
        start = (one.a * one.d + one.b) ** one.g + one.e
        high = (np.maximum(values - one.e, 0) ** (1 / one.g) - one.b) / one.a
        low = (values - one.f) / one.c if one.c else np.full_like(values, one.d)
        result: Array = np.where(values >= start, high, np.maximum(low, 0))
        return result.astype(values.dtype, copy=False)


@dataclass(frozen=True, eq=False)
class TableCurve:
    """A curve through points, with straight lines between. Beyond 1 it continues with the slope of its last line."""

    inputs: Array
    outputs: Array

    def __call__(self, values: Array) -> Array:
        result: Array = np.interp(values, self.inputs, self.outputs)
        run = self.inputs[-1] - self.inputs[-2]
        slope = (self.outputs[-1] - self.outputs[-2]) / run if run > 0 else 0.0
        result += np.maximum(values - self.inputs[-1], 0) * slope
        return result.astype(values.dtype, copy=False)

    @cached_property
    def inverse(self) -> TableCurve:
        """The inverse; where the curve is flat, the first of its inputs."""
        outputs = np.maximum.accumulate(self.outputs)
        rising = np.concatenate([[True], np.diff(outputs) > 0])
        if rising.sum() < 2:
            return TableCurve(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        return TableCurve(outputs[rising], self.inputs[rising])


def power_curve(exponent: float, name: str) -> TransferCurve:
    """Return the curve light = sample ** exponent."""
    return TransferCurve(name, PowerCurve(exponent), PowerCurve(1 / exponent))


def segment_curve(name: str, g: float, **others: float) -> TransferCurve:
    """Return a curve of a power with a straight start."""
    curve = LinearSegmentCurve(g, **others)
    return TransferCurve(name, curve, InverseSegmentCurve(curve))


def table_curve(outputs: Any, name: str) -> TransferCurve:
    """Return the curve of equidistant samples of light."""
    table = TableCurve(np.linspace(0, 1, len(outputs)), np.asarray(outputs, np.float64))
    return TransferCurve(name, table, table.inverse)


def tabulate(decode: Curve, name: str) -> TransferCurve:
    """Return the curve of a function without a convenient inverse, by a fine table."""
    return table_curve(decode(np.linspace(0, 1, STEPS + 1)), name)


# ITU-R BT.709-6 (2015) solved for light.
BT709 = segment_curve("BT.709", 1 / 0.45, a=1 / 1.099, b=0.099 / 1.099, c=1 / 4.5, d=0.081)
LINEAR = power_curve(1.0, "linear")
ADOBE_RGB = power_curve(563 / 256, "Adobe RGB")
