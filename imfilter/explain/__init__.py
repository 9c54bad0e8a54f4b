"""Pictures and words that explain kernels, layers and single pixels, and comparisons of images."""
import re
from importlib import import_module
from pathlib import Path
from typing import Any

# The stub next to this file is the only list of public names; a line of it reads "from .module import name as name".
_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
_HOMES = {name: module for module, name in re.findall(r"from \.(\S+) import \w+ as (\w+)", _STUB)}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: most programs need only one kind of picture."""
    if name == "__all__":
        return sorted(_HOMES)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
