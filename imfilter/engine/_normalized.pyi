from typing import Any

import numpy as np

def keep(
    pixels: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], kept: np.ndarray[Any, Any],
) -> None: ...
def weigh(
    pixels: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], products: np.ndarray[Any, Any],
) -> None: ...
def share(
    sums: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], total: float, results: np.ndarray[Any, Any],
) -> None: ...
def store(values: np.ndarray[Any, Any], results: np.ndarray[Any, Any]) -> None: ...
