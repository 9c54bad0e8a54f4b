"""The house: which module may import which, what is loaded when, what is installed; every name is explained."""
import ast
import doctest
import inspect
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import imfilter
from imfilter import filters

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "imfilter"
FACTS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))

# From the ground up. A part imports from lower floors and from its own, never from above.
FLOORS = [
    ["errors", "signals", "ahead", "lazy", "stores", "_core", "_tracing"],
    ["patterns", "structure", "borders", "arithmetic", "kernels", "fourier", "networks", "reach", "spans", "windows"],
    ["plan"],
    ["images", "workers"],
    ["normalised", "_normalised"],
    ["convolution"],
    ["ranking", "layers", "weights"],
    ["filters"],
    ["kernel_files"],
    ["steps"],
    ["pipeline", "stacks"],
    ["parts"],
    ["tiles"],
    ["recipe", "interop"],
    ["batch", "explain", "learning", "files", "tiled"],
    ["cli"],
    ["__main__"],
]
FLOOR = {part: level for level, parts in enumerate(FLOORS) for part in parts}
PARTS = {path.stem if path.suffix == ".py" else path.name for path in PACKAGE.iterdir()
         if path.suffix == ".py" or (path / "__init__.py").exists()} - {"__init__"}
MODULES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
           for path in sorted(PACKAGE.rglob("*.py"))}
NAMES = [name for name in dir(imfilter) if not name.startswith("__")]
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(imfilter, name))]


def imports(path, tree):
    """Return the full names that a module imports, also inside functions."""
    folder = ["imfilter", *path.split("/")[:-1]]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = folder[:len(folder) - node.level + 1] if node.level else []
            base = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def parts_imported(path):
    """Return the parts of imfilter that a module imports from."""
    inner = {name.split(".")[1] for name in imports(path, MODULES[path]) if name.startswith("imfilter.")}
    return inner - {"__version__"}


def child(code, folder):
    """Run Python in a process of its own and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("path", [path for path in MODULES if path != "__init__.py"])
def test_imports_point_down(path):
    part = path.removesuffix(".py").split("/")[0]
    assert part in FLOOR, f"{part} has no place in the house yet: give it one above"
    for other in parts_imported(path):
        assert FLOOR[other] <= FLOOR[part], f"{path} imports {other}, which stands above it"


def test_no_two_parts_import_each_other():
    edges = {(path.removesuffix(".py").split("/")[0], other) for path in MODULES for other in parts_imported(path)}
    assert not [(part, other) for part, other in edges if part < other and (other, part) in edges]


def test_the_way_down_is_walked():
    """The rule above would hold for a house without stairs: the main line of imports must be there."""
    line = ["cli/recipes.py", "recipe.py", "pipeline.py", "steps.py", "filters/edges.py", "convolution.py"]
    for upper, lower in zip(line, [*line[1:], "plan.py"], strict=True):
        assert lower.removesuffix(".py").split("/")[0] in parts_imported(upper)
    assert "_core" in parts_imported("convolution.py")


@pytest.mark.parametrize(("library", "allowed"), [
    ("click", {"cli"}),
    ("PIL", {"ahead", "files", "images", "pipeline", "recipe", "interop", "explain", "tiled"}),
    ("_core", {"convolution", "fourier", "learning", "normalised", "ranking"}),
])
def test_a_library_is_used_in_its_place_alone(library, allowed):
    users = {path.removesuffix(".py").split("/")[0] for path, tree in MODULES.items()
             if any(library in name.split(".")[:2] for name in imports(path, tree))}
    assert users <= allowed and users


@pytest.mark.parametrize("path", MODULES)
def test_the_first_line_of_a_module_says_its_purpose(path):
    first = (ast.get_docstring(MODULES[path]) or "").split("\n")[0]
    assert len(first.split()) > 3 and first[-1] in ".:", f"{path}: {first!r}"


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
    assert value.__doc__ and len(value.__doc__.split()) > 3
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


def test_a_wrong_name_is_refused_with_the_right_one():
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
    assert first.endswith(".") and not first.split()[0].endswith("s"), "one imperative line"
    if name != "convolve":  # which refers to correlate
        section = doc.partition("\nParameters\n")[2].partition("\n\n")[0]
        told = {word.strip(" ,") for line in section.split("\n") if line and not line.startswith(" ")
                for word in line.partition(" : ")[0].split(",")}
        assert set(inspect.signature(function).parameters) <= told


def test_the_table_of_filters_is_made_from_the_registry():
    made = runpy.run_path(str(CHECKOUT / "docs" / "filters.py"))["catalogue"]()
    assert (CHECKOUT / "docs" / "filters.md").read_text(encoding="utf-8") == made, "run python docs/filters.py"
    assert all(f"| {name} |" in made for name in filters.PRESETS)
