from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def use_vectors(most: int) -> int: ...
def add_rows(source: _Array, first: int, taps: _Array, weights: _Array, sums: _Array) -> None: ...
def add_columns(
    sums: _Array, first: int, taps: _Array, weights: _Array, channels: int, turned: _Array, results: _Array,
) -> None: ...
