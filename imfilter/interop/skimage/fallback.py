"""scikit-image's own filters: call them where nothing is computed here, and replace them for a while."""
from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from ...errors import ImfilterError

Function = Callable[..., Any]

_lock = threading.RLock()
_originals: dict[str, Function] = {}
_blocks = 0  # how many are open, in all threads


def call_original(name: str, why: str, *args: Any, package: str = "filters", **keywords: Any) -> Any:
    """Call scikit-image's own function, for what is not computed here. why: what is computed here."""
    return find_original(name, why, package)(*args, **keywords)


def find_original(name: str, why: str, package: str = "filters") -> Function:
    """Return the own function of a package of scikit-image, even while it is replaced."""
    with _lock:
        if name not in _originals:
            try:
                module = getattr(import_module("skimage"), package)
            except ImportError:
                raise ImfilterError(
                    f"{why}: for everything else install scikit-image, pip install 'imfilter[skimage]'") from None
            _originals[name] = _search_original(module, name)
    return _originals[name]


def _search_original(package: ModuleType, name: str) -> Function:
    """Return scikit-image's own function, even if something else was assigned to its name, in any module."""
    for module in _list_modules(package, name):
        function: Function | None = getattr(module, name, None)
        if function and getattr(function, "__module__", "").startswith("skimage."):
            return function
    raise ImfilterError(f"scikit-image's own {name} must be found in {package.__name__}, got only what replaced it")


def _list_modules(package: ModuleType, name: str) -> Iterator[ModuleType]:
    """Yield the modules that may hold a function, and last their second copies, in which nothing is replaced."""
    yield package
    names = [f"{package.__name__}.{module.name}" for module in iter_modules(package.__path__) if not module.ispkg]
    modules = [import_module(full) for full in ("skimage._shared.filters", *names)]
    yield from modules
    yield from (_load_again(module) for module in modules if hasattr(module, name))


def _load_again(module: ModuleType) -> ModuleType:
    """Return a second copy of a module, in which nothing is replaced."""
    spec = find_spec(module.__name__)
    assert spec and spec.loader
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


@contextmanager
def replace_filters(replacements: Mapping[str, Mapping[str, Function]]) -> Iterator[None]:
    """Replace scikit-image's functions, by package, in all of its modules until the last open block ends."""
    global _blocks
    with _lock:
        pairs = [(find_original(name, "patch needs scikit-image", package), new)
                 for package, functions in replacements.items() for name, new in functions.items()]
        _blocks += 1
        _swap({id(own): new for own, new in pairs})
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks:  # modules imported meanwhile have replacements too
                _swap({id(new): own for own, new in pairs})


def _swap(instead: Mapping[int, Function]) -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "skimage":
            continue
        for key, value in list(vars(module).items()):
            if id(value) in instead:
                setattr(module, key, instead[id(value)])
