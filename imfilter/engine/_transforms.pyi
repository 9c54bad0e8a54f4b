from typing import Any

import numpy as np

def scratch_size(down: int, across: int) -> int: ...
def convolve(
    block: np.ndarray[Any, Any], kernel: np.ndarray[Any, Any], down_roots: np.ndarray[Any, Any],
    across_roots: np.ndarray[Any, Any], scratch: np.ndarray[Any, Any], vector_bytes: int,
) -> None: ...
