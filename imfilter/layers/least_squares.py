"""Sum the normal equations of learning over the images, and solve them."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..engine import _core
from ..errors import ImfilterError
from ..runtime.threads import for_each
from .learned_kernel import LearnedKernel
from .learning_problem import Problem, weight_samples
from .pattern import Pattern

STRIP_SAMPLES = 2**17  # samples of a strip; strips do not depend on the number of workers, so neither do the sums
MAX_CONDITION = 1e10  # above it, the images do not determine the kernel
NEGLIGIBLE = 1e-14  # eigenvalues below this share of the largest, per parameter, count as 0


def sum_products(problem: Problem, known: LearnedKernel | None, workers: int | None) -> tuple[Array, Array]:
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


def _sum_strip(problem: Problem, known: LearnedKernel | None, first: int, last: int) -> tuple[Array, Array]:
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
    _core.moments(samples, np.array(starts + [0] * more, np.intp), np.array(steps + [0] * more, np.intp), weights, sums)
    upper = np.triu(sums)[:terms, :terms]
    symmetric: Array = upper + np.triu(upper, 1).T
    return symmetric


def solve_problem(problem: Problem, pattern: Pattern, bias: bool, sums: Array, samples: Array) -> LearnedKernel:
    """Return the kernel that solves the normal equations.

    sums: (planes, taps + 2, taps + 2), of the products of terms. samples: how many were summed in each plane.
    """
    matrix = problem.matrix if bias else problem.matrix[:, :, :pattern.free]
    unknowns = matrix.shape[2]
    count = int(samples.sum())
    if count < unknowns:
        raise ImfilterError(
            f"the images must have at least as many unsaturated samples as there are parameters, {unknowns}, "
            f"got {count}")
    if not np.isfinite(sums).all():
        raise ImfilterError("the samples of the images must have squares that can be summed, got some beyond 1e150")
    normal = np.einsum("ctp,cts,csq->pq", matrix, sums[:, :-1, :-1], matrix, optimize=True)
    right = np.einsum("ctp,ct->p", matrix, sums[:, :-1, -1])
    solution, condition = _solve_smallest(normal, right)
    squares, total, weight = sums[:, -1, -1].sum(), sums[:, -2, -1].sum(), sums[:, -2, -2].sum()
    error = max(float(squares - 2 * solution @ right + solution @ normal @ solution), 0.0)
    variation = squares - total * total / weight
    explained = float(1 - error / variation) if variation > 0 else float(error <= 0)
    warning = None
    if condition > MAX_CONDITION:
        warning = (f"the images do not determine the kernel: the condition number is {condition:.1e}; "
                   "use images with more detail, a smaller size or a pattern")
    biases = solution[pattern.free:] if bias else np.zeros(len(problem.after))
    parameters = solution[:pattern.free]
    return LearnedKernel(pattern.kernel(parameters), biases if pattern.labels.ndim == 4 else float(biases[0]),
                         parameters, math.sqrt(error / weight), explained, condition, count, warning)


def _solve_smallest(normal: Array, right: Array) -> tuple[Array, float]:
    """Return the smallest of the solutions, and the condition number with all parameters scaled alike."""
    size = np.sqrt(normal.diagonal())
    scale = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    values, vectors = np.linalg.eigh(normal * np.outer(scale, scale))
    known = values > NEGLIGIBLE * len(values) * values[-1]
    turned = vectors.T @ (right * scale)
    solution: Array = scale * (vectors @ np.divide(turned, values, out=np.zeros_like(turned), where=known))
    return solution, float(values[-1] / values[0]) if known.all() else math.inf
