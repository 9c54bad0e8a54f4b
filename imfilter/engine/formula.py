"""Results computed by a formula from the responses to several kernels in one place, block by block.

Like joined responses, those of a block are computed while it is in the cache: derivatives of all directions and scales
take one pass over the image, and nothing of its size is allocated but the result.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..arrays.dtypes import Array, supported_dtype, working_dtype
from . import joined
from .channelwise import KernelSet, PreparedConvolution
from .request import ConvolutionRequest

# Bytes of the part of a response that a formula gets at once: its intermediate arrays are small enough for the memory
# of the last ones, where larger ones would come from the system, page by page.
PIECE = 2**15
# Computes results from responses of one shape and dtype, which it may overwrite.
Formula = Callable[..., Array]


class Formulas:
    """Groups of kernels, and the formula that computes results from the responses to each group.

    Parameters
    ----------
    groups : tuple of (tuple of KernelSet, Formula)
        A formula gets the responses to its kernels, at most three, in their order; the result is the largest value over
        the groups. Kernels are separable, or small: none is transformed.
    double : bool
        Whether responses are computed in double for every image.
    """

    __slots__ = ("_hash", "cacheable", "double", "groups", "sets", "size")

    def __init__(self, groups: tuple[tuple[tuple[KernelSet, ...], Formula], ...], double: bool = False) -> None:
        self.groups, self.double = groups, double
        self.sets = [kernels for sets, _ in groups for kernels in sets]
        self.size = sum(kernels.size for kernels in self.sets)
        self.cacheable = all(kernels.cacheable for kernels in self.sets)
        self._hash = hash((groups, double))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formulas) and (self.groups, self.double) == (other.groups, other.double)


class PreparedFormulas(PreparedConvolution):
    """Formulas, ready to be run on images of one shape and dtype."""

    def __init__(self, request: ConvolutionRequest) -> None:
        formulas: Any = request.kernels
        super().__init__(request._replace(kernels=formulas.sets[0]))
        self._proxy = working_dtype(supported_dtype(request.image_dtype), self.dtype)  # if the result's is not native
        self._response = np.dtype(np.float64) if formulas.double else self._proxy
        options = request.options._replace(dtype=self._response)
        self._groups = [
            ([PreparedConvolution(request._replace(kernels=kernels, options=options)) for kernels in sets], formula)
            for sets, formula in formulas.groups]
        self._height = max(kernels.shape[0] for kernels in formulas.sets)
        results = math.prod(self.shape)
        self.seconds = sum(member.plan.seconds(results) for members, _ in self._groups for member in members)

    def _make_task(self, source: Array, target: Array) -> Any:
        """Return this work on arrays (images, rows, columns, channels)."""
        return Task(*self._make_parts(source, target))

    def _make_parts(self, source: Array, target: Array) -> tuple[Any, Array, Array, int, tuple[bool, ...]]:
        """Return what a task is made of."""
        own = target.dtype != self._response
        most = max(len(members) for members, _ in self._groups)
        block, across = joined.make_block(target.shape, self._height, self._response, own + most)
        tasks: Any = [([member._make_task(source, block) for member in members], formula)
                      for members, formula in self._groups]
        return tasks, target, block, across, (own, most > 0, most > 1, most > 2)


class Task(joined.Task):
    """Results of formulas, ready to be computed block by block on any number of threads."""

    _tasks: Any

    def _take_largest(self, largest: Array, block: joined.Block) -> None:
        """Compute the largest result over all groups."""
        for k, (members, formula) in enumerate(self._tasks):
            responses = [block.direction, block.part, block.term][:len(members)]
            for member, response in zip(members, responses, strict=True):
                member.part(block.n, block.top, block.left, response).run(0, largest.shape[1], block.caller)
            for piece in _cut(largest.shape, self._block.itemsize):
                values = self._evaluate(formula, [response[piece] for response in responses], block, piece)
                if k:
                    np.maximum(largest[piece], values, out=largest[piece])
                else:
                    largest[piece] = values

    def _evaluate(
        self, formula: Formula, responses: list[Array], block: joined.Block, piece: tuple[slice, ...]
    ) -> Array:
        """Return the results of a formula for a piece of a block."""
        return formula(*responses)


def _cut(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[slice, ...]]:
    """Yield pieces of a block."""
    _, height, width, channels = shape
    rows = max(PIECE // (width * channels * itemsize), 1)
    columns = max(PIECE // (channels * itemsize), 1)
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield np.s_[:, top:top + rows, left:left + columns]
