"""Fewer operations for the same result: identities left out, products as activations, factors folded into weights."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..errors import ImfilterError
from .activation import Activation
from .affine import Affine
from .branches import CONCAT
from .layer import Layer
from .network_graph import HARD_SIGMOID, IDENTITY, MULTIPLY, Operation
from .transposed import TransposedLayer

SIGMOID = Activation("sigmoid")
# x times one of these of x is an activation, too.
GATES = {SIGMOID: Activation("silu"), HARD_SIGMOID: Activation("hardswish")}
MOST_CHANNELS = 2**16


def simplify_operations(operations: Sequence[Operation], target: str) -> tuple[list[Operation], str]:
    """Return layers and joins alone, and the name of the result among them. Operations must be sorted."""
    plain, target = _drop_identities(operations, target)
    plain = _merge_products(plain)
    uses = Counter(name for operation in plain for name in operation.inputs)
    uses[target] += 1
    made: dict[str, Operation] = {}
    for operation in plain:
        made[operation.output] = _fold_factor(operation, made, uses)
    counts = _count_channels(list(made.values()))
    return [_as_layer(operation, counts[operation.output]) for operation in made.values()], target


def _drop_identities(operations: Sequence[Operation], target: str) -> tuple[list[Operation], str]:
    same: dict[str, str] = {}
    kept = []
    for operation in operations:
        inputs = tuple(same.get(name, name) for name in operation.inputs)
        if operation.kind == IDENTITY:
            same[operation.output] = inputs[0]
        else:
            kept.append(operation._replace(inputs=inputs))
    return kept, same.get(target, target)


def _merge_products(operations: Sequence[Operation]) -> list[Operation]:
    """Replace x sigmoid(x) by an activation of x."""
    made: dict[str, Operation] = {}
    for operation in operations:
        for value, gate in (operation.inputs, operation.inputs[::-1]) if operation.kind == MULTIPLY else ():
            found = made.get(gate)
            if found is not None and found.inputs == (value,) and found.kind in (SIGMOID, HARD_SIGMOID):
                operation = operation._replace(inputs=(value,), kind=GATES[found.kind])
                break
        made[operation.output] = operation
    needed = {name for operation in made.values() for name in operation.inputs}
    return [operation for operation in made.values()
            if operation.kind != HARD_SIGMOID or operation.output in needed]


def _fold_factor(operation: Operation, made: dict[str, Operation], uses: Mapping[str, int]) -> Operation:
    """Return a factor and the operation before it as one, which is taken out of `made`, if nothing else reads it."""
    first = made.get(operation.inputs[0])
    if not isinstance(operation.kind, Affine) or first is None or uses[first.output] > 1:
        return operation
    if isinstance(first.kind, Affine):
        merged = first._replace(kind=operation.kind.after(first.kind))
    elif first.weight is not None:
        transposed = isinstance(first.kind, TransposedLayer)
        weight, bias = operation.kind.fold(first.weight, first.bias, first.kind.groups, transposed)
        merged = first._replace(weight=weight, bias=bias)
    else:
        return operation
    del made[first.output]
    return merged._replace(output=operation.output)


def _as_layer(operation: Operation, channels: int) -> Operation:
    """Return a factor that nothing could be folded into as a convolution with a kernel of one tap per channel."""
    if operation.kind in (MULTIPLY, HARD_SIGMOID):
        raise ImfilterError(f"{operation.name}: a product must be x sigmoid(x) or x hardsigmoid(x), got another")
    if not isinstance(operation.kind, Affine):
        return operation
    if channels > MOST_CHANNELS:
        raise ImfilterError(f"{operation.name}: there must be at most {MOST_CHANNELS:,} channels, got {channels:,}")
    weight, bias = operation.kind.as_depthwise(channels)
    return operation._replace(kind=Layer(1, out_channels=channels, groups=channels), weight=weight, bias=bias)


def _count_channels(operations: Sequence[Operation]) -> dict[str, int]:
    """Return the number of channels of every result, if the image has those that the first convolution reads."""
    counts: dict[str, int] = {}
    image = next((_count_inputs(operation) for operation in operations if operation.weight is not None), 1)
    for operation in operations:
        inputs = [counts.get(name, image) for name in operation.inputs]
        if isinstance(operation.kind, Affine) and operation.kind.factor.shape:
            counts[operation.output] = operation.kind.factor.size
        elif operation.weight is not None:
            counts[operation.output] = operation.kind.out_channels
        else:
            counts[operation.output] = sum(inputs) if operation.kind == CONCAT else inputs[0]
    return counts


def _count_inputs(operation: Operation) -> int:
    """Return the number of channels that a convolution reads."""
    assert operation.weight is not None
    is_transposed = isinstance(operation.kind, TransposedLayer)
    return int(operation.weight.shape[0] if is_transposed else operation.weight.shape[1] * operation.kind.groups)
