from typing import Any

import numpy as np

_Planes = np.ndarray[Any, Any]

def use_vectors(most: int) -> int: ...
def room_shapes(
    channels: int, size: tuple[int, int], patch: tuple[int, int], search: int
) -> tuple[tuple[int, ...], ...]: ...
def first_columns(patch: tuple[int, int], search: int) -> tuple[int, int]: ...
def add_offsets(
    pixels: _Planes, values: _Planes, sums: _Planes, spare: _Planes, rings: _Planes, rooms: _Planes, lists: _Planes,
    size: tuple[int, int], patch: tuple[int, int], search: int, down: int, likeness: tuple[float, float, float],
    rough: bool,
) -> None: ...
