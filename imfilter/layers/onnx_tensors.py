"""The constants of an ONNX graph: initializers, in the model's file or in files beside it, and constant nodes."""
from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..errors import FileError, ImfilterError, explain_os_error, shorten

VALUES = ("value_float", "value_floats", "value_int", "value_ints")


class Constants:
    """The constants of a graph by name. Their data are read, and external files opened, when they are asked for."""

    def __init__(self, onnx: Any, graph: Any, folder: str) -> None:
        self.onnx, self.folder = onnx, folder
        self.found: dict[str, Any] = {tensor.name: tensor for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and len(node.attribute) == 1 and len(node.output) == 1:
                attribute = node.attribute[0]
                if attribute.name == "value":
                    self.found[node.output[0]] = attribute.t
                elif attribute.name in VALUES:
                    self.found[node.output[0]] = np.asarray(onnx.helper.get_attribute_value(attribute))
            elif node.op_type == "Identity" and len(node.output) == 1 and node.input[0:1] and \
                    node.input[0] in self.found:
                self.found[node.output[0]] = self.found[node.input[0]]

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape, without reading data."""
        tensor = self.found[name]
        return tensor.shape if isinstance(tensor, np.ndarray) else tuple(tensor.dims)

    def read(self, name: str) -> Array:
        """Return the values: narrow floats as float32."""
        tensor = self.found[name]
        if isinstance(tensor, np.ndarray):
            return tensor
        if min(tensor.dims, default=0) < 0:
            raise ImfilterError(f"{shorten(name)} must have a shape of sizes, got {tuple(tensor.dims)}")
        if tensor.data_location == self.onnx.TensorProto.EXTERNAL:
            tensor = self._read_external(tensor)
        try:
            values: Array = self.onnx.numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError, RuntimeError):
            raise ImfilterError(f"{shorten(name)} must hold the numbers of its shape {tuple(tensor.dims)}") from None
        is_narrow = (values.dtype.kind == "f" and values.dtype.itemsize < 4) or values.dtype.name == "bfloat16"
        if values.dtype.kind in "biuf" and not is_narrow:
            return values
        if is_narrow:
            with np.errstate(invalid="ignore"):  # of signaling NaNs
                return values.astype(np.float32)
        raise ImfilterError(f"{shorten(name)} must hold real numbers, got {values.dtype}")

    def _read_external(self, tensor: Any) -> Any:
        """Return the tensor with its data, which must be in a file within the model's folder."""
        stated = {entry.key: entry.value for entry in tensor.external_data}
        location = stated.get("location", "")
        folder = Path(os.path.realpath(self.folder))
        # realpath: Path.resolve raises an error for links that lead to themselves.
        path = folder if "\0" in location else Path(os.path.realpath(folder / location))
        if not path.is_relative_to(folder) or not os.path.isfile(path):  # False for names that are too long
            raise ImfilterError(f"external data must be in a file in the model's folder, got {shorten(location)!r}")
        try:
            dtype = self.onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        except KeyError:
            raise ImfilterError(
                f"{shorten(tensor.name)} must have a dtype of ONNX, got the number {tensor.data_type}") from None
        size = math.prod(tensor.dims) * dtype.itemsize
        start = _parse_place(stated.get("offset", "0"))
        if _parse_place(stated.get("length", str(size))) != size:
            raise ImfilterError(f"{shorten(tensor.name)} must have {size:,} bytes, got {stated['length']}")
        complete = self.onnx.TensorProto()
        complete.CopyFrom(tensor)
        complete.ClearField("external_data")
        complete.data_location = self.onnx.TensorProto.DEFAULT
        complete.raw_data = _read_part(path, start, size)
        return complete


def _parse_place(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ImfilterError(f"places in external data must be numbers of bytes, got {shorten(text)!r}")
    return int(text)


def _read_part(path: Path, start: int, size: int) -> bytes:
    """Return bytes of a file, which are known to be there before any are read."""
    try:
        with open(path, "rb") as stream:
            there = os.fstat(stream.fileno()).st_size
            if start + size > there:
                raise ImfilterError(f"{path}: must have {start + size:,} bytes, got {there:,}")
            stream.seek(start)
            return stream.read(size)
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
