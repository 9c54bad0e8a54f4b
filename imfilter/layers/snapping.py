"""How far learned weights may be off; which of them are 0 or equal within that; rounding them."""
from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from .fitting import Fit
from .learned_kernel import EXACT
from .least_squares import Solution
from .pattern import Pattern

# Weights learned from eight photos and seven kernels were off by up to 10 standard errors where the noise was that of
# rounding to bytes, which is not independent where a photo is flat. JPEG's noise belongs to blocks of 8 x 8 pixels of
# three channels: with a block as one sample, they were off by up to 11.
STANDARD_ERRORS = 12.0
BLOCK_SAMPLES = 8 * 8 * 3
WEIGHT_ROUNDING = 2.0**-22  # of weights in single precision, relative to the largest, with those of their sums
DEARER = 1.02  # ties may raise the residual to as much: the errors of JPEG's noise are an upper estimate
HALVINGS = 10  # of the errors, until the ties fit
CHANCE = 0.05  # of a number without meaning being as near to a fraction as simple
MOST_PARTS = 1000  # of the denominators that are tried


def measure_rounding(dtype: np.dtype[Any], scale: float) -> float:
    """Return the residual that is left by rounding to a dtype, for values of this root mean square.

    Of float64 it is that of the sums, whose differences have half of their digits.
    """
    if dtype.kind != "f":
        return math.sqrt(1 / 12)
    return scale * 2.0**(-11 if dtype.itemsize == 2 else -24)


def estimate_errors(solution: Solution, rounding: float) -> Array:
    """Return how far each parameter may be off."""
    return _spread_to_errors(solution.covariance.diagonal(), solution, rounding)


def _spread_to_errors(variances: Array, solution: Solution, rounding: float) -> Array:
    """Return the errors of parameters that have these variances for residuals of 1."""
    noise = max(solution.residual, rounding)
    if noise > EXACT * rounding:
        noise *= math.sqrt(BLOCK_SAMPLES)
    largest = np.abs(solution.parameters).max(initial=0.0)
    numeric = largest * (WEIGHT_ROUNDING + solution.condition * np.finfo(float).eps)
    errors: Array = STANDARD_ERRORS * noise * np.sqrt(np.maximum(variances, 0)) + numeric
    return errors


def find_pattern(fit: Fit, errors: Array, rounding: float) -> Pattern:
    """Return the pattern whose weights are 0 or equal, up to a sign, within the errors, as far as the images agree."""
    most = _limit_residual(fit, rounding)
    for halvings in range(HALVINGS):
        found = _tie_parameters(fit.pattern, fit.solution.parameters, errors / 2**halvings)
        if fit.solve(found).solution.residual <= most:
            return found
    return fit.pattern


def _limit_residual(fit: Fit, rounding: float) -> float:
    """Return the residual up to which a kernel of fewer parameters serves as well."""
    return DEARER * max(fit.solution.residual, rounding)


def _tie_parameters(pattern: Pattern, parameters: Array, errors: Array) -> Pattern:
    """Return the pattern with parameters within their errors fixed at 0, and those nearer than the errors tied."""
    sizes = np.abs(parameters)
    labels = np.zeros(len(parameters))
    group, start = 0, -1
    for k in np.argsort(sizes, kind="stable"):
        if sizes[k] <= errors[k]:
            continue
        if start < 0 or sizes[k] - sizes[start] > max(errors[k], errors[start]):
            group, start = group + 1, int(k)
        labels[k] = group * np.sign(parameters[k])
    return Pattern(np.append(labels, 0.0)[pattern.index] * pattern.signs)


def snap_parameters(fit: Fit, pattern: Pattern, rounding: float) -> tuple[Fit, Array]:
    """Return the fit of a pattern that was found, with simple fractions where they are within the errors, and those."""
    tied = fit.solve(pattern)
    rounded = _round_in_turn(tied.solution, rounding, _limit_residual(fit, rounding))
    return tied.solve(pattern, rounded), estimate_errors(tied.solution, rounding)


def _round_in_turn(solution: Solution, rounding: float, most: float) -> Array:
    """Return the parameters with those rounded that a residual of at most so much allows, the most certain first.

    Each one that is rounded leaves the others to be the best beside it, with smaller errors. Rounded all at once, they
    might sum to another brightness: a blur's weights are less certain one by one than their sum.
    """
    values, covariance = solution.parameters.copy(), solution.covariance.copy()
    mean_square = solution.residual**2
    for k in np.argsort(covariance.diagonal(), kind="stable"):
        variance = float(covariance[k, k])
        simple = _find_fraction(values[k], float(_spread_to_errors(covariance[k, k], solution, rounding)))
        if simple is None or variance <= 0:
            continue
        cost = (simple - values[k])**2 / (variance * solution.samples)
        if mean_square + cost <= most**2:
            mean_square += cost
            share = covariance[:, k] / variance
            values += (simple - values[k]) * share
            values[k] = simple
            covariance -= np.outer(share, covariance[k])
            covariance[k] = covariance[:, k] = 0  # no later change moves the value
    return values


def _find_fraction(value: float, error: float) -> float | None:
    """Return the simplest fraction within the error, if it is too simple to be there by chance."""
    bottom = 1
    while 2 * error * bottom**2 <= CHANCE and bottom <= MOST_PARTS:
        fraction = Fraction(round(value * bottom), bottom)
        if abs(fraction - Fraction(value)) <= error:
            return float(fraction)
        bottom += 1
    return None
