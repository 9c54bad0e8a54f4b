"""Plan: how a convolution is computed, and why."""
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..runtime.representation import represent_as_html
from .computation import Computation
from .epilogue import Epilogue

RATES = {"int16": 40e9, "float32": 20e9, "float64": 10e9}  # taps per second of a thread, to compare methods
FASTER = 5  # times as fast a thread may be, with wide vectors


class LoopLayout(NamedTuple):
    """How the compiled loops cut up the work.

    variant: the instruction set that the loops are compiled for. tile: result pixels along a row that are computed
    while their rows are in the cache. chunk: sums of a row that are computed before they are stored. rows: result rows
    that are computed at once. segments: pieces that an image row is split into, one for each remainder of a stride.
    block: pixels x outputs of a bank that are computed in registers at once. threads: how many share the work.
    """

    variant: str
    tile: int
    chunk: int
    rows: int
    segments: int
    block: tuple[int, int] | None = None
    threads: int = 1

    def __str__(self) -> str:
        parts = [f"{self.variant} loops", f"tiles of {self.tile} pixels"]
        if self.block:
            parts.append(f"blocks of {self.block[0]} pixels x {self.block[1]} outputs")
        elif self.chunk:
            parts.append(f"chunks of {self.chunk} sums")
        parts.append(_count(self.rows, "row") + " at once")
        if self.segments != 1:
            parts.append(f"rows in {self.segments} segments")
        return ", ".join([*parts, _count(self.threads, "thread")])


@dataclass(frozen=True, slots=True)
class Plan:
    """How a convolution is computed.

    Attributes
    ----------
    method : {'direct', 'separable', 'runs', 'separable, runs', 'fft', 'multirate'}
        Which algorithm.
    why : str
        What in the kernel's weights decided.
    compute_dtype : {'int16', 'float32', 'float64'}
        What samples are widened to.
    kernels : tuple
        The weights as the loops take them.
    scale : float
        What the sums are multiplied by.
    window_doublings : int
        How often windows of equal weights are doubled.
    taps : int
        Multiplications and additions per result; of a transform or a coarse grid, those that would take as long.
    bounded : bool
        Whether no result can be NaN, infinite or above 2**22 in size, so that it can be rounded without checks.
    solid : array or None
        A kernel of ones whose columns' sums slide down the image; of a large box on float32 its weight, 1 x 1.
    differences : bool
        Whether differences of pixels are taken before they are weighed.
    scratch : int
        Scratch memory per thread, in bytes.
    layout : LoopLayout or None
        How the loops cut up the work; None for transforms and coarse grids.
    epilogue : Epilogue or None
        What is computed from each response before it is rounded.
    epilogue_dtype : {'float32', 'float64'}
        What it is computed in.
    exact : bool
        Whether the result has the same bits on every instruction set.
    error : float
        Proven bound of a result's error beyond rounding, as a share of the range of the samples that it reads: full
        scale for integers, largest minus smallest for floats. 0 but on a coarse grid.
    """

    method: str
    why: str
    compute_dtype: str
    kernels: Any
    scale: float
    window_doublings: int
    taps: int
    bounded: bool
    solid: Any = None
    differences: bool = False
    scratch: int = 0
    layout: LoopLayout | None = None
    epilogue: Epilogue | None = None
    epilogue_dtype: str = "float32"
    exact: bool = False
    error: float = 0.0

    def __repr__(self) -> str:
        return f"<plan: {self}>"

    def __str__(self) -> str:
        layout = f"; {self.layout}" if self.layout else ""
        return (f"{self.method} in {self.compute_dtype}: {self.why}; {self.taps} multiplications and additions per "
                f"result, {self.scratch:,} bytes of scratch per thread{layout}")

    _repr_html_ = represent_as_html

    @property
    def computation(self) -> Computation:
        """The plan without the kernels, as the loops need it."""
        return Computation(
            self.compute_dtype, self.bounded, self.scale, self.window_doublings, self.solid, self.differences,
            epilogue=self.epilogue, epilogue_dtype=self.epilogue_dtype, exact=self.exact)

    def seconds(self, results: int) -> float:
        """Return a low estimate of the time on one thread."""
        return results * (self.taps / RATES[self.compute_dtype] + 0.3e-9) / FASTER


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
