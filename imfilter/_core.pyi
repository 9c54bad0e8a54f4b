from typing import Any

import numpy as np
from typing_extensions import disjoint_base

@disjoint_base
class Packed:
    def __init__(
        self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any], kernels: Any,
        stride: tuple[int, int], dilation: tuple[int, int], before: tuple[int, int], border: int, cval: float,
        lane: str, bounded: bool, scale: float = 1, levels: int = 0, bias: np.ndarray[Any, Any] | None = None,
        groups: int = 1, solid: Any = None,
    ) -> None: ...
    def task(self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> Task | None: ...

@disjoint_base
class Strips:
    rows: int
    scratch: int
    align: int
    def run(self, first: int, last: int, caller: bool = True) -> None: ...
    def stop(self) -> None: ...

@disjoint_base
class Task(Strips): ...

@disjoint_base
class WindowTask(Strips):
    def __init__(
        self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any], method: str, size: tuple[int, int],
        before: tuple[int, int], stride: tuple[int, int], border: int, outside: np.ndarray[Any, Any], rank: int = 0,
        network: tuple[Any, int, int] | None = None, weights: np.ndarray[Any, Any] | None = None,
        closeness: float = 0,
    ) -> None: ...

def finite(array: np.ndarray[Any, Any]) -> bool: ...
def gapless(array: np.ndarray[Any, Any]) -> bool: ...
def moments(
    samples: np.ndarray[Any, Any], starts: np.ndarray[Any, Any], steps: np.ndarray[Any, Any],
    weights: np.ndarray[Any, Any], sums: np.ndarray[Any, Any],
) -> None: ...
def levels() -> list[str]: ...
def use(level: str) -> str: ...
