from typing import Any, final

import numpy as np

_Buffer = np.ndarray[Any, Any]

PAD: int

def use_vectors(most: int) -> int: ...
def order(keys: _Buffer, counts: _Buffer, whole: _Buffer, rule: int, turned: bool, size: int, count: int) -> bool: ...
def restore(keys: _Buffer, rule: int, turned: bool, size: int, count: int) -> None: ...
@final
class Windows:
    def __init__(
        self, chords: _Buffer, channels: int, pitch: int, rows: int, lanes: int, step: int, read: int
    ) -> None: ...
    def select(
        self, keys: _Buffer, counts: _Buffer, percent: float, pairs: _Buffer, tile: _Buffer, into: _Buffer,
        number: _Buffer, ranks: _Buffer, size: int,
    ) -> None: ...
    def weigh(
        self, keys: _Buffer, weights: _Buffer, percent: float, bits: int, into: _Buffer, counted: _Buffer, size: int
    ) -> None: ...
    def take_least(self, keys: _Buffer, height: int, room: _Buffer, into: _Buffer, size: int) -> None: ...
