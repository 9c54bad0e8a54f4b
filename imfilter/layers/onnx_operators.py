"""Which layer of a stack each operator of ONNX is."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from ..arrays.dtypes import Array
from ..engine.activations import ActivationName
from ..errors import ImfilterError, shorten
from .activation import Activation
from .affine import Affine
from .branches import ADD, CONCAT
from .layer import Layer
from .network_graph import HARD_SIGMOID, IDENTITY, MULTIPLY, Operation
from .onnx_nodes import Node
from .onnx_tensors import Constants
from .pool import Pool
from .transposed import TransposedLayer
from .windows import SAME, SAME_TF, Pair

Convert = TypeVar("Convert", bound=Callable[[Node, Constants], Operation])
NOT_SET = "NOTSET"  # auto_pad: pads are given
OPERATORS: dict[str, Callable[[Node, Constants], Operation]] = {}


def _converts(*operators: str) -> Callable[[Convert], Convert]:
    def register(convert: Convert) -> Convert:
        OPERATORS.update(dict.fromkeys(operators, convert))
        return convert

    return register


def _pad_sides(node: Node, kernel: Pair, stride: Pair, dilation: Pair) -> Any:
    """Return the padding of a layer."""
    how = node.attributes.get("auto_pad", NOT_SET)
    if how == NOT_SET:
        top, left, bottom, right = node.integers("pads", (0, 0, 0, 0), 0)
        return (top, left) if (top, left) == (bottom, right) else ((top, bottom), (left, right))
    if how == "VALID":
        return 0
    if how == "SAME_UPPER":
        return SAME_TF
    if how == "SAME_LOWER" and stride == (1, 1):
        totals = [gap * (taps - 1) for taps, gap in zip(kernel, dilation, strict=True)]
        down, across = ((total - total // 2, total // 2) for total in totals)
        return SAME if all(total % 2 == 0 for total in totals) else (down, across)
    raise ImfilterError(f"auto_pad must be {NOT_SET}, VALID, SAME_UPPER, or SAME_LOWER at stride 1, got "
                        f"{shorten(repr(how))} at {stride}")


def _read_weights(node: Node, constants: Constants) -> tuple[Array, Array | None, Pair]:
    """Return the weights, the bias and the size of the kernels of a convolution."""
    name = node.inputs[1] if len(node.inputs) > 1 else ""
    if name not in constants:
        raise ImfilterError(f"the weights must be stored in the model, got {shorten(repr(name))}, which is computed")
    shape = constants.shape(name)
    if len(shape) != 4 or min(shape) < 1:
        raise ImfilterError(f"weights must have four axes, as those of 2-D convolutions, got the shape {shape}")
    kernel = node.integers("kernel_shape", shape[2:], 1)
    if kernel != shape[2:]:
        raise ImfilterError(f"kernel_shape must be that of the weights, {shape[2:]}, got {kernel}")
    bias = None
    if len(node.inputs) > 2 and node.inputs[2]:
        if node.inputs[2] not in constants:
            raise ImfilterError(f"the bias must be stored in the model, got {shorten(repr(node.inputs[2]))}")
        bias = constants.read(node.inputs[2])
    return constants.read(name), bias, (kernel[0], kernel[1])


@_converts("Conv")
def _convert_conv(node: Node, constants: Constants) -> Operation:
    weight, bias, kernel = _read_weights(node, constants)
    stride, dilation = node.pair("strides", 1, 1), node.pair("dilations", 1, 1)
    layer = Layer(kernel, stride=stride, padding=_pad_sides(node, kernel, stride, dilation), dilation=dilation,
                  out_channels=weight.shape[0], groups=node.integer("group", 1, 1))
    return Operation(node.label, node.inputs[:1], node.output, layer, weight, bias)


@_converts("ConvTranspose")
def _convert_transposed(node: Node, constants: Constants) -> Operation:
    weight, bias, kernel = _read_weights(node, constants)
    if "output_shape" in node.attributes:
        raise ImfilterError("output_shape must not be given: use pads and output_padding")
    node.require("auto_pad", NOT_SET)
    stride, dilation = node.pair("strides", 1, 1), node.pair("dilations", 1, 1)
    groups = node.integer("group", 1, 1)
    top, left, bottom, right = node.integers("pads", (0, 0, 0, 0), 0)
    if (top, left) != (bottom, right):
        raise ImfilterError(f"pads must be the same on opposite sides, got {top}, {left}, {bottom} and {right}")
    layer = TransposedLayer(
        kernel, stride=stride, padding=(top, left),
        output_padding=node.pair("output_padding", 0, 0), dilation=dilation,
        out_channels=weight.shape[1] * groups, groups=groups)
    return Operation(node.label, node.inputs[:1], node.output, layer, weight, bias)


@_converts("MaxPool", "AveragePool")
def _convert_pool(node: Node, constants: Constants) -> Operation:
    kernel = node.pair("kernel_shape", 0, 1)
    stride, dilation = node.pair("strides", 1, 1), node.pair("dilations", 1, 1)
    options: dict[str, Any] = {}
    if node.operator == "AveragePool":
        options["count_include_pad"] = bool(node.integer("count_include_pad", 0, 0, 1))
    ceil_mode = node.integer("ceil_mode", 0, 0, 1) == 1
    if node.attributes.get("auto_pad", NOT_SET) != NOT_SET:  # which states a size that ceil_mode does not change
        ceil_mode = False
    pool = Pool("max" if node.operator == "MaxPool" else "avg", kernel, stride=stride, dilation=dilation,
                padding=_pad_sides(node, kernel, stride, dilation), ceil_mode=ceil_mode, **options)
    return Operation(node.label, node.inputs[:1], node.output, pool)


@_converts("BatchNormalization")
def _convert_batch_norm(node: Node, constants: Constants) -> Operation:
    node.require("training_mode", 0)
    node.require("spatial", 1)
    if len(node.inputs) != 5 or any(name not in constants for name in node.inputs[1:]):
        raise ImfilterError("scale, bias, mean and variance must be stored in the model")
    weight, bias, mean, variance = (constants.read(name) for name in node.inputs[1:])
    affine = Affine.from_statistics(mean, variance, weight, bias, node.real("epsilon", 1e-5))
    return Operation(node.label, node.inputs[:1], node.output, affine)


@_converts("Relu", "Sigmoid", "Tanh", "HardSwish")
def _convert_activation(node: Node, constants: Constants) -> Operation:
    name: Any = node.operator.lower()
    return Operation(node.label, node.inputs[:1], node.output, Activation(name))


@_converts("LeakyRelu")
def _convert_leaky(node: Node, constants: Constants) -> Operation:
    layer = Activation("leaky_relu", node.real("alpha", 0.01))
    return Operation(node.label, node.inputs[:1], node.output, layer)


@_converts("HardSigmoid")
def _convert_hard_sigmoid(node: Node, constants: Constants) -> Operation:
    alpha, beta = node.real("alpha", 0.2), node.real("beta", 0.5)
    if not math.isclose(alpha, 1 / 6, rel_tol=1e-3) or beta != 0.5:
        raise ImfilterError(f"alpha must be 1/6 and beta 0.5, as in PyTorch, got {alpha:g} and {beta:g}")
    return Operation(node.label, node.inputs[:1], node.output, HARD_SIGMOID)


@_converts("Gelu")
def _convert_gelu(node: Node, constants: Constants) -> Operation:
    node.require("approximate", "none", "tanh")
    name: ActivationName = "gelu" if node.attributes.get("approximate", "none") == "none" else "gelu_tanh"
    return Operation(node.label, node.inputs[:1], node.output, Activation(name))


@_converts("Clip")
def _convert_clip(node: Node, constants: Constants) -> Operation:
    low, high = (node.attributes.get(name) for name in ("min", "max"))
    ends = [constants.read(name).item() if name in constants and constants.shape(name) in ((), (1,)) else given
            for name, given in zip((*node.inputs[1:3], "", "")[:2], (low, high), strict=True)]
    if ends[0] != 0 or ends[1] not in (6, None):
        raise ImfilterError(f"the limits must be 0 and 6 or none, as in relu6 and relu, got {ends[0]} and {ends[1]}")
    return Operation(node.label, node.inputs[:1], node.output, Activation("relu6" if ends[1] == 6 else "relu"))


@_converts("Identity", "Dropout")
def _convert_identity(node: Node, constants: Constants) -> Operation:
    return Operation(node.label, node.inputs[:1], node.output, IDENTITY)


@_converts("Concat")
def _convert_concat(node: Node, constants: Constants) -> Operation:
    node.require("axis", 1, -3)
    return Operation(node.label, node.inputs, node.output, CONCAT)


ARITHMETIC = {"Add": ADD, "Sum": ADD, "Mul": MULTIPLY, "Sub": "sub", "Div": "div"}


@_converts(*ARITHMETIC)
def _convert_arithmetic(node: Node, constants: Constants) -> Operation:
    """Convert what joins two results, or changes one by a number for each channel."""
    known = [name in constants for name in node.inputs]
    operator = ARITHMETIC[node.operator]
    if len(known) != 2 and node.operator != "Sum":
        raise ImfilterError(f"it must have two inputs, got {len(known)}")
    if not any(known) and operator in (ADD, MULTIPLY):
        return Operation(node.label, node.inputs, node.output, operator)
    if sorted(known) != [False, True]:
        raise ImfilterError("one of two inputs must be stored in the model")
    value = constants.read(node.inputs[known.index(True)])
    return Operation(node.label, (node.inputs[known.index(False)],), node.output,
                     Affine.from_arithmetic(operator, value, known[0]))
