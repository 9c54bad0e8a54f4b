"""Trained weights of a stack, from arrays, from the state of a model, or from a file."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..errors import DtypeError, ImfilterError


def load_weights(weights: Any) -> list[tuple[str, Array]]:
    """Return the arrays in their order, with what each is called in messages."""
    if isinstance(weights, str) or hasattr(weights, "__fspath__"):
        return _loaded(weights)
    if isinstance(weights, Mapping):
        return [(str(name), as_array(array, str(name))) for name, array in weights.items()]
    if isinstance(weights, np.ndarray) or not isinstance(weights, Iterable):
        raise DtypeError(f"weights must be a list of arrays, one a layer, got {type(weights).__name__}")
    return [(f"array {k + 1}", as_array(array, f"array {k + 1}")) for k, array in enumerate(weights)]


def _loaded(path: Any) -> list[tuple[str, Array]]:
    """Return the arrays of an .npz file. Pickled objects, which could run code, are refused."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                return [("the array", archive)]
            return [(name, archive[name]) for name in archive.files]
    except OSError as error:
        raise ImfilterError(f"{path}: {error.strerror or 'is no .npz file'}") from None
    except Exception as error:  # a zip file can be broken in many ways
        why = "holds pickled objects, which are refused" if "pickle" in str(error).lower() else "is no .npz file"
        raise ImfilterError(f"{path}: {why}") from None
