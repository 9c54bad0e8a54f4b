"""Tensors in .safetensors files: the header is read and checked before any of their data."""
from __future__ import annotations

import json
import math
import os
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array
from ..errors import FileError, ImfilterError, explain_os_error, shorten

PREFIX = 8  # bytes that hold the length of the header
LONGEST = 2**24  # bytes of a header, which is enough for 100,000 tensors
MOST_AXES = 8
BFLOAT16 = "BF16"
# What is stored; narrow floats are widened when they are read.
STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", BFLOAT16: "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
          "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?"}
WIDENED = ("F16", BFLOAT16)
FIELDS = {"dtype", "shape", "data_offsets"}
METADATA = "__metadata__"


class StoredTensor(NamedTuple):
    """A tensor in a file, of which only the header has been read. start: its place in the file, in bytes."""

    path: str
    name: str
    shape: tuple[int, ...]
    stored: str
    start: int

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of what `read` returns."""
        return np.dtype(np.float32 if self.stored in WIDENED else STORED[self.stored]).newbyteorder("=")

    @property
    def size_in_file(self) -> int:
        """Bytes that the data take in the file."""
        return math.prod(self.shape) * np.dtype(STORED[self.stored]).itemsize

    def read(self) -> Array:
        """Read the data. Halves and bfloat16 become float32, exactly."""
        try:
            with open(self.path, "rb") as stream:
                stream.seek(self.start)
                data = stream.read(self.size_in_file)
        except OSError as error:
            raise FileError(f"{self.path}: {explain_os_error(error)}") from None
        if len(data) < self.size_in_file:
            raise ImfilterError(f"{self.path}: is damaged: {shorten(self.name)} must have {self.size_in_file:,} bytes, "
                                f"got {len(data):,}")
        values: Array = np.frombuffer(data, STORED[self.stored]).reshape(self.shape)
        if self.stored == BFLOAT16:  # the upper half of a float32
            values = (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
        with np.errstate(invalid="ignore"):  # of signaling NaNs
            return values.astype(self.dtype, copy=False)


def is_safetensors(start: bytes) -> bool:
    """Return whether a file that starts with these bytes, at least 9, can be a .safetensors file."""
    return start[PREFIX:PREFIX + 1] == b"{"


def list_stored_tensors(path: Any) -> list[StoredTensor]:
    """Return the tensors of a .safetensors file in the order of its header."""
    path = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            length = int.from_bytes(stream.read(PREFIX), "little")
            if length > min(LONGEST, size - PREFIX):
                raise ImfilterError(f"{path}: must have a header of at most {LONGEST:,} bytes and no longer than the "
                                    f"file, got {length:,}")
            header = _parse_header(path, stream.read(length))
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    start = PREFIX + length
    tensors = [_describe(path, name, entry, start) for name, entry in header if name != METADATA]
    _check_places(path, tensors, start, size)
    return tensors


def _parse_header(path: str, data: bytes) -> list[tuple[str, Any]]:
    """Return the names and entries of a header, which must be a JSON object without repeated names."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_Pairs)
        if not isinstance(found, _Pairs):
            raise ValueError
    except (ValueError, RecursionError):
        raise ImfilterError(f"{path}: has a damaged header, or is not a .safetensors file") from None
    twice = next((name for name, count in Counter(name for name, _ in found).items() if count > 1), None)
    if twice is not None:
        raise ImfilterError(f"{path}: must hold one tensor of a name, got several of {shorten(twice)!r}")
    return list(found)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON with its names in order, repeated ones included."""


def _describe(path: str, name: str, entry: Any, start: int) -> StoredTensor:
    """Return a tensor as its entry describes it."""
    label = shorten(name)
    fields = dict(entry) if isinstance(entry, _Pairs) and len(entry) == len(FIELDS) else {}
    if set(fields) != FIELDS:
        raise ImfilterError(f"{path}: {label} must have dtype, shape and data_offsets, each once")
    stored, shape, places = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(stored, str) or stored not in STORED:
        raise ImfilterError(f"{path}: {label} must have one of the dtypes {', '.join(STORED)}, got "
                            f"{shorten(str(stored))}")
    if not _are_sizes(shape) or len(shape) > MOST_AXES:
        raise ImfilterError(f"{path}: {label} must have a shape of at most {MOST_AXES} sizes, got "
                            f"{shorten(str(shape))}")
    if not _are_sizes(places) or len(places) != 2:
        raise ImfilterError(f"{path}: {label} must have two data_offsets, got {shorten(str(places))}")
    tensor = StoredTensor(path, name, tuple(shape), stored, start + places[0])
    if places[1] - places[0] != tensor.size_in_file:
        raise ImfilterError(f"{path}: {label} must have the {tensor.size_in_file:,} bytes of {stored} {tensor.shape}, "
                            f"got {places[1] - places[0]:,}")
    return tensor


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**63 for value in values)


def _check_places(path: str, tensors: list[StoredTensor], start: int, size: int) -> None:
    """Check that the data of the tensors fill the file, in any order, without gaps or overlaps."""
    ends = [(start, start), *sorted((tensor.start, tensor.start + tensor.size_in_file) for tensor in tensors)]
    if ends[-1][1] > size:
        raise ImfilterError(f"{path}: is damaged: its tensors must end at byte {size:,}, got {ends[-1][1]:,}")
    if ends[-1][1] < size or any(before[1] != after[0] for before, after in pairwise(ends)):
        raise ImfilterError(f"{path}: is damaged: the data of its tensors must fill it without gaps or overlaps")
