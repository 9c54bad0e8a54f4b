"""Read a stack from a file: an ONNX model, weights alone, or layers as text."""
from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from ..errors import FileError, ImfilterError, explain_os_error, list_choices, shorten
from .layer import Layer
from .named_arrays import NamedArrays, check_file_name, list_named_arrays
from .stack import Stack

LONGEST_TEXT = 2**20  # bytes
NOTE = ("the file stores weights only: strides, padding, dilation, pools and activations are not known, and layers "
        "are taken to keep the size")


class StoredStack(NamedTuple):
    """A stack that was read from a file, and notes on what the file does not say."""

    stack: Stack
    notes: tuple[str, ...] = ()


def read_stack(path: Any, until: str | None = None) -> StoredStack:
    """Read the layers that a file describes, with their weights if it has some.

    Parameters
    ----------
    path : str or path
        By its ending: .onnx, .safetensors, .npz, .npy; .txt holds layers as `Stack.parse` reads them, on one or several
        lines, and .json a list of them.
    until : str, optional
        For .onnx: the tensor or node to stop at.

    Returns
    -------
    StoredStack
        Of weights without a graph, the stack has convolutions that keep the size, and a note says so.
    """
    path = check_file_name(path)
    ending = os.path.splitext(path)[1].lower()
    if ending == ".onnx":
        return StoredStack(Stack.from_onnx(path, until))
    if until is not None:
        raise ImfilterError(f"only .onnx files can be read until {until!r}, got {path}")
    read = READERS.get(ending)
    if read is None:
        raise ImfilterError(f"{path}: the name of a model must end with {list_choices(['.onnx', *READERS])}")
    return read(path)


def _read_weights(path: str) -> StoredStack:
    """Return the convolutions that have the weights of a file."""
    arrays = list_named_arrays(path)
    kernels: NamedArrays = [(name, array) for name, array in arrays if array.ndim == 4]
    if not kernels:
        raise ImfilterError(f"{path}: must hold the weights (C_out, C_in / groups, kh, kw) of a layer, got none")
    layers = [_guess_layer(array.shape, 1) for _, array in kernels[:1]]
    for (name, before), (other, array) in pairwise(kernels):
        if before.shape[0] % array.shape[1]:
            raise ImfilterError(
                f"{path}: each layer must read the channels of the one before, got {shorten(other)} of shape "
                f"{array.shape} after {shorten(name)} of {before.shape}: give the layers, by Stack.from_state_dict")
        layers.append(_guess_layer(array.shape, before.shape[0] // array.shape[1]))
    return StoredStack(Stack(layers), (NOTE,))


def _guess_layer(shape: tuple[int, ...], groups: int) -> Layer:
    """Return a layer that keeps the size of images."""
    return Layer((shape[2], shape[3]), padding=(shape[2] // 2, shape[3] // 2), out_channels=shape[0], groups=groups)


def _read_text(path: str) -> StoredStack:
    lines = [line.strip().rstrip(",") for line in _load_text(path).splitlines()]
    return _parse(path, ", ".join(filter(None, lines)))


def _read_json(path: str) -> StoredStack:
    try:
        layers = json.loads(_load_text(path))
    except (ValueError, RecursionError):
        raise ImfilterError(f"{path}: is damaged, or not JSON") from None
    if not isinstance(layers, list) or not all(isinstance(layer, str) for layer in layers):
        raise ImfilterError(f'{path}: must be a list of layers such as ["3x16 s2 p1", "relu"]')
    return _parse(path, ", ".join(layers))


def _parse(path: str, text: str) -> StoredStack:
    try:
        return StoredStack(Stack.parse(text))
    except ImfilterError as error:
        raise ImfilterError(f"{path}: {error.fact}") from None


def _load_text(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            data = stream.read(LONGEST_TEXT + 1)
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    if len(data) > LONGEST_TEXT:
        raise ImfilterError(f"{path}: must have at most {LONGEST_TEXT:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImfilterError(f"{path}: must be text in UTF-8") from None


READERS: dict[str, Callable[[str], StoredStack]] = {
    **dict.fromkeys((".safetensors", ".npz", ".npy"), _read_weights), ".txt": _read_text, ".json": _read_json}
