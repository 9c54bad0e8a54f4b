"""Choose the coarse grid of a broad blur: its steps, which of its samples are computed, and the bound of the error."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .borders import Border, Margins
from .computation import Pair
from .multirate import LEAST_STEP, CoarseAxis, design_axis, longest_step
from .plan import Plan
from .planner import Samples

Array = np.ndarray[Any, Any]

TAPS, START = 40, 1_500_000  # cost of a result, and of a call from Python, in taps of the separable loop
SHORTER = 0.5  # of the longest step: the shortest that is taken because it divides a reflected axis
LARGEST_ERROR = 0.0175  # of a result, in levels of a byte: 0.02 is promised beyond rounding and E
# Of samples.
RANGES = {"u1": (0.0, 255.0), "u2": (0.0, 65535.0), "i2": (-2.0**15, 2.0**15 - 1), "i4": (-2.0**31, 2.0**31 - 1)}


class Surroundings(NamedTuple):
    """The whole image that results belong to.

    pixels, results: its rows and columns. margins: its padding. border: what is there.
    """

    pixels: Pair
    results: Pair
    margins: Margins
    border: Border


class CoarseGrid(NamedTuple):
    """How a kernel is computed along both axes.

    computed: samples along each axis that are computed; those before and after repeat them as the border says. None:
    all that are read. dtype: what they are computed in. error: the bound of a result's error, as a share of the range
    of the samples that it reads. spread: that range at most, in levels; of floats None.
    """

    rows: CoarseAxis
    columns: CoarseAxis
    computed: tuple[range | None, range | None]
    dtype: str
    error: float
    spread: float | None

    @property
    def axes(self) -> tuple[CoarseAxis, CoarseAxis]:
        return self.rows, self.columns

    @property
    def why(self) -> str:
        """What a plan says of it."""
        bound = f"{100 * self.error:.5f} % of the range of the samples"
        if self.spread is not None:
            bound = f"{self.error * self.spread:.3f} levels"
        return (f"the broad {2 * self.rows.radius + 1} x {2 * self.columns.radius + 1} kernel is computed on a grid of "
                f"{self.rows.step} x {self.columns.step} pixels and interpolated, within {bound}")

    def taps(self, size: Pair) -> int:
        """Return the cost of each of size results, in taps of the separable loop."""
        edges = 1.0
        for axis, computed, length in zip(self.axes, self.computed, size, strict=True):
            edges *= 1 + (2 * (axis.radius + axis.beyond) / max(length, 1) if computed is None else 0.0)
        return math.ceil(TAPS * edges + _start_taps(size))


def _start_taps(size: Pair) -> float:
    """Return the share of each of size results in the cost of a call."""
    return START / max(math.prod(size), 1)


def choose_grid(
    plan: Plan, factors: tuple[Array, Array], samples: Samples, around: Surroundings, approximate: bool
) -> CoarseGrid | None:
    """Return the grid that computes the results faster than a plan, or None.

    plan: of a kernel that is applied without stride or dilation. factors: its column and row. approximate: whether
    other results than bytes of bytes may err, too. There is no grid where the error could be too large.
    """
    separable = plan.method == "separable" and len(plan.kernels) == 1 and plan.scale == 1 and not plan.epilogue
    if not separable or not math.isfinite(samples.cval) or plan.taps < TAPS + _start_taps(around.results):
        return None
    if not (_is_possible(plan, samples) if approximate else samples.source == samples.target == np.uint8):
        return None
    weights = [taps.tobytes() for taps in factors]
    longest = [longest_step(taps) for taps in weights]
    if 0 in longest:
        return None
    rows, columns = (design_axis(taps, _fit_step(step, length, around.border))
                     for taps, step, length in zip(weights, longest, around.pixels, strict=True))
    down, across = (_find_computed(axis, length, margins, around.border) for axis, length, margins in zip(
        (rows, columns), around.pixels, around.margins, strict=True))
    # The differences of the weights sum to 0, so samples count by how far they are from the middle of their range.
    error = (rows.error * columns.total + rows.total * columns.error) / 2
    spread, growth = _find_spread(samples)
    grid = CoarseGrid(rows, columns, (down, across), plan.compute_dtype, error, spread)
    return grid if 255 * error * growth <= LARGEST_ERROR and grid.taps(around.results) < plan.taps else None


def _is_possible(plan: Plan, samples: Samples) -> bool:
    """Return whether interpolated results are stored as they are, or as small integers that need no checks."""
    floats = samples.target == plan.compute_dtype
    return floats or (plan.compute_dtype == "float32" and plan.bounded and samples.source.kind != "f")


def _find_spread(samples: Samples) -> tuple[float | None, float]:
    """Return the range of integer samples with the constant outside the image, and how often it holds that without.

    None and 1 for floats.
    """
    if samples.source.kind == "f":
        return None, 1.0
    low, high = RANGES[samples.source.str[1:]]
    spread = max(high, samples.cval) - min(low, samples.cval)
    return spread, spread / (high - low)


def _fit_step(longest: int, length: int, border: Border) -> int:
    """Return the longest step, or a little shorter one that divides a reflected axis."""
    if border is Border.REFLECT:
        for step in range(longest, max(math.ceil(SHORTER * longest), LEAST_STEP) - 1, -1):
            if length % step == 0:
                return step
    return longest


def _find_computed(axis: CoarseAxis, length: int, margins: tuple[int, int], border: Border) -> range | None:
    """Return which samples along an axis of `length` pixels are computed; None: all that are read."""
    if max(margins) > axis.radius:  # results lie outside the image
        return None
    if border is Border.REFLECT and length % axis.step == 0:
        return range(length // axis.step)
    if border in (Border.NEAREST, Border.CONSTANT):  # up to the first that reads no pixel
        reach = len(axis.narrow) // 2
        return range((-axis.offset - reach) // axis.step - 1, -((axis.offset - reach - length) // axis.step) + 1)
    return None
