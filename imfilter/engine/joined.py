"""Responses to several kernels, joined block by block: sums, magnitudes, the largest over several directions.

Each kernel has a plan of its own, as if it were used alone. A block goes through the loops once for each, and the
responses are joined while they are in the cache, so nothing of the image's size is allocated but the result.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, supported_dtype, working_dtype
from . import _core, _normalized
from .channelwise import KernelSet, PreparedConvolution
from .infinities import InfinityResolver
from .request import ConvolutionRequest

BLOCK = 2**15  # samples of a block, about: several responses stay in the second-level cache
MEMORY = 2**20  # bytes of all responses to a block, about: wide rows are cut up to keep to it
LEAST_COLUMNS = 64  # of a block: shorter rows take other loops, which may round differently
LEAST_ROWS = 16  # of a block, which reads as many additional rows as the kernels are high
# The loops read the rows of a broad kernel again for every band of results, and keep more of their own than of others.
BROAD = 160  # rows of a kernel
BAND = 32  # rows of its block
GROUP = 4  # rows that the loops compute at once


class Join:
    """Kernels, and how their responses are joined. Joins of equal kernel sets are equal.

    Parameters
    ----------
    directions : tuple of tuples of tuples of KernelSet
        By direction, then by part, then by term. The terms of a part are added up, the result of a direction is the
        part or the root of the sum of the squares of two of them, and the result is the largest over all directions.
        Kernels are separable, or small: none is transformed.
    divisor : int
        What the result is divided by. Above 1 it is odd, and the kernels are of integers that sum to 0, whose sizes sum
        to at most twice the divisor, so that responses to bytes fit into int16.
    """

    __slots__ = ("_hash", "cacheable", "directions", "divisor", "sets", "size")

    def __init__(self, directions: tuple[tuple[tuple[KernelSet, ...], ...], ...], divisor: int = 1) -> None:
        self.directions, self.divisor = directions, divisor
        self.sets = [kernels for parts in directions for terms in parts for kernels in terms]
        self.size = sum(kernels.size for kernels in self.sets)
        self.cacheable = all(kernels.cacheable for kernels in self.sets)
        self._hash = hash((directions, divisor))

    @property
    def needed(self) -> tuple[bool, bool, bool]:
        """Whether a block needs room for another direction, another part and another term."""
        return (len(self.directions) > 1, any(len(parts) > 1 for parts in self.directions),
                any(len(terms) > 1 for parts in self.directions for terms in parts))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Join) and (self.directions, self.divisor) == (other.directions, other.divisor)


class PreparedJoin(PreparedConvolution):
    """Convolutions with several kernels, ready to be run on images of one shape and dtype."""

    def __init__(self, request: ConvolutionRequest) -> None:
        join: Any = request.kernels
        super().__init__(request._replace(kernels=join.sets[0]))
        image_dtype = supported_dtype(request.image_dtype)
        self._proxy = working_dtype(image_dtype, self.dtype)  # the result, if its dtype is not native
        self._divisor = join.divisor
        # Sums of bytes are exact in int16, in half the memory of floats.
        small = join.divisor > 1 and image_dtype in (np.uint8, np.bool_) and self.geometry.cval in range(256)
        self._response = np.dtype(np.int16) if small else self._proxy
        self._join = join
        self._request = request._replace(options=request.options._replace(cval=self.geometry.cval))  # which is checked
        options = request.options._replace(dtype=self._response)
        self._members = [[[PreparedConvolution(request._replace(kernels=kernels, options=options)) for kernels in terms]
                          for terms in parts] for parts in join.directions]
        self._height = max(kernels.shape[0] for kernels in join.sets)
        self.seconds = self._estimate_seconds()

    def _estimate_seconds(self) -> float:
        results = math.prod(self.shape)
        return sum(member.plan.seconds(results) for parts in self._members for terms in parts for member in terms)

    def _make_task(self, source: Array, target: Array) -> Any:
        """Return this work on arrays (images, rows, columns, channels)."""
        needed = self._divisor > 1 or target.dtype != self._response, *self._join.needed
        block, across = make_block(target.shape, self._height, self._response, sum(needed))
        tasks = [
            [_Part([member._make_task(source, block) for member in terms],
                   InfinityResolver.of_sum(self._request, kernels, source))
             for terms, kernels in zip(parts, sets, strict=True)]
            for parts, sets in zip(self._members, self._join.directions, strict=True)]
        if self._divisor == 1:
            return Task(tasks, target, block, across, needed)
        divide = functools.partial(_divide, divisor=self._divisor, working=self._proxy)
        return Task(tasks, target, block, across, needed, divide)


def make_block(shape: tuple[int, ...], tall: int, dtype: np.dtype[Any], arrays: int) -> tuple[Array, int]:
    """Return an array as large as the largest block of results of this shape, and how many blocks lie side by side.

    tall: rows of the tallest kernel. arrays: how many there are of this size for each block.
    """
    height, width, channels = shape[1:]
    broad = tall > BROAD
    rows = max(LEAST_ROWS, BAND if broad else tall // 2, BLOCK // (width * channels))
    rows = min(-(-rows // GROUP) * GROUP, height)
    size = rows * width * channels * dtype.itemsize * arrays
    across = max(min(-(-size // (MEMORY // 2 if broad else MEMORY)), width // LEAST_COLUMNS), 1)
    return np.empty((1, rows, -(-width // across), channels), dtype), across


class _Part(NamedTuple):
    """Convolutions whose responses are added up, and what replaces infinity - infinity."""

    terms: list[_core.Task]
    resolver: InfinityResolver | None


def _divide(responses: Array, results: Array, divisor: int, working: np.dtype[Any]) -> None:
    """Store responses over a divisor."""
    if responses.dtype == np.int16 and results.dtype == np.uint8:
        # The largest of numbers that sum to 0 is not negative, and an odd divisor leaves no halves to round.
        levels = responses.view(np.uint16)
        levels += divisor // 2
        levels //= divisor
        results[...] = levels
    else:
        own = responses if responses.dtype == working else None
        _normalized.store(np.multiply(responses, 1 / divisor, out=own, dtype=working), results)


class Task:
    """Joined responses, ready to be computed block by block on any number of threads.

    tasks: for each direction and part, the convolutions of the first block of the first image. block: an array as large
    as the largest block, of the responses' dtype. across: how many blocks lie side by side. needed: whether a block
    needs arrays of its own, for the largest responses, if they are not joined in place, and those of `Join.needed`.
    target: of native samples without gaps in rows. store: writes what was joined to a block of the target; by default
    its samples, which are joined in place if the dtype is that of responses.
    """

    align = 1

    def __init__(
        self, tasks: list[list[_Part]], target: Array, block: Array, across: int, needed: tuple[bool, ...],
        store: Callable[[Array, Array], None] | None = None,
    ) -> None:
        self._tasks, self._target, self._block, self._store = tasks, target, block, store or _normalized.store
        self._needed, self._stopped = needed, False
        self._down, self._across = -(-target.shape[1] // block.shape[1]), across
        self.rows = len(target) * self._down * across

    def stop(self) -> None:
        """Make every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        largest, *others = [np.empty_like(self._block) if needed else None for needed in self._needed]
        with np.errstate(invalid="ignore", over="ignore"):
            for number in range(first, last):
                if self._stopped:
                    return
                n, top, left, right = self._find_block(number)
                results = self._target[n:n + 1, top:top + self._block.shape[1], left:right]
                own = np.s_[:, :results.shape[1], :results.shape[2]]
                room = [other if other is None else other[own] for other in others]
                into = results if largest is None else largest[own]
                self._take_largest(into, Block(n, top, left, caller, *room))
                if largest is not None:
                    self._finish(number, into[0], results[0])

    def _finish(self, number: int, values: Array, results: Array) -> None:
        """Store the results of a block."""
        self._store(values, results)

    def _find_block(self, number: int) -> tuple[int, int, int, int]:
        """Return the image, the first row, the first column and the end of the columns of a block."""
        number, across = divmod(number, self._across)
        n, down = divmod(number, self._down)
        width = self._target.shape[2]
        return n, down * self._block.shape[1], across * width // self._across, (across + 1) * width // self._across

    def _take_largest(self, largest: Array, block: Block) -> None:
        """Compute the largest response over all directions."""
        for k, parts in enumerate(self._tasks):
            into = block.direction if k else largest
            block.add_terms(parts[0], into)
            if len(parts) > 1:
                block.add_terms(parts[1], block.part)
                np.hypot(into, block.part, out=into)
            if k:
                np.maximum(largest, into, out=largest)


class Block(NamedTuple):
    """A block: its image, its first row and column, and room for responses where it is needed.

    caller: see `_core.Task.run`.
    """

    n: int
    top: int
    left: int
    caller: bool
    direction: Any
    part: Any
    term: Any

    def add_terms(self, part: _Part, total: Array) -> None:
        """Compute the sum of responses."""
        rows = total.shape[1]
        for k, term in enumerate(part.terms):
            response = self.term if k else total
            term.part(self.n, self.top, self.left, response).run(0, rows, self.caller)
            if k:
                np.add(total, response, out=total)
        if part.resolver is not None:
            part.resolver.resolve(self.n, self.top, self.left, total)
