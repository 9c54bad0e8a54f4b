from typing import Any

import numpy as np
from typing_extensions import disjoint_base

_Array = np.ndarray[Any, Any]

FORMULAS: dict[str, int]
OUT_KINDS: dict[str, int]
LEVELS: dict[str, int]

def use_vectors(most: int) -> int: ...
def fill_terms(terms: _Array, count: int, triangle: bool) -> None: ...

@disjoint_base
class Strips:
    def __init__(
        self, image: _Array, mask: _Array | None, out: _Array, shape: tuple[int, int],
        window: tuple[tuple[int, int], tuple[int, int]], lists: tuple[_Array, _Array, _Array], more: dict[str, Any],
    ) -> None: ...
    @property
    def scratch(self) -> int: ...
    def compute(self, first: int, last: int) -> None: ...
