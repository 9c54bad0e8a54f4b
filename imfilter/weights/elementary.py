"""Exponential, cosine, sine and angles with the same bits on every processor: plain arithmetic, each step rounded once.

Those of NumPy and of C libraries differ in the last bit from one instruction set to another. Errors are below one
unit in the last place of results of size 1.
"""
from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# log 2 and pi / 2 in parts: all but the last have so few bits that their products with the whole numbers are exact.
LOG_2 = float.fromhex("0x1.62e42fefap-1"), float.fromhex("0x1.cf79abc9e3b3ap-40")
QUARTER = float.fromhex("0x1.921fb5p+0"), float.fromhex("0x1.110b46p-26"), float.fromhex("0x1.1a62633145c07p-54")
DEGREES = 57.29577951308232  # of one radian
TURNED = np.array([  # angles in degrees whose tangents are 0, 1/8, 2/8, ..., 1
    0.0, 7.125016348901798, 14.036243467926479, 20.556045219583464, 26.56505117707799, 32.005383208083494,
    36.86989764584402, 41.18592516570965, 45.0])
LEAST = -800.0  # exponents below give 0


def exponential(exponents: Array) -> Array:
    """Return e to the power of numbers of at most 700."""
    exponents = np.maximum(exponents, LEAST)
    whole = np.rint(exponents / math.log(2))
    high, low = exponents - whole * LOG_2[0], whole * LOG_2[1]
    rest = high - low
    lost = (high - rest) - low
    power: Array = np.ldexp(1 + (rest + (lost + rest * rest * _series(rest, range(2, 16)))), whole.astype(np.int32))
    return power


def cosine_and_sine_of(angles: Array) -> tuple[Array, Array]:
    """Return the cosines and sines of angles in radians, of at most 2**26 quarter turns."""
    quarters = np.rint(angles / (math.pi / 2))
    rest = ((angles - quarters * QUARTER[0]) - quarters * QUARTER[1]) - quarters * QUARTER[2]
    square = rest * rest
    cosine = 1 - square * (0.5 - square * _series(-square, range(4, 22, 2)))
    sine = rest - rest * square * _series(-square, range(3, 23, 2))
    turned = quarters % 4
    odd = turned % 2 == 1
    cosines, sines = np.where(odd, sine, cosine), np.where(odd, cosine, sine)
    return np.where((turned == 1) | (turned == 2), -cosines, cosines), np.where(turned >= 2, -sines, sines)


def _series(x: Array, factorials: range) -> Array:
    """Return 1 / a! + x / b! + x^2 / c! + ..., where a, b, c, ... are the factorials."""
    total = np.zeros_like(x)
    for n in reversed(factorials):
        total = total * x + 1 / math.factorial(n)
    return total


def degrees_of(up: Array, right: Array) -> Array:
    """Return the angles of vectors in degrees, counter-clockwise from the right, above -180 and up to 180; 0 of (0, 0).

    The tangent is that of the nearest of nine known angles, and a rest whose series has few terms.
    """
    high, wide = np.abs(up), np.abs(right)  # arrays are used again: to allocate many takes longer than to compute
    steep, tangent = high > wide, np.minimum(high, wide)
    np.maximum(high, wide, out=high)
    tangent /= np.maximum(high, np.finfo(high.dtype).tiny, out=high)
    nearest = np.rint(np.multiply(tangent, 8, out=high), out=high)
    angle: Array = TURNED.take(nearest.astype(np.int8), mode="clip")
    nearest /= 8
    rest = np.subtract(tangent, nearest, out=wide)
    tangent *= nearest
    rest /= np.add(tangent, 1, out=tangent)
    square, total = np.multiply(rest, rest, out=tangent), nearest
    total.fill(0)
    for n in range(13, 1, -2):
        np.subtract(1 / n, np.multiply(total, square, out=total), out=total)
    total *= square
    rest -= np.multiply(total, rest, out=total)
    rest *= DEGREES
    angle += rest
    np.abs(np.subtract(np.multiply(steep, 90.0, out=rest), angle, out=angle), out=angle)
    np.abs(np.subtract(np.multiply(right < 0, 180.0, out=rest), angle, out=angle), out=angle)
    return np.copysign(angle, np.add(up, 0.0, out=rest), out=angle)
