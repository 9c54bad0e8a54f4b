"""Deconvolution of one plane: Richardson-Lucy, and Wiener's filter as least squares by conjugate gradients.

Both see only the pixels that count: weights W say how much each observed pixel does. What lies beyond the border, and
where weights are 0, is part of the unknown image.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.layout import iterate_strips
from ..runtime.threads import for_each
from .blur_operator import BlurOperator
from .channelwise import KernelSet, filter_channelwise

CONVERGED = 1e-3  # of the first residual, at which conjugate gradients end
FAINT = 1e-12  # sum of weights that see a pixel, below which it is rounding of transforms
DARK = float(np.finfo(np.float64).eps)  # of the brightest sample, below which a blurred one is rounding of transforms
LEAST_PENALTY = 1e-6  # of differences, which keeps the equations solvable in float32
MOST_PENALTY = 1e6  # nothing but the mean of the surroundings is left
SMOOTHNESS = 2.0  # as the differences of photos have a little less in high frequencies than a flat spectrum


class Observation(NamedTuple):
    """What was observed: samples (rows, columns) of floats, 0 where weights are 0; weights from 0 to 1; None: all 1."""

    samples: Array
    weights: Array | None = None

    def mean(self) -> float:
        """Return the mean of the samples, NaN if none counts."""
        if self.weights is None:
            return float(self.samples.mean(dtype=np.float64))
        total = float(self.weights.sum(dtype=np.float64))
        return _dot(self.samples, self.weights) / total if total > 0 else np.nan

    def weighted(self) -> Array:
        """Return W y."""
        return self.samples if self.weights is None else self.samples * self.weights


class Sight(NamedTuple):
    """What the observed pixels see of x: reciprocal is 1 / H' W 1, and 0 where no pixel that counts sees x."""

    reciprocal: Array
    unseen: Array

    @classmethod
    def of(cls, operator: BlurOperator, observed: Observation) -> Sight:
        """Find which pixels of x the observed ones depend on, and how much."""
        seen = operator.adjoint(np.ones_like(observed.samples) if observed.weights is None else observed.weights)
        unseen = ~(np.abs(seen) > FAINT)
        reciprocal = np.zeros(operator.domain, seen.dtype)
        np.divide(1, seen, out=reciprocal, where=~unseen)
        return cls(reciprocal, unseen)


def richardson_lucy(operator: BlurOperator, observed: Observation, iterations: int) -> Array:
    """Return the non-negative x after so many iterations x <- x / (H' W 1) H'(W y / H x), from a constant x."""
    reciprocal, unseen = Sight.of(operator, observed)
    samples, mean = observed.weighted(), observed.mean()
    ratio, estimate = np.empty_like(samples), np.full(operator.domain, mean, samples.dtype)

    def divide(rows: slice) -> None:
        blurred = ratio[rows]
        np.maximum(blurred, DARK, out=blurred)
        np.divide(samples[rows], blurred, out=blurred)

    for _ in range(iterations):
        operator.apply(estimate, ratio)
        _in_strips(divide, ratio, operator.workers)
        back = operator.adjoint(ratio)

        def multiply(rows: slice, back: Array = back) -> None:
            part = estimate[rows]
            part *= np.maximum(back[rows], 0)  # transforms may round 0 to less
            part *= reciprocal[rows]

        _in_strips(multiply, estimate, operator.workers)
    estimate[unseen] = mean
    return operator.crop(estimate)


def wiener(operator: BlurOperator, observed: Observation, noise: float | None, iterations: int) -> Array:
    """Return the x of least |W^(1/2) (H x - y)|^2 + p |D x|^2, with the differences D of neighbors.

    noise: standard deviation in the units of the samples; None: estimated.
    """
    penalty = find_penalty(operator, observed, noise)
    estimate = _first_estimate(operator, observed)
    blurred, roughness = np.empty_like(observed.samples), np.empty_like(estimate)

    def weigh(values: Array) -> Array:
        if observed.weights is not None:
            values *= observed.weights
        return values

    np.subtract(observed.samples, operator.apply(estimate, blurred), out=blurred)
    residual = operator.adjoint(weigh(blurred)).copy()
    _add_scaled(residual, -penalty, operator.smooth(estimate, roughness), operator.workers)
    direction, energy = residual.copy(), _dot(residual, residual)
    enough = CONVERGED ** 2 * energy
    for _ in range(iterations):
        if not energy > enough:
            break
        product = operator.adjoint(weigh(operator.apply(direction, blurred, linear=True)))
        _add_scaled(product, penalty, operator.smooth(direction, roughness), operator.workers)
        step = energy / _dot(direction, product)
        _add_scaled(estimate, step, direction, operator.workers)
        _add_scaled(residual, -step, product, operator.workers)
        energy, last = _dot(residual, residual), energy
        direction *= direction.dtype.type(energy / last)
        direction += residual
    return operator.crop(estimate)


def _first_estimate(operator: BlurOperator, observed: Observation) -> Array:
    """Return the observed image, continued by means of what is near where nothing was observed."""
    reciprocal, unseen = Sight.of(operator, observed)
    estimate = operator.adjoint(observed.weighted()) * reciprocal
    estimate[unseen] = observed.mean()
    np.clip(estimate, observed.samples.min(), observed.samples.max(), out=estimate)  # weights may nearly cancel
    counted: Any = True if observed.weights is None else observed.weights > 0
    np.copyto(operator.crop(estimate), observed.samples, where=counted)
    return estimate


def find_penalty(operator: BlurOperator, observed: Observation, noise: float | None) -> float:
    """Return the weight p of differences: the variance of the noise over that of the sharp image's differences.

    These have a flat spectrum in photos, c. Blurred, its mean is c sum(kernel^2), to which noise adds 4 of its
    variances: two for the differences down, two for those across.
    """
    deviation = estimate_noise(observed, operator.workers) if noise is None else noise
    variance = deviation * deviation  # may be infinite
    total = sum(_mean_square_difference(observed, axis) for axis in (0, 1))
    sharp = max(total - 4 * variance, total / 20) / operator.power
    return min(max(SMOOTHNESS * variance / sharp, LEAST_PENALTY), MOST_PENALTY) if sharp > 0 else LEAST_PENALTY


def estimate_noise(observed: Observation, workers: int | None = None) -> float:
    """Return the standard deviation of white noise in a blurred image, by its responses to Immerkaer's mask.

    Their mean square rather than the median: the noise of JPEG files lies where there is detail. Detail that counts as
    noise makes the result smoother, which does less harm than noise that counts as detail.
    """
    samples, weights = observed
    if min(samples.shape) < 3:
        return 0.0
    response: Any = filter_channelwise(samples, SECOND_DIFFERENCES, padding="valid", channel_axis=None, workers=workers)
    count = response.size
    if weights is not None:
        missing: Any = filter_channelwise(
            (weights <= 0).astype(np.uint8), WINDOW, padding="valid", channel_axis=None, workers=workers)
        response *= missing == 0
        count -= np.count_nonzero(missing)
    return math.sqrt(_dot(response, response) / max(count, 1)) / 6


def _mean_square_difference(observed: Observation, axis: int) -> float:
    samples, weights = observed
    differences = np.diff(samples, axis=axis)
    count = differences.size
    if weights is not None:
        counted = weights > 0
        pairs = (counted[1:] & counted[:-1]) if axis == 0 else (counted[:, 1:] & counted[:, :-1])
        differences *= pairs
        count = int(pairs.sum())
    return _dot(differences, differences) / max(count, 1)


def _dot(a: Array, b: Array) -> float:
    """Return the sum of products in double, strip by strip: the same for any number of threads."""
    return sum(float(np.multiply(a[rows], b[rows], dtype=np.float64).sum()) for rows in iterate_strips(a.shape))


def _add_scaled(target: Array, factor: float, values: Array, workers: int | None) -> None:
    scale = values.dtype.type(factor)

    def add(rows: slice) -> None:
        part = target[rows]
        part += scale * values[rows]

    _in_strips(add, target, workers)


def _in_strips(function: Callable[[slice], None], array: Array, workers: int | None) -> None:
    for_each(function, iterate_strips(array.shape), workers)


SECOND_DIFFERENCES = KernelSet.from_kernel(np.array([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]]), flip=False)
WINDOW = KernelSet.from_kernel(np.ones((3, 3)), flip=False)
