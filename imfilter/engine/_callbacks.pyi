from typing import Any

import numpy as np

def call_for_windows(
    function: int, data: int, source: np.ndarray[Any, Any], places: np.ndarray[Any, Any],
    window: np.ndarray[Any, Any], target: np.ndarray[Any, Any], down: int, across: int,
) -> int: ...
