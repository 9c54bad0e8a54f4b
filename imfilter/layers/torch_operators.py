"""Which layer of a stack each module and function of PyTorch is."""
from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..arrays.dtypes import Array
from ..errors import ImfilterError
from .activation import LEAKY_RELU, Activation
from .affine import Affine
from .branches import ADD
from .layer import Layer
from .named_arrays import as_numbers
from .network_graph import HARD_SIGMOID, IDENTITY, MULTIPLY
from .pool import AVG, MAX, Pool
from .transposed import TransposedLayer

if TYPE_CHECKING:
    from ..engine.activations import ActivationName

Converted = tuple[Any, Array | None, Array | None]  # the kind of operation, its weight and its bias

ACTIVATIONS: dict[ActivationName, str] = {
    "relu": "ReLU", "relu6": "ReLU6", "sigmoid": "Sigmoid", "tanh": "Tanh", "silu": "SiLU",
    "hardswish": "Hardswish"}
NEUTRAL = ("Identity", "Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout")
ARITHMETIC = {"add": ADD, "iadd": ADD, "add_": ADD, "mul": MULTIPLY, "imul": MULTIPLY, "mul_": MULTIPLY, "sub": "sub",
              "sub_": "sub", "truediv": "div", "div": "div", "div_": "div"}
POOLS = ("max_pool2d", "avg_pool2d")
HOOKED = "a module must have no forward hooks, which may change its result: remove them first"
CONCATENATE = ("cat", "concat", "concatenate")


class TorchModules:
    """The modules that are layers of a stack."""

    def __init__(self, nn: Any) -> None:
        plain: dict[ActivationName, Activation] = {name: Activation(name) for name in ACTIVATIONS}
        self.kinds: dict[Any, Callable[[Any], Converted]] = {
            nn.Conv2d: _convert_conv, nn.ConvTranspose2d: _convert_transposed,
            nn.BatchNorm2d: _convert_batch_norm, nn.SyncBatchNorm: _convert_batch_norm,
            nn.MaxPool2d: _convert_max, nn.AvgPool2d: _convert_avg,
            nn.LeakyReLU: lambda module: (Activation(LEAKY_RELU, module.negative_slope), None, None),
            nn.GELU: lambda module: (_find_gelu(module.approximate), None, None),
            nn.Hardsigmoid: lambda module: (HARD_SIGMOID, None, None),
            **{getattr(nn, ACTIVATIONS[name]): _always(kind) for name, kind in plain.items()},
            **{getattr(nn, name): _always(IDENTITY) for name in NEUTRAL}}

    def convert(self, module: Any) -> Converted:
        """Return a module as a layer or another operation."""
        for known, convert in self.kinds.items():
            # A class derived from a known one may compute something else.
            if isinstance(module, known) and type(module).forward is known.forward:
                converted = convert(module)  # first: lazy modules have hooks until they are initialized
                if has_hooks(module):
                    raise ImfilterError(HOOKED)
                return converted
        raise ImfilterError("it must be a layer of a stack, but is none")


def has_hooks(module: Any) -> bool:
    """Return whether functions that are called with a module, and may change its result, are registered."""
    return bool(module._forward_hooks or module._forward_pre_hooks)


class TorchFunctions:
    """The functions and methods that are layers of a stack, by name."""

    def __init__(self, torch: Any) -> None:
        self.kinds: dict[str, Callable[..., Any]] = {
            "max_pool2d": _max_pool2d, "avg_pool2d": _avg_pool2d, "dropout": lambda p=0.5, training=True: IDENTITY,
            "leaky_relu": lambda negative_slope=0.01: Activation(LEAKY_RELU, negative_slope),
            "gelu": lambda approximate="none": _find_gelu(approximate), "hardsigmoid": lambda: HARD_SIGMOID,
            "contiguous": lambda: IDENTITY}
        self.kinds |= {name: _make_activation(name) for name in ACTIVATIONS}
        names = [*self.kinds, *(f"{name}_" for name in self.kinds), *ARITHMETIC, *CONCATENATE]
        self.names = {getattr(space, name): name for space in (operator, torch, torch.nn.functional) for name in names
                      if hasattr(space, name)}

    def find_name(self, call: Any) -> str:
        """Return the name of the function or method that is called."""
        if isinstance(call.target, str):
            return call.target
        own = getattr(call.target, "__name__", str(call.target))
        # The caller's own function may have the name of one of PyTorch.
        other = f"{getattr(call.target, '__module__', '')}.{own}" if own in self.names.values() else own
        return self.names.get(call.target, other)

    def convert(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return a function of one result, and its other arguments, as a layer or another operation."""
        kind = self.kinds.get(name.removesuffix("_"))
        if kind is None:
            raise ImfilterError("it must be a layer of a stack, but is none")
        others = {key: value for key, value in kwargs.items() if key not in ("inplace", "input")}
        args = args[1:] if "input" not in kwargs else args
        if name not in POOLS and args and isinstance(args[-1], bool):
            args = args[:-1]  # inplace
        try:
            inspect.signature(kind).bind(*args, **others)
        except TypeError:
            raise ImfilterError("its arguments must be those of its layer, got others") from None
        return kind(*args, **others)


def _convert_conv(module: Any) -> Converted:
    weight, bias = _read_weights(module)
    padding = 0 if isinstance(module.padding, str) and module.padding == "valid" else module.padding
    layer = Layer(module.kernel_size, stride=module.stride, padding=padding, dilation=module.dilation,
                  out_channels=module.out_channels, groups=module.groups)
    return layer, weight, bias


def _convert_transposed(module: Any) -> Converted:
    weight, bias = _read_weights(module)
    layer = TransposedLayer(
        module.kernel_size, stride=module.stride, padding=module.padding, output_padding=module.output_padding,
        dilation=module.dilation, out_channels=module.out_channels, groups=module.groups)
    return layer, weight, bias


def _read_weights(module: Any) -> tuple[Array, Array | None]:
    if module.padding_mode != "zeros":
        raise ImfilterError(f"padding_mode must be 'zeros', got {module.padding_mode!r}")
    bias = module.bias
    return as_numbers(module.weight, "weight"), None if bias is None else as_numbers(bias, "bias")


def _convert_batch_norm(module: Any) -> Converted:
    if module.running_mean is None or module.running_var is None:
        raise ImfilterError("batch normalization must have running statistics, got none: its result depends on all "
                            "pixels")
    mean, variance, weight, bias = (
        None if tensor is None else as_numbers(tensor, "batch normalization")
        for tensor in (module.running_mean, module.running_var, module.weight, module.bias))
    return Affine.from_statistics(mean, variance, weight, bias, module.eps), None, None


def _convert_max(module: Any) -> Converted:
    return _max_pool2d(module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode,
                       module.return_indices), None, None


def _convert_avg(module: Any) -> Converted:
    return _avg_pool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode,
                       module.count_include_pad, module.divisor_override), None, None


def _max_pool2d(
    kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Pool:
    if return_indices:
        raise ImfilterError("return_indices must be False, got True")
    return Pool(MAX, kernel_size, stride=stride or None, padding=padding, dilation=dilation, ceil_mode=ceil_mode)


def _avg_pool2d(
    kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: Any = None,
) -> Pool:
    if divisor_override is not None:
        raise ImfilterError(f"divisor_override must be None, got {divisor_override!r}")
    return Pool(AVG, kernel_size, stride=stride or None, padding=padding, ceil_mode=ceil_mode,
                count_include_pad=count_include_pad)


def _find_gelu(approximate: str) -> Activation:
    return Activation("gelu_tanh" if approximate == "tanh" else "gelu")


def _always(kind: Any) -> Callable[[Any], Converted]:
    return lambda module: (kind, None, None)


def _make_activation(name: ActivationName) -> Callable[[], Activation]:
    return lambda: Activation(name)
