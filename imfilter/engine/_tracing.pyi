from typing import Any

import numpy as np

def thin(
    down: np.ndarray[Any, Any], across: np.ndarray[Any, Any], size: np.ndarray[Any, Any],
    marks: np.ndarray[Any, Any], limits: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any],
) -> None: ...
def use_lanes(most: int) -> int: ...
def follow(marks: np.ndarray[Any, Any], path: np.ndarray[Any, Any]) -> None: ...
