from typing import Any

import numpy as np
from typing_extensions import disjoint_base

from .computation import Computation, Geometry, WindowPlan

@disjoint_base
class Packed:
    def __init__(
        self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any], kernels: Any, geometry: Geometry,
        computation: Computation,
    ) -> None: ...
    def task(self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> Task | None: ...
    def layout(self) -> dict[str, Any]: ...

@disjoint_base
class Strips:
    rows: int
    scratch: int
    align: int
    def run(self, first: int, last: int, caller: bool = True) -> None: ...
    def stop(self) -> None: ...

@disjoint_base
class Task(Strips):
    def part(self, n: int, top: int, left: int, block: np.ndarray[Any, Any]) -> Task: ...
    def layout(self) -> dict[str, Any]: ...

@disjoint_base
class PackedWindow:
    def __init__(
        self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any], plan: WindowPlan, stride: tuple[int, int],
        border: int, outside: np.ndarray[Any, Any],
    ) -> None: ...
    def task(self, source: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> WindowTask | None: ...

@disjoint_base
class WindowTask(Strips): ...

@disjoint_base
class Interpolation(Strips):
    def __init__(
        self, coarse: np.ndarray[Any, Any], target: np.ndarray[Any, Any], steps: tuple[int, int],
        phases: tuple[int, int], down: np.ndarray[Any, Any], across: np.ndarray[Any, Any], exact: bool,
    ) -> None: ...

def all_finite(array: np.ndarray[Any, Any]) -> bool: ...
def compute(
    packed: Packed | PackedWindow, source: np.ndarray[Any, Any], shape: tuple[int, ...], dtype: np.dtype[Any],
) -> np.ndarray[Any, Any] | None: ...
def has_packed_rows(array: np.ndarray[Any, Any]) -> bool: ...
def moments(
    samples: np.ndarray[Any, Any], starts: np.ndarray[Any, Any], steps: np.ndarray[Any, Any],
    weights: np.ndarray[Any, Any], sums: np.ndarray[Any, Any],
) -> None: ...
def simd_variants() -> list[str]: ...
def use_variant(variant: str) -> str: ...
