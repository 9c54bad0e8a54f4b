"""The house: which module may import which, what is loaded when, what is installed; every name is explained."""
import ast
import doctest
import inspect
import re
import runpy
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from program import complete

import imfilter
from imfilter.filters import FILTERS

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "imfilter"
FACTS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))

# From the ground up: a package imports from the packages before it and from itself.
LAYERS = [
    "errors", "runtime", "arrays", "files", "weights", "engine", "convolution", "filters", "sampling", "kernels",
    "pipeline", "layers", "blocks", "interop", "integrations", "explain", "tiled", "video", "batch", "cli", "__main__",
]
# Imported from below, by a name that the importing module holds: dask's implementations of public functions, and what
# notebooks ask an object or an error for.
LATE_BOUND = {
    ("imfilter.arrays.dispatch", "imfilter.interop.dask"),
    ("imfilter.errors", "imfilter.runtime.tracebacks"),
    ("imfilter.runtime.representation", "imfilter.explain.notebook.display"),
}
LIBRARIES = {
    "click": {"cli"},
    "PIL": {"arrays", "files", "pipeline", "interop", "explain", "tiled", "runtime"},
    "dask": {"interop"},
}
ROOT_MODULES = {"__init__", "__main__", "errors", "convolution"}


def child(code, folder):
    """Run Python in a process of its own and return what it prints."""
    done = complete([sys.executable, "-c", code], cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def module_name(path):
    """Return the dotted name of a module, and that of a package for its __init__."""
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
COMPILED = {module_name(path.with_name(path.name.split(".")[0])) for path in PACKAGE.rglob("*.so")}
NAMES = [name for name in dir(imfilter) if not name.startswith("__")]
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(imfilter, name))]


def names_imported(name, source, is_package):
    """Return the dotted names that a module imports anywhere in its source, by statement or by import_module."""
    folder = name if is_package else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(folder.split(".")[:len(folder.split(".")) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, [base, node.module]))
            found |= {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            found |= {text for text in texts_of(node.args[0], source) if text.startswith((".", "imfilter"))}
    return {folder + text if text.startswith(".") else text for text in found}


def texts_of(node, source):
    """Return what a module name given to import_module can be: a literal, a constant of the module, or a prefix."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.JoinedStr):  # f"imfilter.cli.{name}" may be any module of that package
        prefix = node.values[0].value if isinstance(node.values[0], ast.Constant) else ""
        return {prefix + "*"}
    if isinstance(node, ast.Name):
        return {found.value.value for found in ast.walk(ast.parse(source))
                if isinstance(found, ast.Assign) and isinstance(found.value, ast.Constant)
                and any(isinstance(target, ast.Name) and target.id == node.id for target in found.targets)}
    return set()


def modules_imported(name, source=None, is_package=None):
    """Return the modules of imfilter that a module imports."""
    path = SOURCES.get(name)
    source = path.read_text(encoding="utf-8") if source is None else source
    is_package = path.name == "__init__.py" if is_package is None else is_package
    found = set()
    for text in names_imported(name, source, is_package):
        if text.endswith("*"):
            package = text.rstrip(".*")
            found |= {other for other in SOURCES if other.startswith(package + ".")}
            continue
        while text and text not in SOURCES and text not in COMPILED:
            text = text.rpartition(".")[0]
        found.add(text)
    return {other for other in found if other and other not in (name, "imfilter")} - {
        other for module, other in LATE_BOUND if module == name}


def layer(name):
    return LAYERS.index(name.split(".")[1])


def upward_imports(graph):
    return sorted((name, other) for name, others in graph.items() for other in others
                  if name != "imfilter" and layer(other) > layer(name))


def cycles(graph):
    """Return the modules that import each other, directly or through others."""
    def reachable(start):
        seen, waiting = set(), [start]
        while waiting:
            for other in graph.get(waiting.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen

    return sorted(name for name in graph if name in reachable(name))


GRAPH = {name: modules_imported(name) for name in SOURCES}


def test_every_module_has_a_layer():
    assert {name.split(".")[1] for name in SOURCES if "." in name} == set(LAYERS)


def test_no_module_stands_loose_at_the_root():
    assert {path.stem for path in PACKAGE.glob("*.py")} == ROOT_MODULES


def test_imports_point_down():
    assert not upward_imports(GRAPH)


def test_no_two_modules_import_each_other():
    assert not cycles(GRAPH)


@pytest.mark.parametrize("source", [
    "from ..cli import apply",
    "from imfilter.cli import apply",
    "import imfilter.cli.apply",
    "def late():\n    from ..cli.apply import command",
    "import_module('imfilter.cli.apply')",
    "importlib.import_module(f'imfilter.cli.{name}')",
    "__import__('imfilter.cli.apply')",
    "NAME = 'imfilter.cli.apply'\nimport_module(NAME)",
])
def test_an_upward_import_of_any_kind_is_seen(source):
    graph = {"imfilter.engine.planner": modules_imported("imfilter.engine.planner", source, False)}
    assert ("imfilter.engine.planner", "imfilter.cli.apply") in upward_imports(graph)


@pytest.mark.parametrize("source", [
    "from .planner import Plan", "from . import planner", "def late():\n    from . import planner",
    "import_module('.planner')", "import_module('imfilter.engine.planner')",
])
def test_a_cycle_within_a_package_is_seen(source):
    graph = {"imfilter.engine.planner": {"imfilter.engine.fft"},
             "imfilter.engine.fft": modules_imported("imfilter.engine.fft", source, False)}
    assert cycles(graph) == ["imfilter.engine.fft", "imfilter.engine.planner"]


def test_the_way_down_is_walked():
    """The rules above would hold if no import were found at all: the main line of imports must be there."""
    line = ["cli.recipes", "pipeline.recipe", "pipeline.chain", "pipeline.filter", "filters"]
    for upper, lower in pairwise(f"imfilter.{name}" for name in line):
        assert lower in GRAPH[upper], f"{upper} does not import {lower}"
    assert "imfilter.engine.channelwise" in GRAPH["imfilter.filters.operations"]
    assert any(name.startswith("imfilter.engine") for name in GRAPH["imfilter.convolution"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_used_in_its_place_alone(library):
    users = {name.split(".")[1] for name, path in SOURCES.items() if "." in name
             if any(text.split(".")[0] == library
                    for text in names_imported(name, path.read_text(encoding="utf-8"), path.name == "__init__.py"))}
    assert users and users <= LIBRARIES[library]


@pytest.mark.parametrize("name", SOURCES)
def test_the_first_line_of_a_module_says_its_purpose(name):
    first = (ast.get_docstring(ast.parse(SOURCES[name].read_text(encoding="utf-8"))) or "").split("\n")[0]
    assert first.endswith((".", ":")), f"{name}: {first!r}"


def test_importing_loads_nothing_heavy(tmp_path):
    heavy = "{m.split('.')[0] for m in sys.modules} & {'numpy', 'PIL', 'click', 'concurrent', 'scipy', 'skimage'}"
    code = f"import sys, imfilter; print(*{heavy}); print(*(m for m in sys.modules if m.startswith('imfilter.')))"
    assert child(code, tmp_path) == []
    code = f"import sys, imfilter; imfilter.correlate; print(*{heavy})"
    assert child(code, tmp_path) == ["numpy"]


def test_no_module_called_cli_is_installed(tmp_path):
    code = "from importlib.util import find_spec; print(find_spec('cli'), find_spec('imfilter.cli').name)"
    assert child(code, tmp_path) == ["None", "imfilter.cli"]


def test_every_package_is_installed():
    folders = {".".join(path.parent.relative_to(CHECKOUT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(FACTS["tool"]["setuptools"]["packages"]) == folders


def test_versions_agree():
    project, said = FACTS["project"], imfilter.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+([ab]\d+|rc\d+|\.dev\d+)?", said)
    if "version" in project.get("dynamic", []):
        assert FACTS["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "imfilter.__version__"}
    else:
        assert project["version"] == said


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_explained(name):
    value = getattr(imfilter, name)
    assert value.__doc__, name
    assert name == getattr(value, "__name__", name).removeprefix("imfilter.")


def test_the_stub_names_what_there_is():
    stub = PACKAGE / "__init__.pyi"
    if not stub.exists():
        pytest.skip("there is no stub")
    named = set()
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            named |= {alias.asname for alias in node.names if alias.asname}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            named.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            named.add(node.target.id)
    assert named == set(dir(imfilter))


def test_a_wrong_name_is_rejected_with_the_right_one():
    with pytest.raises(AttributeError, match=r"'sobell'.*did you mean 'sobel'"):
        imfilter.sobell  # noqa: B018
    assert not hasattr(imfilter, "__wrong__")


def test_everything_comes_with_a_star(tmp_path):
    code = "from imfilter import *; print(sobel.__name__, correlate.__name__, 'import_module' in dir())"
    assert child(code, tmp_path) == ["sobel", "correlate", "False"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_a_function_are_true(name):
    runner, said = doctest.DocTestRunner(verbose=False), []
    for examples in doctest.DocTestFinder().find(getattr(imfilter, name), name, module=False, globs={}):
        runner.run(examples, out=said.append)
    assert not runner.failures, "".join(said)
    assert runner.tries


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_has_its_sections(name):
    function = getattr(imfilter, name)
    doc = inspect.getdoc(function)
    for section in ["Examples"] if name == "convolve" else ["Parameters", "Returns", "Examples"]:
        assert f"\n{section}\n{'-' * len(section)}\n" in doc, section
    first = doc.split("\n")[0]
    imperative = name in FILTERS or not first.split()[0].endswith("s")  # the line of a filter is its name in the field
    assert first.endswith(".") and imperative, "one imperative line"
    if name != "convolve":  # which refers to correlate
        section = doc.partition("\nParameters\n")[2].partition("\n\n")[0]
        documented = {word.strip(" ,") for line in section.split("\n") if line and not line.startswith(" ")
                      for word in line.partition(" : ")[0].split(",")}
        assert set(inspect.signature(function).parameters) <= documented


def test_the_table_of_filters_is_made_from_the_registry():
    made = runpy.run_path(str(CHECKOUT / "docs" / "filters.py"))["catalog"]()
    assert (CHECKOUT / "docs" / "filters.md").read_text(encoding="utf-8") == made, "run python docs/filters.py"
    assert all(f"| {name} |" in made for name in FILTERS)


def test_the_stub_is_made_from_the_registry():
    made = runpy.run_path(str(CHECKOUT / "docs" / "filters.py"))["stub"]()
    assert (PACKAGE / "__init__.pyi").read_text(encoding="utf-8") == made, "run python docs/filters.py"
    assert all(f"def {name}(" in made for name in FILTERS)


def test_the_stub_of_kernels_is_made_from_the_registry():
    made = runpy.run_path(str(CHECKOUT / "docs" / "filters.py"))["kernels_stub"]()
    assert (PACKAGE / "kernels" / "__init__.pyi").read_text(encoding="utf-8") == made, "run python docs/filters.py"
    assert all(f"def {name}(" in made or f"import {name} as" in made for name in dir(imfilter.kernels))
