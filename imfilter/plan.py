"""Which loop computes a convolution, in what arithmetic, and what it costs."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PEAK = {"u1": 255.0, "u2": 65535.0, "i2": 32768.0, "i4": 2147483648.0}
WORTH_THREADS = 300e-6  # seconds of work below which waking another thread does not pay


@dataclass(frozen=True, slots=True)
class Plan:
    """How a convolution is computed.

    lane: "h", "f" or "d", what samples are widened to: int16, float32 or float64. bounded: no result is
    NaN, infinite or above 2**22 in size, so that it can be rounded without looking. multiplications: in all.
    """

    lane: str
    bounded: bool
    multiplications: int
    samples: int

    @property
    def seconds(self) -> float:
        """A low guess of the time on one thread: threads are worth waking for more than that."""
        rate = 40e9 if self.lane == "h" else 20e9 if self.lane == "f" else 10e9
        return self.multiplications / rate + self.samples * 0.3e-9


def choose(weights: Array, source: np.dtype[Any], target: np.dtype[Any], samples: int, *,
           bias: Array | None = None, cval: float = 0.0) -> Plan:
    """Plan a convolution of samples of dtype source, with `samples` results of dtype target.

    weights: (kh, kw), or (C_out, C_in / groups, kh, kw) for a bank. Whole-number kernels on whole-number
    images stay exact: the arithmetic is one in which no sum can be rounded.
    """
    bank = weights.ndim == 4
    taps = weights[0].size if bank else weights.size
    sizes = np.abs(weights).reshape(len(weights) if bank else 1, -1).sum(axis=1)
    peak = max(PEAK.get(source.str[1:], np.inf), abs(cval))
    with np.errstate(over="ignore", invalid="ignore"):
        reach = float((sizes * peak + (0.0 if bias is None else np.abs(bias))).max())
    total = float(sizes.max())
    whole = float(cval).is_integer() and _whole(weights) and (bias is None or _whole(bias))

    if source.kind == "f":
        lane = "d" if "d" in (source.char, target.char) or not 1e-30 < total < 1e30 else "f"
    elif source == np.uint8 and not bank and whole and reach <= 32767:
        lane = "h"
    elif source == np.int32 or target.char == "d" or (whole and reach >= 2**24) or not 1e-30 < total < 1e30:
        lane = "d"
    else:
        lane = "f"
    return Plan(lane, reach < 4e6, samples * taps, samples)


def _whole(values: Array) -> bool:
    return bool((values == np.rint(values)).all())
