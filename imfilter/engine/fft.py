"""Large dense kernels by the Fourier transform, block by block: overlap-save.

A block of n samples along an axis, transformed, multiplied by the kernel's spectrum and transformed back, gives
n - k + 1 results of a kernel of k taps; neighboring blocks overlap by the rest. Dilation parts rows and columns into
classes that do not see each other, each an image of its own with an undilated kernel; a stride keeps every so-many-th
result.
"""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from . import _core
from .borders import Border, source_indices
from .kernel_structure import is_integral

Array = np.ndarray[Any, Any]

SIDES = {64: 256, 160: 320}  # taps along an axis, and the samples of a block that serve up to so many
SAMPLE = 22  # what a sample of a block costs for each doubling of their number, in taps of the direct loop in double
BLOCK = 1_500_000  # what a block costs beside its samples: a dozen calls from Python


class Axis(NamedTuple):
    """How the results along one axis are parted into classes, and each class into blocks.

    Class q computes the results q, q + step, ... from the padded samples q stride, q stride + dilation, ...; of what
    its blocks of `side` samples give, it keeps every advance-th. first, last: the window of the results that is
    computed, by the blocks of the whole that meet it.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    step: int
    advance: int
    each: int  # results of a block
    side: int
    first: int
    last: int

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """The class of each block, and the number of its first result in the class."""
        return [block for q in range(min(self.step, self.size))
                for block in ((q, first) for first in range(0, -(-(self.size - q) // self.step), self.each))
                if self.kept(*block)]

    @property
    def grain(self) -> int:
        """How many results, from the first on, the first blocks of all classes give."""
        return self.each * self.step

    def given(self, q: int, first: int) -> int:
        """Return how many results a block has."""
        return min(self.each, -(-(self.size - q) // self.step) - first)

    def kept(self, q: int, first: int) -> range:
        """Return which of a block's results lie in the window."""
        start = q + first * self.step
        return range(max(-((start - self.first) // self.step), 0),
                     min(self.given(q, first), -((start - self.last) // self.step)))

    def within(self, first: int, count: int) -> Axis:
        """Return this axis for so many of its results."""
        return self._replace(first=first, last=first + count)

    @property
    def number(self) -> int:
        """How many blocks there are."""
        long, classes = -(-self.size // self.step), min(self.step, self.size)
        return classes * -(-long // self.each) if self.size else 0


def axis(size: int, kernel: int, stride: int, dilation: int) -> Axis:
    """Part `size` results of a kernel of so many taps into blocks of sides that transform fast."""
    dilation = dilation if kernel > 1 else 1
    common = math.gcd(stride, dilation)
    step, advance = dilation // common, stride // common
    wanted = next((side for taps, side in SIDES.items() if kernel <= taps), 2 * kernel)
    fits = (wanted - kernel) // advance + 1
    results = max(-(-size // step), 1)
    each = -(-results // -(-results // fits))  # blocks of about one size
    return Axis(size, kernel, stride, dilation, step, advance, each, fast((each - 1) * advance + kernel), 0, size)


def fast(least: int) -> int:
    """Return the smallest number from `least` on that has no prime factors but 2, 3 and 5."""
    found = 1 << (least - 1).bit_length()
    fives = 1
    while fives < found:
        threes = fives
        while threes < found:
            rest = -(-least // threes)
            found = min(found, threes << (rest - 1).bit_length())
            threes *= 3
        fives *= 5
    return found


class Blocks(NamedTuple):
    """The blocks of an image plane."""

    rows: Axis
    columns: Axis

    def within(self, first: tuple[int, int], size: tuple[int, ...]) -> Blocks:
        """Return these blocks for the results from `first` on, so many rows and columns."""
        return Blocks(self.rows.within(first[0], size[0]), self.columns.within(first[1], size[1]))

    @property
    def samples(self) -> int:
        """Samples of a block."""
        return self.rows.side * self.columns.side

    @property
    def taps(self) -> int:
        """What a result costs, in taps of the direct loop in double."""
        cost = SAMPLE * self.samples * math.log2(self.samples + 1) + BLOCK
        results = max(self.rows.size * self.columns.size, 1)
        blocks = self.rows.number * self.columns.number + 1  # the kernel is one more
        return math.ceil(cost * blocks / results)

    @property
    def scratch(self) -> int:
        """Bytes that a thread takes: a block, its spectrum before and after a pass, the results, the kernel's."""
        return 40 * self.samples

    def error(self, peak: float, kernel: Array) -> float:
        """Return how far a sum may be from the exact one; with samples up to `peak`, whatever they are.

        R. P. Brent, C. Percival and P. Zimmermann, "Error bounds on complex floating-point multiplication", 2007,
        theorem 5: (1 + u)^3n (1 + u sqrt(5))^(3n+1) (1 + b)^3n - 1 of the product of both Euclidean norms, for 2^n
        samples and roots of unity within b. Here b = u, and the whole is doubled for the factors 3 and 5.
        """
        doublings = math.log2(self.samples) + 1
        unit = 2.0**-53 * (3 * doublings * (2 + math.sqrt(5)) + math.sqrt(5))
        return 2 * unit * peak * math.sqrt(self.samples) * float(np.linalg.norm(kernel))


class Task:
    """One convolution of a stack of images, ready to be run block by block on any number of threads.

    source, target: arrays (images, rows, columns, channels). Sums of whole numbers are rounded to the nearest.
    """

    align = 1

    def __init__(
        self, source: Array, target: Array, kernel: Array, blocks: Blocks, before: tuple[int, int], edge: int,
        cval: float, scale: float,
    ) -> None:
        self._source, self._target, self._kernel, self._blocks = source, target, kernel, blocks
        self._before, self._edge, self._cval, self._scale = before, Border(edge), cval, scale
        self._exact = source.dtype.kind != "f" and is_integral(kernel) and cval.is_integer()
        self._rows, self._columns = blocks.rows.blocks, blocks.columns.blocks
        self.rows = len(source) * len(self._rows) * len(self._columns)
        self.scratch = blocks.scratch
        with np.errstate(all="ignore"):
            self._spectrum = np.fft.rfft2(kernel, (blocks.rows.side, blocks.columns.side)).conj()
        self._packed: _core.Packed | None = None
        self._stopped = False

    def stop(self) -> None:
        """Have every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        across = len(self._columns)
        with np.errstate(all="ignore"):
            for number in range(first, last):
                row, column = divmod(number, across)
                n, row = divmod(row, len(self._rows))
                for c in range(self._source.shape[3]):
                    if self._stopped:
                        return
                    self._block(n, self._rows[row], self._columns[column], c, caller)

    def _block(self, n: int, row: tuple[int, int], column: tuple[int, int], c: int, caller: bool) -> None:
        down, across = self._blocks
        (rows, into_rows), (columns, into_columns) = _results(down, *row), _results(across, *column)
        target = self._target[n, into_rows, into_columns, c]
        block = self._gathered(n, row, column, c)
        values = self._transformed(block)
        if not math.isfinite(values.sum()):  # NaN and infinity are everywhere now, but belong where the kernel reaches
            values = self._direct(block, caller)
        elif self._exact:
            np.rint(values, out=values)
        values = values[rows, columns]
        if self._scale != 1:
            values *= self._scale
        if target.dtype.kind != "f":
            limits = np.iinfo(target.dtype)
            np.rint(values, out=values)
            np.clip(values, limits.min, limits.max, out=values)
            np.copyto(values, 0, where=np.isnan(values))
        target[...] = values

    def _gathered(self, n: int, row: tuple[int, int], column: tuple[int, int], c: int) -> Array:
        """Return the samples that a block reads, with what stands outside the image, and zeros after them."""
        image = self._source[n, :, :, c]
        down, across = self._blocks
        ys, above = self._places(down, row, 0)
        xs, beside = self._places(across, column, 1)
        both = isinstance(ys, slice) or isinstance(xs, slice)
        part = image[ys, xs] if both else image[ys[:, None], xs]
        block = np.zeros((down.side, across.side))
        height, width = part.shape
        block[:height, :width] = part
        if above is not None:
            block[:height, :width][above] = self._cval
        if beside is not None:
            block[:height, :width][:, beside] = self._cval
        return block

    def _places(self, axis: Axis, block: tuple[int, int], k: int) -> tuple[Any, Array | None]:
        q, first = block
        start = (q + first * axis.step - axis.first) * axis.stride - self._before[k]
        count = (axis.given(q, first) - 1) * axis.advance + axis.kernel
        return source_indices(self._edge, self._source.shape[1 + k], start, axis.dilation, count)

    def _transformed(self, block: Array) -> Array:
        """Return the results of a block, by its spectrum."""
        down, across = self._blocks
        spectrum = np.fft.fft(np.fft.rfft(block), axis=0)
        spectrum *= self._spectrum
        spectrum = np.fft.ifft(spectrum, axis=0)[:(down.each - 1) * down.advance + 1:down.advance]
        values: Array = np.fft.irfft(spectrum, across.side)
        return values[:, :(across.each - 1) * across.advance + 1:across.advance]

    def _direct(self, block: Array, caller: bool) -> Array:
        """Return the results of a block, by the loops."""
        down, across = self._blocks
        values = np.empty((1, down.each, across.each, 1))
        source = block[None, :, :, None]
        if self._packed is None:
            self._packed = _core.Packed(
                source, values, (self._kernel,), (down.advance, across.advance), (1, 1), (0, 0), Border.NEAREST, 0.0,
                "d", False)
        task = self._packed.task(source, values)
        assert task is not None
        task.run(0, down.each, caller)
        return values[0, :, :, 0]


def _results(axis: Axis, q: int, first: int) -> tuple[slice, slice]:
    """Return which of a block's results are asked for, and where they go."""
    kept = axis.kept(q, first)
    start = q + first * axis.step - axis.first
    return (slice(kept.start, kept.stop),
            slice(start + kept.start * axis.step, start + kept.stop * axis.step, axis.step))
