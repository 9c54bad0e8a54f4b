"""Read a network from a PyTorch module, which torch.fx traces."""
from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..errors import DtypeError, ImfilterError, first_line, shorten, suggest
from .affine import Affine
from .branches import ADD, CONCAT
from .named_arrays import as_numbers
from .network import Network, build_network
from .network_graph import MULTIPLY, Operation, check_until, order_nodes
from .torch_operators import ARITHMETIC, CONCATENATE, HOOKED, NEUTRAL, POOLS, TorchFunctions, TorchModules, has_hooks

CALLS = ("call_module", "call_function", "call_method")


def read_torch(module: Any, until: str | None = None) -> Network:
    """Return the layers and weights of a module until a submodule or a call; None: all of it."""
    check_until(until)
    torch = sys.modules.get("torch")  # which is there if there is a module
    nn: Any = getattr(torch, "nn", None)
    if nn and isinstance(module, (list, tuple)) and module and all(isinstance(part, nn.Module) for part in module):
        module = nn.Sequential(*module)
    if not nn or not isinstance(module, nn.Module):
        raise DtypeError(f"module must be a PyTorch module, such as model.features[:5], got {type(module).__name__}")
    return TorchGraph(torch, module).read(until)


class TorchGraph:
    """The calls that a module makes, in order, with the results that they read."""

    def __init__(self, torch: Any, module: Any) -> None:
        tracer = import_module("torch.fx").Tracer()
        if tracer.is_leaf_module(module, ""):  # which is not traced, but called
            module = torch.nn.Sequential(module)
        try:  # the caller's code may branch on values, or raise whatever it likes
            self.nodes = {node.name: node for node in tracer.trace(module).nodes}
        except Exception as error:
            raise ImfilterError(
                f"a module must compute the same layers for every image, so that torch.fx can trace it, got "
                f"{type(module).__name__}: {shorten(first_line(error), 200)}") from None
        if has_hooks(module):
            raise ImfilterError(HOOKED)
        self.root = module
        self.modules, self.functions = TorchModules(torch.nn), TorchFunctions(torch)
        self.inputs = self._follow_storage()

    def read(self, until: str | None) -> Network:
        """Return the layers until a submodule or a call."""
        target = self._find_target(until)
        order = order_nodes(target, {name: list(read.values()) for name, read in self.inputs.items()}, ())
        images = [name for name in order if self.nodes[name].op == "placeholder"]
        if len(images) != 1:
            raise ImfilterError(f"a network must have one image as its input, got {', '.join(images) or 'none'}")
        operations = [self._convert(self.nodes[name]) for name in order if self.nodes[name].op in CALLS]
        return build_network(operations, images[0], target)

    def _follow_storage(self) -> dict[str, dict[str, str]]:
        """Return what each call reads in place of each input: the result of the last call that changed it in place."""
        storage: dict[str, str] = {}
        current: dict[str, str] = {}
        found: dict[str, dict[str, str]] = {}
        for name, node in self.nodes.items():
            places = {parent.name: storage.get(parent.name, parent.name) for parent in node.all_input_nodes}
            found[name] = {parent: current.get(place, place) for parent, place in places.items()}
            if places and (self._is_in_place(node) or self._is_neutral(node)):
                place = next(iter(places.values()))
                storage[name], current[place] = place, name
        return found

    def _is_in_place(self, node: Any) -> bool:
        if node.op == "call_module":
            return bool(getattr(self.root.get_submodule(node.target), "inplace", False))
        if node.op not in CALLS:
            return False
        name = self.functions.find_name(node)
        return bool(name.endswith("_") or name in ("iadd", "imul") or node.kwargs.get("inplace")
                    or (name in self.functions.kinds and name not in POOLS and any(arg is True for arg in node.args)))

    def _is_neutral(self, node: Any) -> bool:
        """Return whether the result of a call is its input."""
        if node.op != "call_module":
            return node.op in CALLS and self.functions.find_name(node) in ("dropout", "contiguous")
        return type(self.root.get_submodule(node.target)).__name__ in NEUTRAL

    def _find_target(self, until: str | None) -> str:
        """Return the name of the call whose result is asked for."""
        if until is None:
            output = next(node for node in self.nodes.values() if node.op == "output")
            if not hasattr(output.args[0], "name"):
                raise ImfilterError("a module must return one array: choose a part by until=")
            return str(self.inputs[output.name][output.args[0].name])
        if until in self.nodes and self.nodes[until].op in CALLS:
            return until
        inside = [name for name, node in self.nodes.items() if node.op == "call_module"
                  and (node.target == until or node.target.startswith(f"{until}."))]
        if not inside:
            known = [str(node.target) for node in self.nodes.values() if node.op == "call_module"]
            raise ImfilterError(f"until must be a submodule or a call of the module, got {until!r}"
                                f"{suggest(str(until), [*known, *self.nodes])}")
        return str(inside[-1])

    def _convert(self, node: Any) -> Operation:
        """Return a call as an operation."""
        inputs = self.inputs[node.name]
        label = node.name
        try:
            if node.op == "call_module":
                module = self.root.get_submodule(node.target)
                label = f"{node.target} ({type(module).__name__})"
                return self._make(label, node, inputs, *self.modules.convert(module))
            label = f"{node.name} ({self.functions.find_name(node)})"
            return self._convert_function(label, node, inputs)
        except ImfilterError as error:
            raise ImfilterError(f"{label}: {error.fact}{self._advise(inputs)}") from None

    def _advise(self, inputs: Mapping[str, str]) -> str:
        """Say how to stop before a call."""
        before = next((self.nodes[name] for name in inputs.values() if self.nodes[name].op in CALLS), None)
        if before is None:
            return ": no layer is before it"
        is_unique = before.op == "call_module" and sum(
            node.target == before.target for node in self.nodes.values()) == 1
        return f": stop before it with until={(before.target if is_unique else before.name)!r}"

    def _convert_function(self, label: str, node: Any, inputs: Mapping[str, str]) -> Operation:
        name = self.functions.find_name(node)
        if name in CONCATENATE:
            given = {**dict(zip(("tensors", "dim"), node.args, strict=False)), **node.kwargs}
            parts = given.pop("tensors", None)
            if not isinstance(parts, (list, tuple)) or list(given.values()) not in ([1], [-3]):
                raise ImfilterError("arrays must be concatenated along the axis of the channels, 1")
            return Operation(label, tuple(inputs[part.name] for part in parts), node.name, CONCAT)
        if name in ARITHMETIC:
            return self._convert_arithmetic(label, ARITHMETIC[name], node, inputs)
        return self._make(label, node, inputs, self.functions.convert(name, node.args, node.kwargs))

    def _convert_arithmetic(self, label: str, operator: str, node: Any, inputs: Mapping[str, str]) -> Operation:
        """Return what joins two results, or changes one by a number for each channel."""
        if len(node.args) != 2 or node.kwargs:
            raise ImfilterError("it must have two operands and no other arguments")
        operands = [inputs[operand.name] if hasattr(operand, "op") else operand for operand in node.args]
        known = [not isinstance(operand, str) or self.nodes[operand].op == "get_attr" for operand in operands]
        if not any(known) and operator in (ADD, MULTIPLY):
            return Operation(label, tuple(operands), node.name, operator)
        if sorted(known) != [False, True]:
            raise ImfilterError("one of two operands must be a number or stored in the module")
        value = operands[known.index(True)]
        if isinstance(value, str):
            value = as_numbers(self._get_attribute(self.nodes[value].target), value)
        return Operation(label, (operands[known.index(False)],), node.name,
                         Affine.from_arithmetic(operator, value, known[0]))

    def _get_attribute(self, target: str) -> Any:
        value = self.root
        for part in target.split("."):
            value = getattr(value, part)
        return value

    def _make(self, label: str, node: Any, inputs: Mapping[str, str], kind: Any, weight: Any = None, bias: Any = None
              ) -> Operation:
        if len(inputs) != 1:
            raise ImfilterError(f"it must have one input, got {len(inputs)}")
        return Operation(label, tuple(inputs.values()), node.name, kind, weight, bias)
