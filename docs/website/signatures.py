"""Signatures with types for the filters, from the type stub: the functions are made at run time and have none."""
import ast
from functools import cache
from pathlib import Path

import imfilter

STUB = Path(imfilter.__file__).with_name("__init__.pyi")


def read_signatures(stub: str) -> dict[str, tuple[str, str]]:
    """Return arguments and result of every function in a stub, as text.

    Of overloads, the last is shown, which takes most; and no result where theirs differ: the docstring says what it is.
    """
    found: dict[str, tuple[str, str]] = {}
    for node in ast.parse(stub).body:
        if isinstance(node, ast.FunctionDef):
            result = ast.unparse(node.returns) if node.returns else ""
            others = found.get(node.name, ("", result))
            found[node.name] = f"({ast.unparse(node.args)})", result if others[1] == result else ""
    return found


@cache
def _public_signatures() -> dict[str, tuple[str, str]]:
    return read_signatures(STUB.read_text(encoding="utf-8"))


def find_signature(name: str) -> tuple[str, str] | None:
    """Return the signature of a public name of imfilter, or None if the stub only imports it."""
    module, _, function = name.rpartition(".")
    return _public_signatures().get(function) if module == "imfilter" else None
