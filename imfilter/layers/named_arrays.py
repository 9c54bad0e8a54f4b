"""Arrays with their names: those of a mapping, such as the state of a PyTorch model, or of a file."""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..errors import DtypeError, FileError, ImfilterError, explain_os_error, list_choices, shorten
from .stored_arrays import PICKLED, StoredArray, list_stored_arrays
from .stored_tensors import StoredTensor, is_safetensors, list_stored_tensors

AnyArray: TypeAlias = Array | StoredArray | StoredTensor
NamedArrays = list[tuple[str, AnyArray]]

PICKLE_START, HDF5_START = b"\x80", b"\x89HDF"
NUMBER = re.compile(r"(\d+)")
WEIGHT = "weight"


def is_file_name(weights: Any) -> bool:
    """Return whether weights are given as the name of a file."""
    return isinstance(weights, str) or hasattr(weights, "__fspath__")


def check_file_name(path: Any) -> str:
    """Return the name of a file as text."""
    if not is_file_name(path):
        raise DtypeError(f"path must be the name of a file, got {type(path).__name__}")
    name = os.fspath(path)
    if not isinstance(name, str) or "\0" in name:
        raise ImfilterError(f"path must be text that can be the name of a file, got {name!r}")
    return name


def list_named_arrays(weights: Any, modules: Iterable[str] | None = None, prefix: str = "") -> NamedArrays:
    """Return the arrays of a mapping or a file by name, in the order of the layers. Those in files are not read.

    A .safetensors file holds them by name. Their order is that of `modules`, the names up to the last dot; None: that
    of the numbers in the names, if they differ in nothing else. prefix: what the names begin with.
    """
    if is_file_name(weights):
        path = check_file_name(weights)
        found, is_sorted = _list_file(path)
    elif isinstance(weights, Mapping):
        found, is_sorted = [(str(name), as_numbers(array, str(name))) for name, array in weights.items()], True
    else:
        raise DtypeError(f"weights must be a mapping of names to arrays, or the name of a file, got "
                         f"{type(weights).__name__}")
    chosen = [(name, array) for name, array in found if name.startswith(prefix)]
    if found and not chosen:
        raise ImfilterError(f"prefix must be what names begin with, such as {shorten(found[0][0])!r}, got {prefix!r}")
    if modules is not None:
        return select_modules(chosen, modules)
    return chosen if is_sorted else _sort_by_number(path, chosen)


def as_numbers(array: Any, name: str) -> Array:
    """Return an array or a tensor as NumPy's: without a copy, but for half and bfloat16 tensors, which become float32.

    Parameters of a PyTorch model are taken without their gradients.
    """
    if hasattr(array, "detach"):
        try:
            array = array.detach()
        except ValueError:  # of a lazy module
            raise ImfilterError(f"{name} must be initialized, which a lazy module is by its first image") from None
        if array.is_floating_point() and array.element_size() == 2:
            array = array.float()
    values = as_array(array, name)
    if values.dtype.kind not in "biuf":
        raise DtypeError(f"{name} must hold real numbers, got {values.dtype}")
    return values


def split_name(name: str) -> tuple[str, str]:
    """Return the name of a module, and that of the array in it."""
    module, _, leaf = name.rpartition(".")
    return module, leaf


def select_modules(arrays: NamedArrays, modules: Iterable[str]) -> NamedArrays:
    """Return the arrays of these modules alone, in their order."""
    wanted = list(modules)
    by_module: dict[str, NamedArrays] = {}
    for name, array in arrays:
        by_module.setdefault(split_name(name)[0], []).append((name, array))
    missing = next((module for module in wanted if module not in by_module), None)
    if missing is not None:
        raise ImfilterError(f"modules must be {list_choices(list(by_module)[:20])}, got {missing!r}")
    return [pair for module in wanted for pair in _weight_first(by_module[module])]


def _list_file(path: str) -> tuple[NamedArrays, bool]:
    """Return the arrays of a file, whose kind its first bytes say, and whether they are in the order of the layers."""
    try:
        with open(path, "rb") as stream:
            start = stream.read(9)
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    if is_safetensors(start):
        return [(tensor.name, tensor) for tensor in list_stored_tensors(path)], False
    if start.startswith(PICKLE_START):
        raise ImfilterError(f"{path}: {PICKLED}")
    if start.startswith(HDF5_START):
        raise ImfilterError(f"{path}: must not be an HDF5 file: save its arrays with numpy.savez")
    return [(array.name, array) for array in list_stored_arrays(path)], True


def _sort_by_number(path: str, arrays: NamedArrays) -> NamedArrays:
    """Return arrays in the order of the numbers in the names of their modules."""
    modules = sorted({split_name(name)[0] for name, _ in arrays}, key=lambda text: [
        int(part) if part.isdecimal() else part for part in NUMBER.split(text)])
    if len({NUMBER.sub("#", module) for module in modules}) > 1:
        raise ImfilterError(f"{path}: stores arrays by name, not in the order of the layers: pass their names as "
                            f"modules=, such as {modules[0]!r}, to Stack.from_state_dict")
    return select_modules(arrays, modules)


def _weight_first(arrays: NamedArrays) -> NamedArrays:
    return sorted(arrays, key=lambda pair: split_name(pair[0])[1] != WEIGHT)
