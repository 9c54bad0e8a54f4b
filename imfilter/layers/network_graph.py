"""The operations of a network, arranged as a sequence of layers and of branches that meet again."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..arrays.dtypes import Array
from ..errors import ImfilterError, shorten
from .branches import JOINS, Join

MULTIPLY, IDENTITY, HARD_SIGMOID = "mul", "identity", "hardsigmoid"
MOST_OPERATIONS = 10_000
DEEPEST = 20  # branches within branches


class Operation(NamedTuple):
    """An operation: from the tensors of these names to that of another.

    name: for messages. kind: a layer of a stack, an `Affine`, or what joins several tensors or does nothing.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    kind: Any
    weight: Array | None = None
    bias: Array | None = None


class Fork(NamedTuple):
    """Paths from one tensor to the operation that joins them."""

    join: Join
    paths: list[list[Any]]  # of Operation and Fork


Path = list[Any]


def check_until(until: Any) -> None:
    """Raise for anything but text and None."""
    if until is not None and not isinstance(until, str):
        raise ImfilterError(f"until must be the name of a layer or of a result, got {until!r}")


def order_nodes(target: str, parents: Mapping[str, Sequence[str]], sources: Iterable[str]) -> list[str]:
    """Return the names that a tensor depends on, each after those that it is computed from, and itself.

    parents: what each is computed from. sources: names that are given, and are left out.
    """
    done: dict[str, None] = {}
    given = set(sources)
    waiting = [(target, False)]
    open_names: set[str] = set()
    while waiting:
        name, is_complete = waiting.pop()
        if is_complete:
            open_names.discard(name)
            done[name] = None
        elif name not in done and name not in given:
            if name in open_names:
                raise ImfilterError(f"a network must not be circular, got {shorten(name)!r}, which depends on itself")
            if name not in parents:
                raise ImfilterError(f"every tensor must be the result of an operation, got {shorten(name)!r} of none")
            if len(open_names) + len(done) >= MOST_OPERATIONS:
                raise ImfilterError(f"a network must have at most {MOST_OPERATIONS:,} operations: stop it with until=")
            open_names.add(name)
            waiting.append((name, True))
            waiting.extend((parent, False) for parent in reversed(parents[name]))
    return list(done)


def arrange_operations(operations: Iterable[Operation], source: str, target: str) -> Path:
    """Return the operations between two tensors as a path: operations and forks in order.

    They must be sorted, each after those that it depends on.

    Notes
    -----
    Between a join and its immediate dominator, the last tensor on every way to it, lie its paths. The dominator of a
    tensor is the meeting point of its inputs in the tree of dominators.

    References
    ----------
    K. Cooper, T. Harvey and K. Kennedy, "A simple, fast dominance algorithm", 2001.
    """
    made = {operation.output: operation for operation in operations}
    dominators = _find_dominators(made, source)
    seen: set[str] = set()

    def walk(start: str, end: str, depth: int) -> Path:
        if depth > DEEPEST:
            raise ImfilterError(f"branches must be nested at most {DEEPEST} deep, got more at {shorten(end)!r}")
        steps: Path = []
        while end != start:
            operation = made[end]
            if end in seen:
                raise ImfilterError(
                    f"{operation.name}: a result must be used in one branch only, or where branches begin")
            seen.add(end)
            steps.append(operation if operation.kind not in JOINS else Fork(
                operation.kind, [walk(dominators[end], name, depth + 1) for name in operation.inputs]))
            end = dominators[end]
        return steps[::-1]

    return walk(source, target, 0)


def _find_dominators(made: Mapping[str, Operation], source: str) -> dict[str, str]:
    """Return the immediate dominator of every result."""
    dominators: dict[str, str] = {}
    depths = {source: 0}

    def meet(first: str, second: str) -> str:
        while first != second:
            if depths[first] < depths[second]:
                first, second = second, first
            first = dominators[first]
        return first

    for name, operation in made.items():
        where, *others = operation.inputs
        for other in others:
            where = meet(where, other)
        dominators[name], depths[name] = where, depths[where] + 1
    return dominators
