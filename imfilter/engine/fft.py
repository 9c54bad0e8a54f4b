"""Convolve with large dense kernels by the fast Fourier transform, block by block (overlap-save).

A block of n samples along an axis, transformed, multiplied by the kernel's spectrum and transformed back, gives
n - k + 1 results of a kernel of k taps; neighboring blocks overlap by the rest. Dilation splits rows and columns into
classes that do not meet, each an image of its own with an undilated kernel; a stride keeps every s-th result.
"""
from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from . import _core, _transforms
from .borders import Border, source_indices
from .computation import Computation, Geometry
from .kernel_structure import is_integral

Array = np.ndarray[Any, Any]

SIDES = {64: 240, 160: 320}  # most taps along an axis, and the side of the block that serves them
SAMPLE = 18  # cost of a sample of a block per doubling of their number, in taps of the direct loop in float64
BLOCK = 1_500_000  # fixed cost of a block: a dozen calls from Python
PRECISION = 200  # bits behind the point, for the roots of unity
TURN = 6283185307179586476925286766559005768394338798750211641949889184615632812572417997  # 2 pi
TURN_DIGITS = 81  # behind the point


class Axis(NamedTuple):
    """How the results along one axis are split into classes, and each class into blocks.

    Class q computes the results q, q + step, ... from the padded samples q stride, q stride + dilation, ...; it keeps
    every advance-th value of its blocks of `side` samples. first, last: the range of results that is computed, by the
    blocks of the whole axis that overlap it.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    step: int
    advance: int
    per_block: int  # results of a block
    side: int
    first: int
    last: int

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """The class of each block, and the index of its first result in the class."""
        return [block for q in range(min(self.step, self.size))
                for block in ((q, first) for first in range(0, -(-(self.size - q) // self.step), self.per_block))
                if self.wanted_results(*block)]

    @property
    def grain(self) -> int:
        """The number of results that the first blocks of all classes give together."""
        return self.per_block * self.step

    def count_results(self, q: int, first: int) -> int:
        """Return how many results a block gives."""
        return min(self.per_block, -(-(self.size - q) // self.step) - first)

    def wanted_results(self, q: int, first: int) -> range:
        """Return which of a block's results are computed for the range."""
        start = q + first * self.step
        return range(max(-((start - self.first) // self.step), 0),
                     min(self.count_results(q, first), -((start - self.last) // self.step)))

    def for_range(self, first: int, count: int) -> Axis:
        """Return this axis for `count` of its results from `first` on."""
        return self._replace(first=first, last=first + count)

    @property
    def block_count(self) -> int:
        """How many blocks the whole axis has."""
        long, classes = -(-self.size // self.step), min(self.step, self.size)
        return classes * -(-long // self.per_block) if self.size else 0


def split_axis(size: int, kernel: int, stride: int, dilation: int) -> Axis:
    """Split `size` results of a kernel with `kernel` taps into blocks with sides that transform fast."""
    dilation = dilation if kernel > 1 else 1
    common = math.gcd(stride, dilation)
    step, advance = dilation // common, stride // common
    wanted = next((side for taps, side in SIDES.items() if kernel <= taps), 2 * kernel)
    fits = (wanted - kernel) // advance + 1
    results = max(-(-size // step), 1)
    per_block = -(-results // -(-results // fits))  # blocks of about one size
    side = next_fast_length((per_block - 1) * advance + kernel)
    return Axis(size, kernel, stride, dilation, step, advance, per_block, side, 0, size)


def next_fast_length(least: int) -> int:
    """Return the smallest number from `least` on without prime factors other than 2, 3 and 5."""
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

    def for_region(self, first: tuple[int, int], size: tuple[int, ...]) -> Blocks:
        """Return these blocks for a region of the results: its first row and column, and its size."""
        return Blocks(self.rows.for_range(first[0], size[0]), self.columns.for_range(first[1], size[1]))

    @property
    def samples(self) -> int:
        """Samples of a block."""
        return self.rows.side * self.columns.side

    @property
    def taps(self) -> int:
        """The cost of a result, in taps of the direct loop in float64."""
        cost = SAMPLE * self.samples * math.log2(self.samples + 1) + BLOCK
        results = max(self.rows.size * self.columns.size, 1)
        blocks = self.rows.block_count * self.columns.block_count + 1  # the kernel is transformed too
        return math.ceil(cost * blocks / results)

    @property
    def scratch(self) -> int:
        """Bytes that a thread needs: a block, its spectrum and strips, the kernel's spectrum, rows of the border."""
        down, across = self.rows.side, self.columns.side
        spectrum = 2 * across * (down // 2 + 1)
        return 8 * (self.samples + _transforms.scratch_size(down, across) + spectrum + self.rows.kernel * across)

    def error(self, peak: float, kernel: Array) -> float:
        """Return a bound of the error of a sum, for any samples of size up to `peak`.

        R. P. Brent, C. Percival and P. Zimmermann, "Error bounds on complex floating-point multiplication", 2007,
        theorem 5: (1 + u)^3n (1 + u sqrt(5))^(3n+1) (1 + b)^3n - 1 of the product of both Euclidean norms, for 2^n
        samples and roots of unity within b. Here b = u, and the whole is doubled for the factors 3 and 5.
        """
        doublings = math.log2(self.samples) + 1
        unit = 2.0**-53 * (3 * doublings * (2 + math.sqrt(5)) + math.sqrt(5))
        return 2 * unit * peak * math.sqrt(self.samples) * float(np.linalg.norm(kernel))


class Places(NamedTuple):
    """Where a block's samples lie along an axis of the image.

    length: how many there are. indices: of all of them. constant: which are the border's constant. inside: those that
    lie inside the image, and source: where. edges: the others.
    """

    length: int
    indices: Array
    constant: Array | None
    inside: slice
    source: slice

    @property
    def edges(self) -> list[slice]:
        """The samples before and after those inside."""
        edges = slice(0, self.inside.start), slice(self.inside.stop, self.length)
        return [edge for edge in edges if edge.start < edge.stop]


def find_places(border: Border, size: int, start: int, step: int, count: int) -> Places:
    """Return where the samples at start, start + step, ... of an axis of `size` lie."""
    indices, constant = source_indices(border, size, start, step, count)
    if isinstance(indices, slice):
        return Places(count, np.arange(start, start + step * count, step), None, slice(0, count), indices)
    first = min(max(-(start // step), 0), count)
    last = max(min(-((start - size) // step), count), first)
    source = slice(start + first * step, start + last * step, step) if first < last else slice(0, 0)
    return Places(count, indices, constant, slice(first, last), source)


class Buffers(NamedTuple):
    """What a thread computes a block in. New memory for every block would take as long as the transforms."""

    block: Array  # of samples, and then of results
    scratch: Array

    @classmethod
    def allocate(cls, down: int, across: int) -> Buffers:
        """Return buffers for blocks of `down` rows and `across` columns."""
        return cls(np.empty((down, across)), np.empty(_transforms.scratch_size(down, across)))


@lru_cache(maxsize=32)
def find_roots(length: int) -> Array:
    """Return the roots of unity exp(-2 pi i k / length) as pairs of numbers, each rounded once (`Blocks.error`)."""
    one = 1 << PRECISION
    angle, term, power = TURN * one // (length * 10**TURN_DIGITS), one, 0
    cosine = sine = 0
    while term:  # the series of both
        cosine, sine = (cosine, sine + term) if power % 2 else (cosine + term, sine)
        power += 1
        term = (term * angle >> PRECISION) // power * (1 if power % 2 else -1)
    roots = np.empty((length, 2))
    x, y = one, 0
    for k in range(length):
        roots[k] = x / one, -y / one
        x, y = (x * cosine - y * sine) >> PRECISION, (x * sine + y * cosine) >> PRECISION
    return roots


def transform_kernel(kernel: Array, down: int, across: int) -> Array:
    """Return the spectrum of a kernel that blocks are multiplied with, real and imaginary parts."""
    spectrum = np.fft.rfft2(kernel, (across, down), axes=(1, 0)).conj().T / (down * across)
    return np.ascontiguousarray([spectrum.real, spectrum.imag])


class Task:
    """One convolution of a stack of images, ready to be run block by block on any number of threads.

    source, target: arrays (images, rows, columns, channels). Sums of integers are rounded to the nearest integer.
    """

    align = 1

    def __init__(
        self, source: Array, target: Array, kernel: Array, blocks: Blocks, geometry: Geometry, scale: float
    ) -> None:
        self._source, self._target, self._kernel, self._blocks = source, target, kernel, blocks
        self._before, self._border, self._cval = geometry.before, Border(geometry.border), geometry.cval
        self._scale = scale
        self._exact = source.dtype.kind != "f" and is_integral(kernel) and self._cval.is_integer()
        self._rows, self._columns = blocks.rows.blocks, blocks.columns.blocks
        self.rows = len(source) * len(self._rows) * len(self._columns)
        self.scratch = blocks.scratch
        with np.errstate(all="ignore"):
            self._spectrum = transform_kernel(kernel, blocks.rows.side, blocks.columns.side)
        self._roots = find_roots(blocks.rows.side), find_roots(blocks.columns.side)
        self._packed: _core.Packed | None = None
        self._unused: list[Buffers] = []
        self._stopped = False

    def stop(self) -> None:
        """Have every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        across = len(self._columns)
        down, side = self._blocks.rows.side, self._blocks.columns.side
        buffers = self._unused.pop() if self._unused else Buffers.allocate(down, side)
        with np.errstate(all="ignore"):
            for number in range(first, last):
                row, column = divmod(number, across)
                n, row = divmod(row, len(self._rows))
                for c in range(self._source.shape[3]):
                    if self._stopped:
                        return
                    self._compute_block(buffers, (n, c), self._rows[row], self._columns[column], caller)
        self._unused.append(buffers)

    def _compute_block(
        self, buffers: Buffers, plane: tuple[int, int], row: tuple[int, int], column: tuple[int, int], caller: bool
    ) -> None:
        n, c = plane
        down, across = self._blocks
        (rows, into_rows), (columns, into_columns) = _result_slices(down, *row), _result_slices(across, *column)
        target = self._target[n, into_rows, into_columns, c]
        image = self._source[n, :, :, c]
        self._gather(buffers.block, image, row, column)
        values = self._convolve(buffers)
        finite = math.isfinite(values.sum())
        if not finite:  # the transform has spread NaN and infinity beyond the kernel's reach
            values = self._convolve_directly(self._gather(buffers.block, image, row, column), caller)
        elif self._exact:
            np.rint(values, out=values)
        values = values[rows, columns]
        if self._scale != 1:
            values *= self._scale
        if target.dtype.kind != "f":
            limits = np.iinfo(target.dtype)
            np.rint(values, out=values)
            np.clip(values, limits.min, limits.max, out=values)
            if not finite:
                np.copyto(values, 0, where=np.isnan(values))
        target[...] = values

    def _gather(self, block: Array, image: Array, row: tuple[int, int], column: tuple[int, int]) -> Array:
        """Fill a block with the samples that it reads, with the border filled in, and with zeros after them."""
        down, across = (self._places(axis, place, k) for k, (axis, place) in enumerate(zip(
            self._blocks, (row, column), strict=True)))
        rows, columns = down.inside, across.inside
        block[down.length:] = 0
        block[:, across.length:] = 0
        block[rows, columns] = image[down.source, across.source]
        for edge in across.edges:
            block[rows, edge] = image[down.source][:, across.indices[edge]]
        for edge in down.edges:
            block[edge, :across.length] = image[down.indices[edge, None], across.indices]
        if down.constant is not None:
            block[:down.length, :across.length][down.constant] = self._cval
        if across.constant is not None:
            block[:down.length, :across.length][:, across.constant] = self._cval
        return block

    def _places(self, axis: Axis, block: tuple[int, int], k: int) -> Places:
        q, first = block
        start = (q + first * axis.step - axis.first) * axis.stride - self._before[k]
        count = (axis.count_results(q, first) - 1) * axis.advance + axis.kernel
        return find_places(self._border, self._source.shape[1 + k], start, axis.dilation, count)

    def _convolve(self, buffers: Buffers) -> Array:
        """Return the results of a block, by transforms."""
        down, across = self._blocks
        _transforms.convolve(buffers.block, self._spectrum, *self._roots, buffers.scratch, _core.vector_bytes())
        return buffers.block[:(down.per_block - 1) * down.advance + 1:down.advance,
                             :(across.per_block - 1) * across.advance + 1:across.advance]

    def _convolve_directly(self, block: Array, caller: bool) -> Array:
        """Return the results of a block, by the direct loop."""
        down, across = self._blocks
        values = np.empty((1, down.per_block, across.per_block, 1))
        source = block[None, :, :, None]
        if self._packed is None:
            geometry = Geometry((down.advance, across.advance), (1, 1), (0, 0), Border.NEAREST, 0.0)
            self._packed = _core.Packed(source, values, (self._kernel,), geometry, Computation("float64", False))
        task = self._packed.task(source, values)
        assert task is not None
        task.run(0, down.per_block, caller)
        return values[0, :, :, 0]


def _result_slices(axis: Axis, q: int, first: int) -> tuple[slice, slice]:
    """Return which of a block's results are wanted, and where they go in the target."""
    kept = axis.wanted_results(q, first)
    start = q + first * axis.step - axis.first
    return (slice(kept.start, kept.stop),
            slice(start + kept.start * axis.step, start + kept.stop * axis.step, axis.step))
