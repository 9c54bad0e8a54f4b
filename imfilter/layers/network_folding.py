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

SIGMOID, RELU6 = Activation("sigmoid"), Activation("relu6")
SHIFTED = "relu6(x + 3)"
# x times one of these of x is an activation, too, times a factor.
GATES = {SIGMOID: (Activation("silu"), 1), HARD_SIGMOID: (Activation("hardswish"), 1),
         SHIFTED: (Activation("hardswish"), 6)}
MOST_CHANNELS = 2**16


def simplify_operations(operations: Sequence[Operation], target: str) -> tuple[list[Operation], str]:
    """Return layers and joins alone, and the name of the result among them. Operations must be sorted."""
    plain, target = _drop_identities(operations, target)
    plain = _drop_unused(_merge_products(plain), target)
    uses = Counter(name for operation in plain for name in operation.inputs)
    uses[target] += 1
    made: dict[str, Operation] = {}
    for operation in plain:
        made[operation.output] = _fold_factor(operation, made, uses)
    plain, target = _drop_identities(list(made.values()), target)
    counts = _count_channels(plain)
    return [_as_layer(operation, counts) for operation in plain], target


def _drop_identities(operations: Sequence[Operation], target: str) -> tuple[list[Operation], str]:
    same: dict[str, str] = {}
    kept = []
    for operation in operations:
        inputs = tuple(same.get(name, name) for name in operation.inputs)
        if operation.kind == IDENTITY or (isinstance(operation.kind, Affine) and operation.kind.equals(1, 0)):
            same[operation.output] = inputs[0]
        else:
            kept.append(operation._replace(inputs=inputs))
    return kept, same.get(target, target)


def _drop_unused(operations: Sequence[Operation], target: str) -> list[Operation]:
    needed, kept = {target}, []
    for operation in reversed(operations):
        if operation.output in needed:
            needed.update(operation.inputs)
            kept.append(operation)
    return kept[::-1]


def _merge_products(operations: Sequence[Operation]) -> list[Operation]:
    """Replace x sigmoid(x) and its kin by activations of x."""
    made: dict[str, Operation] = {}
    for operation in operations:
        operation = _find_gate(operation, made)
        for value, gate in (operation.inputs, operation.inputs[::-1]) if operation.kind == MULTIPLY else ():
            found = made.get(gate)
            if found is not None and found.inputs == (value,) and isinstance(found.kind, (str, Activation)) \
                    and found.kind in GATES:
                kind, factor = GATES[found.kind]
                operation = operation._replace(kind=kind, inputs=(value,))
                if factor != 1:
                    part = operation._replace(output=_name_freely(operation.output, operations))
                    made[part.output] = part
                    operation = operation._replace(
                        kind=Affine.from_arithmetic("mul", factor, False), inputs=(part.output,))
                break
        made[operation.output] = operation
    return list(made.values())


def _find_gate(operation: Operation, made: Mapping[str, Operation]) -> Operation:
    """Return relu6(x + 3), and that over 6, as an operation of x."""
    before = made.get(operation.inputs[0])
    if before is None:
        return operation
    if operation.kind == RELU6 and isinstance(before.kind, Affine) and before.kind.equals(1, 3):
        return operation._replace(kind=SHIFTED, inputs=before.inputs)
    if isinstance(operation.kind, Affine) and operation.kind.equals(1 / 6, 0) and before.kind == SHIFTED:
        return operation._replace(kind=HARD_SIGMOID, inputs=before.inputs)
    return operation


def _name_freely(name: str, operations: Sequence[Operation]) -> str:
    """Return a name that no operation has."""
    taken = {operation.output for operation in operations}
    while name in taken:
        name += "'"
    return name


def _fold_factor(operation: Operation, made: dict[str, Operation], uses: Mapping[str, int]) -> Operation:
    """Return an operation and the one before it as one, if one of them is a factor and nothing else reads the first.

    The first is taken out of `made` then.
    """
    first = made.get(operation.inputs[0])
    if first is None or uses[first.output] > 1:
        return operation
    merged = _merge_pair(first, operation)
    if merged is None:
        return operation
    del made[first.output]
    return merged._replace(inputs=first.inputs, output=operation.output)


def _merge_pair(first: Operation, second: Operation) -> Operation | None:
    """Return two operations as one, or None if that is impossible."""
    if isinstance(second.kind, Affine) and isinstance(first.kind, Affine):
        return second._replace(kind=second.kind.after(first.kind))
    if isinstance(second.kind, Affine) and first.weight is not None:
        transposed = isinstance(first.kind, TransposedLayer)
        weight, bias = second.kind.fold(first.weight, first.bias, first.kind.groups, transposed)
        return first._replace(weight=weight, bias=bias)
    if isinstance(first.kind, Affine) and isinstance(second.kind, Layer) and second.weight is not None and (
            second.kind.padding == (0, 0) or not first.kind.offset.any()):  # padding is 0 after the factor
        weight, offset = first.kind.fold_before(second.weight, second.bias, second.kind.groups)
        return second._replace(weight=weight, bias=offset)
    return None


def _as_layer(operation: Operation, counts: Mapping[str, int]) -> Operation:
    """Return a factor that nothing could be folded into as a convolution with a kernel of one tap per channel.

    counts: the channels of every result.
    """
    if operation.kind in (MULTIPLY, HARD_SIGMOID, SHIFTED):
        before = next((name for name in operation.inputs if name in counts), None)
        raise ImfilterError(f"{operation.name}: a product must be x sigmoid(x) or x hardsigmoid(x), got another: "
                            + ("no layer is before it" if before is None else f"stop before it with until={before!r}"))
    if not isinstance(operation.kind, Affine):
        return operation
    channels = counts[operation.output]
    if not 0 < channels <= MOST_CHANNELS:
        raise ImfilterError(f"{operation.name}: the number of channels must follow from a convolution, and be at most "
                            f"{MOST_CHANNELS:,}, got {channels:,}")
    weight, bias = operation.kind.as_depthwise(channels)
    return operation._replace(kind=Layer(1, out_channels=channels, groups=channels), weight=weight, bias=bias)


def _count_channels(operations: Sequence[Operation]) -> dict[str, int]:
    """Return the number of channels of every result, if the image has those that the first convolution reads.

    Without a convolution they are not known, and 0.
    """
    counts: dict[str, int] = {}
    first = next((operation for operation in operations if operation.weight is not None), None)
    image = 0 if first is None else _count_inputs(first) // _count_copies(operations)
    for operation in operations:
        inputs = [counts.get(name, image) for name in operation.inputs]
        if isinstance(operation.kind, Affine) and operation.kind.factor.shape:
            counts[operation.output] = operation.kind.factor.size
        elif operation.weight is not None:
            counts[operation.output] = operation.kind.out_channels
        else:
            counts[operation.output] = sum(inputs) if operation.kind == CONCAT else inputs[0]
    return counts


def _count_copies(operations: Sequence[Operation]) -> int:
    """Return how many times the channels of the image are those that the first convolution reads."""
    copies: dict[str, int] = {}
    for operation in operations:
        inputs = [copies.get(name, 1) for name in operation.inputs]
        if operation.weight is not None:
            return inputs[0]
        copies[operation.output] = sum(inputs) if operation.kind == CONCAT else inputs[0]
    return 1


def _count_inputs(operation: Operation) -> int:
    """Return the number of channels that a convolution reads."""
    assert operation.weight is not None
    is_transposed = isinstance(operation.kind, TransposedLayer)
    return int(operation.weight.shape[0] if is_transposed else operation.weight.shape[1] * operation.kind.groups)
