"""Sum the normal equations of learning over the images, and solve them."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..engine import _core
from ..errors import ImfilterError
from ..runtime.threads import for_each
from .learning_problem import KnownKernel, Problem, tie_taps, weight_samples
from .pattern import Pattern

STRIP_SAMPLES = 2**17  # samples of a strip; strips do not depend on the number of workers, so neither do the sums
LONGEST = 2**28  # products in a call of the loops, some 50 ms
NEGLIGIBLE = 1e-14  # eigenvalues below this share of the largest, per parameter, count as 0


class Solution(NamedTuple):
    """What solves the normal equations, and how well.

    covariance: that of the parameters for residuals of 1 that are independent. residual: root mean square of what
    remains. scale: that of the second images, or of the sizes of the terms that make them up, if larger. explained:
    share of the variance of the second images. samples: how many were used.
    """

    parameters: Array
    biases: Array
    covariance: Array
    residual: float
    scale: float
    explained: float
    condition: float
    samples: int


def sum_products(problem: Problem, known: KnownKernel | None, workers: int | None) -> tuple[Array, Array]:
    """Sum the products of all pairs of terms, and count the samples used, for each plane of results.

    The terms are the taps, 1 and the result. known: the kernel learned so far.
    Returns (planes, taps + 2, taps + 2) and (planes,).
    """
    height = max(1, STRIP_SAMPLES // (problem.columns * len(problem.before)))
    starts = range(0, problem.rows, height)
    strips: list[Any] = [None] * len(starts)

    def sum_strip(k: int) -> None:
        strips[k] = _sum_strip(problem, known, starts[k], min(starts[k] + height, problem.rows))

    for_each(sum_strip, range(len(starts)), workers)
    return sum(strip[0] for strip in strips), sum(strip[1] for strip in strips)


def _sum_strip(problem: Problem, known: KnownKernel | None, first: int, last: int) -> tuple[Array, Array]:
    """Return what sum_products does, for the result rows first to last - 1."""
    (down, across), rows = problem.shape, last - first
    given = problem.before[:, first:last + down - 1]
    results = problem.after[:, first + down // 2:last + down // 2]
    planes, wide = len(results), given.shape[2]
    left = across // 2 * problem.step
    # One buffer in double holds everything a term reads: the images before, a row of ones, the images after.
    samples: Array = np.empty(given.size + wide + results.size)
    reads = samples[:given.size].reshape(given.shape)
    reads[...] = given
    samples[given.size:given.size + wide] = 1
    samples[given.size + wide:].reshape(results.shape)[...] = results
    weights = weight_samples(results[:, :, left:left + problem.columns], problem, known, reads)
    plane, i, j = problem.taps.T
    taps = (plane * given.shape[1] + i) * wide + j * problem.step
    sums = np.zeros((planes, len(taps) + 2, len(taps) + 2))
    # Planes with the same weights share the products of the taps: sum these once.
    alike = all(np.array_equal(other, weights[0]) for other in weights[1:])
    for group in [range(planes)] if alike else [range(c, c + 1) for c in range(planes)]:
        places = [given.size + wide + c * rows * wide + left for c in group]
        products = _multiply_windows(
            samples, [*taps, given.size, *places], [wide] * len(taps) + [0] + [wide] * len(places),
            np.ascontiguousarray(weights[group[0]]))
        shared = len(taps) + 1
        for k, c in enumerate(group):
            own = [*range(shared), shared + k]
            sums[c] = products[np.ix_(own, own)]
    return sums, np.count_nonzero(weights, (1, 2))


def _multiply_windows(samples: Array, starts: list[int], steps: list[int], weights: Array) -> Array:
    """Return the weighted sums of the products of all pairs of windows.

    starts, steps: the first sample of each window, and the distance between its rows.
    """
    terms = len(starts)
    more = -terms % 4  # the loops take windows by fours
    sums = np.zeros((terms + more, terms + more))
    first, step = (np.array(one + [0] * more, np.intp) for one in (starts, steps))
    height = max(1, LONGEST // (terms**2 * weights.shape[1]))
    for row in range(0, len(weights), height):  # Ctrl-C works between the calls
        _core.moments(samples, first + row * step, step, weights[row:row + height], sums)
    upper = np.triu(sums)[:terms, :terms]
    symmetric: Array = upper + np.triu(upper, 1).T
    return symmetric


def solve_equations(
    taps: Array, pattern: Pattern, bias: bool, sums: Array, samples: Array, fixed: Array | None = None
) -> Solution:
    """Return the parameters that solve the normal equations.

    taps: those of the sums. sums: (outputs, taps + 2, taps + 2), of the products of terms. samples: how many were
    summed for each output. fixed: take these parameters instead, and find the biases alone.
    """
    matrix = tie_taps(pattern, taps)
    unknowns = pattern.free + (len(sums) if bias else 0)
    count = int(samples.sum())
    if count < unknowns:
        raise ImfilterError(
            f"the images must have at least as many unsaturated samples as there are parameters, {unknowns}, "
            f"got {count}")
    if not np.isfinite(sums).all():
        raise ImfilterError("the samples of the images must have squares that can be summed, got some beyond 1e150")
    normal = np.einsum("ctp,cts,csq->pq", matrix, sums[:, :-1, :-1], matrix, optimize=True)
    right = np.einsum("ctp,ct->p", matrix, sums[:, :-1, -1])
    solution = np.zeros(len(right))
    known = 0 if fixed is None else pattern.free
    solution[:known] = [] if fixed is None else fixed
    free = slice(known, unknowns)
    solution[free], inverse, condition = _solve_smallest(
        normal[free, free], right[free] - normal[free, :known] @ solution[:known])
    squares, total, weight = sums[:, -1, -1].sum(), sums[:, -2, -1].sum(), sums[:, -2, -2].sum()
    error = max(float(squares - 2 * solution @ right + solution @ normal @ solution), 0.0)
    variation = squares - total * total / weight
    least = NEGLIGIBLE * squares  # of what the sums of a constant leave
    explained = float(1 - error / variation) if variation > least else float(error <= least)
    scale = np.abs(solution) @ np.sqrt(normal.diagonal() / weight)
    covariance = inverse[:pattern.free - known, :pattern.free - known] * weight / count
    return Solution(solution[:pattern.free], solution[pattern.free:], covariance,
                    math.sqrt(error / weight), max(scale, math.sqrt(squares / weight)), explained, condition, count)


def _solve_smallest(normal: Array, right: Array) -> tuple[Array, Array, float]:
    """Return the smallest of the solutions, the inverse, and the condition number.

    The condition number is that with all parameters scaled alike.
    """
    if not len(right):
        return right, normal, 1.0
    size = np.sqrt(normal.diagonal())
    scale = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    values, vectors = np.linalg.eigh(normal * np.outer(scale, scale))
    known = values > NEGLIGIBLE * len(values) * values[-1]
    inverse = np.divide(1, values, out=np.zeros_like(values), where=known)
    product: Array = np.outer(scale, scale) * ((vectors * inverse) @ vectors.T)
    solution: Array = scale * (vectors @ (inverse * (vectors.T @ (right * scale))))
    return solution, product, float(values[-1] / values[0]) if known.all() else math.inf
