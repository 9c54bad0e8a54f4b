"""Signatures with types for the filters, from the type stub: the functions are made at run time and have none."""
import ast
from functools import cache
from pathlib import Path

import imfilter

STUB = Path(imfilter.__file__).with_name("__init__.pyi")


@cache
def signatures() -> dict[str, tuple[str, str]]:
    """Return arguments and result of every function in the stub; of overloads, those of the last, the most general."""
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    return {node.name: (f"({ast.unparse(node.args)})", ast.unparse(node.returns) if node.returns else "")
            for node in tree.body if isinstance(node, ast.FunctionDef)}


def find_signature(name: str) -> tuple[str, str] | None:
    """Return the signature of a public name of imfilter, or None if the stub only imports it."""
    module, _, function = name.rpartition(".")
    return signatures().get(function) if module == "imfilter" else None
