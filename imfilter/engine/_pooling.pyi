from typing import Any, final

import numpy as np

_Array = np.ndarray[Any, Any]
_Axis = tuple[_Array, _Array, int, int, int]

@final
class Pool:
    def __init__(
        self, kind: int, sums: int, down: _Axis, across: _Axis, divisors: tuple[_Array, _Array], nothing: _Array,
    ) -> None: ...
    def run(self, source: _Array, target: _Array, first: int, last: int, alone: bool) -> None: ...

def use_vectors(most: int) -> int: ...
