from typing import Any

import numpy as np

_Doubles = np.ndarray[Any, Any]

def use_vectors(most: int) -> int: ...
def interpolate(
    coarse: _Doubles, target: _Doubles, down: _Doubles, across: _Doubles, phases: tuple[int, int], ring: _Doubles,
    first: int, last: int,
) -> None: ...
