from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]

def use_vectors(most: int) -> int: ...
def activate(function: int, source: _Array, results: _Array, slope: float, threads: int) -> None: ...
