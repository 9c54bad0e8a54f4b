"""Parameters of the core apart from arrays: where to read and how to compute."""
from typing import Any, NamedTuple

from .epilogue import Epilogue

Pair = tuple[int, int]


class Geometry(NamedTuple):
    """Geometry of a computation: which pixels the taps of a result read.

    before: rows and columns of padding above and to the left. border, cval: where pixels outside the image come from.
    """

    stride: Pair
    dilation: Pair
    before: Pair
    border: int
    cval: float


class Computation(NamedTuple):
    """How sums are computed.

    compute_dtype: what samples are widened to, "int16", "float32" or "float64". bounded: no result is NaN, infinite or
    above 2**22 in size, so it can be rounded without checks. scale: what sums are multiplied by. window_doublings: how
    often windows of equal weights are doubled. solid: a kernel of ones in one piece in each column, whose columns' sums
    slide down; for float32 the weight of a large box, 1 x 1. differences: sums of floats are taken of differences of
    pixels, which keep the detail of an image with a large offset. bias, groups: of a bank. epilogue: computed from the
    responses, in epilogue_dtype. exact: by the loops of the baseline, whose results have the same bits everywhere.
    rectified: negative results of a bank become 0; for floats that are computed in the dtype of the result.
    """

    compute_dtype: str
    bounded: bool
    scale: float = 1.0
    window_doublings: int = 0
    solid: Any = None
    differences: bool = False
    bias: Any = None
    groups: int = 1
    epilogue: Epilogue | None = None
    epilogue_dtype: str = "float32"
    exact: bool = False
    rectified: bool = False


class WindowPlan(NamedTuple):
    """How the samples of a window are looked at.

    method: "extreme", "chords", "heights", "network", "histogram", "counting", "selection", "bilateral", "statistics"
    or "entropy". before: rows above and columns to the left of the pixel. cost: roughly how long a sample takes. rank:
    of the sample wanted. chords: as in Footprint; None: the method needs none. weights: of a bilateral filter, the
    logarithm to base 2 for each place of the window; of heights, what is added to samples, in the order of the chords;
    of statistics, the scales in `Window` of pyx/engine.pxd; of an entropy, the growth of its terms. strictness: what a
    difference is multiplied by. statistic, amount, offset, white: as in `Window`. exact: as above.
    """

    method: str
    size: tuple[int, int]
    before: tuple[int, int]
    cost: float
    rank: int = 0
    network: Any = None
    chords: Any = None
    weights: Any = None
    strictness: float = 0.0
    exact: bool = False
    statistic: str = ""
    amount: float = 0.0
    offset: float = 0.0
    white: float = 1.0
