"""Design of broad blurs on a coarse grid, and a bound of their error.

A broad bell keeps no detail, so it need not be computed for every pixel. Along an axis, with a step of D pixels:

1. decimate: a narrow Gaussian, computed for every D-th pixel only;
2. blur these samples with a kernel that is fitted to the whole;
3. interpolate: a Gaussian over the NEIGHBORS nearest samples, with weights for each of the D phases of a result.

Together they are one kernel for each phase. Its difference from the kernel that was asked for bounds the error for any
image. R. E. Crochiere and L. R. Rabiner, "Multirate Digital Signal Processing", 1983.
"""
from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..weights.elementary import exponential

Array = np.ndarray[Any, Any]

NEIGHBORS = 8  # as in engine.pxd
STEP = 0.36  # of the kernel's standard deviation: a longer step errs by more
LEAST_STEP, MOST_STEP = 3, 8  # the rows that are decimated together stay in the second-level cache
BROAD, BROAD_STEP = 100.0, 16  # from this deviation on, the samples of a shorter step would take longer to blur
DEVIATION = 0.85  # of both Gaussians, in steps: narrower ones let through what the grid cannot hold
RADIUS = 4.5  # of the first, in standard deviations
MOST_TAPS = 2**14  # along an axis


class CoarseAxis(NamedTuple):
    """How a kernel is computed along one axis.

    step: pixels from one sample of the grid to the next. Each lies in the middle of as many pixels, so the grid of a
    reflected image is a reflected grid, if the step divides its length. narrow, middle: taps that decimate and blur.
    phases: weights (step, NEIGHBORS) that interpolate. radius: of the kernel. error: sum of |w - v| over all pixels,
    for the weights w of the kernel and v of its worst phase. total: the largest sum of |v| or |w|.
    """

    step: int
    narrow: Array
    middle: Array
    phases: Array
    radius: int
    error: float
    total: float

    @property
    def offset(self) -> int:
        """How many pixels lie before the middle of the first sample's D pixels: a result there is in phase 0."""
        return self.step // 2

    @property
    def beyond(self) -> int:
        """How many pixels a result reads beyond its kernel, on either side."""
        coarse = len(self.middle) // 2 + NEIGHBORS // 2
        return max(coarse * self.step + len(self.narrow) // 2 - self.radius, 0)


@lru_cache(maxsize=64)
def longest_step(weights: bytes) -> int:
    """Return the longest step for float64 weights along an axis; 0 for those that are no broad symmetric bell."""
    taps = np.frombuffer(weights)
    radius, total = len(taps) // 2, float(taps.sum())
    if len(taps) % 2 == 0 or len(taps) > MOST_TAPS or not 1e-30 < total < 1e30:
        return 0
    if taps.min() < 0 or not (taps == taps[::-1]).all():
        return 0
    deviation = math.sqrt(float((taps * np.arange(-radius, radius + 1.0) ** 2).sum()) / total)
    step = min(int(STEP * deviation), MOST_STEP if deviation < BROAD else BROAD_STEP)
    return step if step >= LEAST_STEP else 0


@lru_cache(maxsize=64)
def design_axis(weights: bytes, step: int) -> CoarseAxis:
    """Return how float64 weights along an axis are computed, with a step that is short enough.

    NumPy does nothing here but element-wise arithmetic and sums, so the weights are the same on every processor.
    """
    taps = np.frombuffer(weights)
    radius, total = len(taps) // 2, float(taps.sum())
    reach, half = int(RADIUS * DEVIATION * step + 0.5), 0.5 * (step % 2 == 0)  # between two pixels
    narrow = _normalized_bell(np.arange(half - reach, reach + 1.0 - half) / step)
    nearest = np.arange(NEIGHBORS) - (NEIGHBORS // 2 - 1.0)
    phases = _normalized_bell((np.arange(step)[:, None] + half) / step - nearest)
    outer = _join_outer(narrow, phases)
    middle = _fit_middle(taps / total, outer, -(-radius // step) + 1) * total
    joined = _join_middle(outer, middle)
    totals = np.abs(joined).sum(axis=1)
    center = joined.shape[1] // 2
    joined[:, center - radius:center + radius + 1] -= taps
    error = float(np.abs(joined).sum(axis=1).max())
    return CoarseAxis(step, narrow, middle, phases, radius, error, max(float(totals.max()), total))


def _normalized_bell(steps: Array) -> Array:
    """Return Gaussian weights at distances in steps, scaled to sum 1 along the last axis."""
    bell: Array = exponential(-0.5 * (steps / DEVIATION) ** 2)
    bell /= bell.sum(axis=-1, keepdims=True)
    return bell


def _join_outer(narrow: Array, phases: Array) -> Array:
    """Return for each phase the kernel of decimation and interpolation, whose middle is the result's own place."""
    step, reach = len(phases), len(narrow) // 2
    middle = NEIGHBORS // 2 * step + reach
    outer = np.zeros((step, 2 * middle + 1))
    for p in range(step):
        for m in range(NEIGHBORS):
            start = middle + (m - NEIGHBORS // 2 + 1) * step - p - reach
            outer[p, start:start + len(narrow)] += phases[p, m] * narrow
    return outer


def _join_middle(outer: Array, middle: Array) -> Array:
    """Return for each phase the kernel of all three together."""
    step, width = outer.shape
    joined = np.zeros((step, width + (len(middle) - 1) * step))
    for j, weight in enumerate(middle):
        joined[:, j * step:j * step + width] += weight * outer
    return joined


def _fit_middle(taps: Array, outer: Array, reach: int) -> Array:
    """Return the symmetric kernel of sum 1, 2 reach + 1 samples long, which comes nearest to the taps.

    It is the solution of a least-squares problem over all phases, by the normal equations: overlaps of the outer
    kernels with each other, whole steps apart, and with the taps.
    """
    step, width = outer.shape
    overlaps = np.zeros(2 * reach + 1)
    for d in range(min(len(overlaps), -(-width // step))):
        overlaps[d] = (outer[:, d * step:] * outer[:, :width - d * step]).sum()
    padded = np.zeros(width + 2 * reach * step)
    center = len(padded) // 2
    padded[center - len(taps) // 2:center + len(taps) // 2 + 1] = taps
    summed = outer.sum(axis=0)
    products = np.array([(summed * padded[j * step:j * step + width]).sum() for j in range(2 * reach + 1)])
    products = products[reach:] + products[reach::-1]
    near, far = np.arange(reach + 1)[:, None], np.arange(reach + 1)
    matrix = 2 * (overlaps[np.abs(near - far)] + overlaps[near + far])
    # The tap in the middle counts once: half of what the sum of both sides gives.
    matrix[0] /= 2
    matrix[:, 0] /= 2
    products[0] /= 2
    counts = np.full(reach + 1, 2.0)
    counts[0] = 1.0
    free, constant = _solve(matrix, np.stack([products, counts], axis=1)).T
    half = free + constant * ((1 - (counts * free).sum()) / (counts * constant).sum())
    return np.concatenate([half[:0:-1], half])


def _solve(matrix: Array, sides: Array) -> Array:
    """Return the solutions (n, k) of n equations whose matrix is positive definite, by elimination."""
    matrix, sides = matrix.copy(), sides.copy()
    for k in range(len(matrix)):
        factors = matrix[k + 1:, k] / matrix[k, k]
        matrix[k + 1:] -= factors[:, None] * matrix[k]
        sides[k + 1:] -= factors[:, None] * sides[k]
    for k in reversed(range(len(matrix))):
        sides[k] /= matrix[k, k]
        sides[:k] -= matrix[:k, k, None] * sides[k]
    return sides
