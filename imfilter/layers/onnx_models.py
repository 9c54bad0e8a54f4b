"""Read a network, or the first part of it, from an ONNX file."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..errors import FileError, ImfilterError, explain_os_error, shorten, suggest
from ..runtime.extras import import_library
from ..runtime.printable import escape_controls
from .named_arrays import check_file_name
from .network import Network, build_network
from .network_graph import Operation, check_until, order_nodes
from .onnx_nodes import Node
from .onnx_operators import OPERATORS
from .onnx_tensors import Constants

DOMAINS = ("", "ai.onnx")


def read_onnx(path: Any, until: str | None = None) -> Network:
    """Return the layers and weights of an ONNX file until a tensor or a node; None: all of its only output."""
    check_until(until)
    path = check_file_name(path)
    try:
        with open(path, "rb") as stream:  # before the library is missed
            onnx = import_library("onnx", "onnx", "an ONNX model")
            model = onnx.load(stream, load_external_data=False)
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    except ImfilterError:
        raise
    except Exception:  # protobuf's decoders have exceptions of their own, and others for text formats
        raise ImfilterError(f"{path}: is damaged, or not an ONNX model") from None
    try:
        return OnnxGraph(onnx, model.graph, os.path.dirname(path)).read(until)
    except ImfilterError as error:
        raise ImfilterError(f"{path}: {escape_controls(error.fact)}") from None


class OnnxGraph:
    """The nodes of a graph by their results, and its constants."""

    def __init__(self, onnx: Any, graph: Any, folder: str) -> None:
        self.onnx, self.graph = onnx, graph
        self.constants = Constants(onnx, graph, folder)
        self.images = {value.name: value for value in graph.input if value.name not in self.constants}
        self.nodes: dict[str, Any] = {}
        for node in graph.node:
            for name in filter(None, node.output):
                if name in self.nodes or name in self.images:
                    raise ImfilterError(f"each tensor must be computed once, got {shorten(name)!r} twice")
                self.nodes[name] = node

    def read(self, until: str | None) -> Network:
        """Return the layers until a tensor."""
        target = self._find_target(until)
        given = {*self.constants.found, *self.images}
        parents = {name: [text for text in node.input if text] for name, node in self.nodes.items()}
        order = order_nodes(target, parents, given)
        used = {name for result in order for name in parents[result] if name in self.images}
        if len(used) != 1:
            listed = ", ".join(map(shorten, sorted(used))) or "none"
            raise ImfilterError(f"a network must have one image as its input, got {listed}: choose a part by until=")
        source = used.pop()
        axes = self.images[source].type.tensor_type.shape.dim
        if self.images[source].type.tensor_type.HasField("shape") and len(axes) != 4:
            raise ImfilterError(f"the input must have four axes, (N, C, H, W), got {len(axes)}")
        return build_network([self._convert(name) for name in order], source, target)

    def _find_target(self, until: str | None) -> str:
        """Return the name of the tensor that is the result."""
        if until is None:
            outputs = [value.name for value in self.graph.output]
            if not outputs:
                raise ImfilterError("a model must have an output, got none: choose a tensor by until=")
            if len(outputs) > 1:
                listed = ", ".join(map(shorten, outputs[:5]))
                raise ImfilterError(f"choose one of {len(outputs)} outputs by until=, such as {listed}")
            return str(outputs[0])
        if until in self.nodes:
            return until
        for node in self.graph.node:
            if node.name == until and until and node.output:
                return str(node.output[0])
        known = [*self.nodes, *(node.name for node in self.graph.node if node.name)]
        raise ImfilterError(f"until must be a tensor or a node of the model, got {until!r}{suggest(str(until), known)}")

    def _convert(self, name: str) -> Operation:
        """Return the operation that computes a tensor."""
        node = self.nodes[name]
        label = f"operator {shorten(node.op_type)} (node {shorten(node.name or name)!r})"
        convert = OPERATORS.get(node.op_type) if node.domain in DOMAINS else None
        if convert is None:
            raise ImfilterError(f"{label} must be a layer of a stack, but is none{self._advise(node)}")
        try:
            if name != node.output[0]:
                raise ImfilterError(f"only its first result may be used, got {shorten(name)!r}")
            attributes = {attribute.name: _read_attribute(self.onnx, attribute) for attribute in node.attribute}
            inputs = tuple(node.input)
            if not inputs or not inputs[0]:
                raise ImfilterError("it must have an input, got none")
            return convert(Node(label, node.op_type, inputs, name, attributes), self.constants)
        except ImfilterError as error:
            raise ImfilterError(f"{label}: {error.fact}{self._advise(node)}") from None

    def _advise(self, node: Any) -> str:
        """Say how to stop before a node."""
        before = next((name for name in node.input if name in self.nodes and name not in self.constants), None)
        return ": no layer is before it" if before is None else f": stop before it with until={before!r}"


def _read_attribute(onnx: Any, attribute: Any) -> Any:
    """Return a number, a text or a list."""
    try:
        value = onnx.helper.get_attribute_value(attribute)
    except ValueError:
        raise ImfilterError(f"{shorten(attribute.name)} must have a value") from None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return list(value) if isinstance(value, Sequence) else value
