from typing import Any

import numpy as np
from typing_extensions import disjoint_base

_Array = np.ndarray[Any, Any]
_Axis = tuple[_Array, _Array, int, int, int]

@disjoint_base
class Windows:
    def __init__(
        self, kind: int, sums: int, down: _Axis, across: _Axis, divisors: tuple[_Array, _Array], nothing: _Array,
    ) -> None: ...
    def run(self, source: _Array, target: _Array, first: int, last: int) -> None: ...

@disjoint_base
class Task:
    rows: int
    align: int
    def __init__(self, windows: Windows, source: _Array, target: _Array) -> None: ...
    def run(self, first: int, last: int, caller: bool = True) -> None: ...
    def share(self, threads: int, shares: int) -> None: ...
    def stop(self) -> None: ...

def use_vectors(most: int) -> int: ...
