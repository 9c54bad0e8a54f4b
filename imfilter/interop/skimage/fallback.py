"""scikit-image's own filters: what goes on to them, and their place taken by twins for a while."""
from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...errors import ImfilterError

Function = Callable[..., Any]

_lock = threading.RLock()
_originals: dict[str, Function] = {}
_blocks = 0  # how many are open, in all threads


def handed_on(name: str, why: str, *args: Any, **keywords: Any) -> Any:
    """Call scikit-image's own function, for what is not computed here: why says what is."""
    return original(name, why)(*args, **keywords)


def original(name: str, why: str) -> Function:
    """Return scikit-image's own function, also while a twin is in its place."""
    with _lock:
        if name not in _originals:
            try:
                from skimage import filters
            except ImportError:
                raise ImfilterError(
                    f"{why}: for all else install scikit-image, pip install 'imfilter[skimage]'") from None
            _originals[name] = getattr(filters, name)
    return _originals[name]


@contextmanager
def replaced(twins: Mapping[str, Function]) -> Iterator[None]:
    """Put twins in the place of scikit-image's functions, wherever it holds them, until the last open block ends."""
    global _blocks
    with _lock:
        pairs = [(original(name, "patch needs scikit-image"), twin) for name, twin in twins.items()]
        _blocks += 1
        _swap({id(own): twin for own, twin in pairs})
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks:  # modules imported meanwhile hold twins too
                _swap({id(twin): own for own, twin in pairs})


def _swap(instead: Mapping[int, Function]) -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "skimage":
            continue
        for key, value in list(vars(module).items()):
            if id(value) in instead:
                setattr(module, key, instead[id(value)])
