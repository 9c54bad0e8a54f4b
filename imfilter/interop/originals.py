"""Functions of another library that have replacements here: find the library's own, and replace them for a while."""
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

from ..errors import ImfilterError

Function = Callable[..., Any]


class Library:
    """A library whose functions have replacements.

    title: its name in messages. package: the package that has the functions. install: the command that installs it.
    others: modules outside the package that may define them.
    """

    def __init__(self, title: str, package: str, install: str, others: tuple[str, ...] = ()) -> None:
        self.title, self._package, self._install, self._others = title, package, install, others
        self._lock = threading.RLock()
        self._originals: dict[str, Function] = {}
        self._blocks = 0  # how many are open, in all threads

    def find_original(self, name: str, why: str) -> Function:
        """Return the library's own function, even while it is replaced. why: what is computed here."""
        with self._lock:
            if name not in self._originals:
                try:
                    import_module(self._root)
                    package = import_module(self._package)
                except ImportError:
                    raise ImfilterError(f"{why}: for everything else install {self.title}, {self._install}") from None
                self._originals[name] = self._search_original(package, name)
        return self._originals[name]

    def find_other(self, name: str, module: str) -> Any:
        """Return something of the package that has no replacement, as an attribute of the module that has them."""
        if name.startswith("_"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        try:
            package = import_module(self._package)
        except ImportError:
            raise AttributeError(f"{name} is not among the replacements for {self._package}, and {self.title} is not "
                                 "installed") from None
        return getattr(package, name)

    def _search_original(self, package: ModuleType, name: str) -> Function:
        """Return the library's own function, even if something else was assigned to its name, in any module."""
        for module in self._list_modules(package, name):
            function: Function | None = getattr(module, name, None)
            if function and getattr(function, "__module__", "").startswith(self._root + "."):
                return function
        raise ImfilterError(f"{self.title}'s own {name} must be found in {self._package}, got only what replaced it")

    @property
    def _root(self) -> str:
        return self._package.partition(".")[0]

    def _list_modules(self, package: ModuleType, name: str) -> Iterator[ModuleType]:
        """Yield the modules that may hold a function, and last their second copies, in which nothing is replaced."""
        yield package
        names = [f"{self._package}.{module.name}" for module in iter_modules(package.__path__) if not module.ispkg]
        modules = [import_module(full) for full in (*self._others, *names)]
        yield from modules
        yield from (_load_again(module) for module in modules if hasattr(module, name))

    @contextmanager
    def replace(self, replacements: Mapping[str, Function]) -> Iterator[None]:
        """Replace the library's functions in all of its modules until the last open block ends."""
        with self._lock:
            why = f"patch needs {self.title}"
            pairs = [(self.find_original(name, why), new) for name, new in replacements.items()]
            self._blocks += 1
            self._swap({id(own): new for own, new in pairs})
        try:
            yield
        finally:
            with self._lock:
                self._blocks -= 1
                if not self._blocks:  # modules imported meanwhile have replacements too
                    self._swap({id(new): own for own, new in pairs})

    def _swap(self, instead: Mapping[int, Function]) -> None:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] != self._root:
                continue
            for key, value in list(vars(module).items()):
                if id(value) in instead:
                    setattr(module, key, instead[id(value)])


def _load_again(module: ModuleType) -> ModuleType:
    """Return a second copy of a module, in which nothing is replaced."""
    spec = find_spec(module.__name__)
    assert spec and spec.loader
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy
