"""Epilogue: what is computed from a response and the pixel in its place, in floating point, before it is rounded."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Epilogue(NamedTuple):
    """The last step of a result.

    finish: "difference": the pixel plus amount times its difference from the response, where that is at least the
    threshold; "level": the response plus amount. Every operation is rounded once, in every variant of the loops, which
    compute epilogues in float32 or float64 (`working_dtype`).
    """

    finish: str
    amount: float
    threshold: float = 0.0

    def apply(self, responses: Array, pixels: Array) -> Array:
        """Return the results for an array of responses, in its dtype. pixels: in the places of the responses."""
        with np.errstate(invalid="ignore", over="ignore"):  # infinity minus infinity is NaN
            if self.finish == "level":
                return responses + self.amount
            difference: Array = np.subtract(pixels, responses, dtype=responses.dtype)
            difference[np.abs(difference) < self.threshold] = 0
            difference *= self.amount
            difference += pixels
            return difference

    def reach(self, peak: float, response: float) -> float:
        """Return the largest size of a result, from those of pixels and of responses."""
        return abs(self.amount) + response if self.finish == "level" else peak + abs(self.amount) * (peak + response)
