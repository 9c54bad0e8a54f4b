from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def use_vectors(most: int) -> int: ...
def add_level(
    plane: _Array, margin: int, step: int, taps: _Array, places: _Array, number: float, room: _Array, into: _Array,
) -> None: ...
def add_direct(plane: _Array, margin: int, step: int, taps: _Array, into: _Array) -> None: ...
def add_rows(
    plane: _Array, first: int, margin: int, step: int, reaches: _Array, squares: _Array | None, halves: _Array | None,
    sums: _Array, into: _Array,
) -> None: ...
def add_paths(
    source: _Array, weights: _Array | None, into: _Array, shares: _Array | None, start: tuple[int, int],
    stride: tuple[int, int], center: tuple[float, float], turns: _Array, counts: _Array, length: float,
    border: tuple[int, float, float],
) -> None: ...
