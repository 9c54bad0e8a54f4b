"""Fit a pattern of weights to pairs of images: sum their normal equations, and solve them, more than once if noisy."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from .image_pairs import ImagePairs, check_size
from .learning_problem import KnownKernel, assemble_problem, find_taps, may_be_clipped
from .least_squares import Solution, solve_equations, sum_products
from .pattern import Pattern

MAX_ROUNDS = 3  # of learning again, using the kernel found so far to judge which samples are reliable
ROUNDING = 0.5  # residuals below this are only rounding


class Fit(NamedTuple):
    """The solution for a pattern, and the sums that it comes from."""

    pattern: Pattern
    solution: Solution
    taps: Array
    sums: Array
    samples: Array
    bias: bool

    def solve(self, pattern: Pattern, fixed: Array | None = None) -> Fit:
        """Return the fit of another pattern, whose weights are 0 where this one's are. fixed: its parameters."""
        solution = solve_equations(self.taps, pattern, self.bias, self.sums, self.samples, fixed)
        return self._replace(pattern=pattern, solution=solution)


def fit_pairs(pairs: ImagePairs, pattern: Pattern, bias: bool, workers: int | None) -> Fit:
    """Return the fit of a pattern to all pairs."""
    taps = find_taps(pattern)
    sums, samples = _sum_pairs(pairs, pattern, None, workers)
    fit = Fit(pattern, solve_equations(taps, pattern, bias, sums, samples), taps, sums, samples, bias)
    for _ in range(MAX_ROUNDS):
        solution = fit.solution
        if not may_be_clipped(pairs.dtype) or solution.residual < ROUNDING:
            break
        known = KnownKernel(pattern.kernel(solution.parameters), join_biases(pattern, solution.biases, len(sums)),
                            solution.residual)
        sums, samples = _sum_pairs(pairs, pattern, known, workers)
        if samples.sum() < len(solution.parameters) + len(solution.biases):
            break  # all results are near the ends of the range, compared with what the kernel leaves
        fit = Fit(pattern, solve_equations(taps, pattern, bias, sums, samples), taps, sums, samples, bias)
    return fit


def join_biases(pattern: Pattern, biases: Array, outputs: int) -> float | Array:
    """Return the biases as `conv2d` or `correlate` takes them, 0 if none were learned."""
    if not len(biases):
        biases = np.zeros(outputs)
    return biases if pattern.labels.ndim == 4 else float(biases[0])


def _sum_pairs(pairs: ImagePairs, pattern: Pattern, known: KnownKernel | None,
               workers: int | None) -> tuple[Array, Array]:
    sums: list[Array] = []
    for first, second in pairs:
        check_size((pattern.shape[-2], pattern.shape[-1]), first.shape)
        parts = sum_products(assemble_problem(first, second, pattern), known, workers)
        sums = [total + part for total, part in zip(sums, parts, strict=True)] if sums else list(parts)
    return sums[0], sums[1]
