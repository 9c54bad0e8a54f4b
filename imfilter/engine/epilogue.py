"""Epilogue: what is computed from a response and the pixel in its place, in floating point, before it is rounded."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, working_dtype

TIE = 2.0**-40  # share of a pixel by which it must differ from a threshold: sums of equal pixels are rounded


class Epilogue(NamedTuple):
    """The last step of a result.

    finish: "difference": the pixel plus amount times its difference from the response, where that is at least the
    threshold; "level": the response plus amount; "above": the threshold, which is white, where the pixel is above the
    response plus amount, else 0. Every operation is rounded once, in every variant of the loops, which compute
    epilogues in float32 or float64.
    """

    finish: str
    amount: float
    threshold: float = 0.0

    def working_dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        """Return what responses are computed in: float64 for comparisons, which must not depend on rounding."""
        return np.dtype(np.float64) if self.finish == "above" else working_dtype(*dtypes)

    def apply(self, responses: Array, pixels: Array) -> Array:
        """Return the results for an array of responses, in its dtype. pixels: in the places of the responses."""
        with np.errstate(invalid="ignore", over="ignore"):  # infinity minus infinity is NaN
            if self.finish == "above":
                difference = np.subtract(pixels, responses, dtype=responses.dtype)
                over = difference - self.amount > np.abs(pixels) * TIE
                return np.where(np.isnan(difference), np.nan, np.where(over, self.threshold, 0))
            if self.finish == "level":
                return responses + self.amount
            difference = np.subtract(pixels, responses, dtype=responses.dtype)
            difference[np.abs(difference) < self.threshold] = 0
            difference *= self.amount
            difference += pixels
            return difference

    def reach(self, peak: float, response: float) -> float:
        """Return the largest size of a result, from those of pixels and of responses."""
        if self.finish == "above":
            return abs(self.threshold)
        return abs(self.amount) + response if self.finish == "level" else peak + abs(self.amount) * (peak + response)
