"""The tutorial: snippets print what it shows, commands work, the notebook is the page, scripts draw the pictures."""
import ast
import contextlib
import doctest
import io
import json
import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from drawn import DOCS, assert_drawn, draw

from imfilter.cli.program import group

TEXT = (DOCS / "tutorial.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"!\[.+?\]\((\S+)\)", TEXT)
COMMANDS = re.findall(r"^imfilter (.+)$", TEXT, re.MULTILINE)
NOTEBOOK = json.loads((DOCS / "tutorial.ipynb").read_text(encoding="utf-8"))
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:-2]  # without questions and sources


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty folder with the sample images, as the current one: the tutorial writes files."""
    (tmp_path / "sample_images").symlink_to(DOCS.parent / "sample_images", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_snippet_prints_what_is_shown(folder, variant):
    fences = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)
    lesson = doctest.DocTestParser().get_doctest(fences, {}, "tutorial", str(DOCS / "tutorial.md"), 0)
    found = []
    result = doctest.DocTestRunner(verbose=False).run(lesson, out=found.append)
    assert result.failed == 0, "".join(found)
    assert result.attempted == TEXT.count("\n>>> ") > 80


def test_every_section_has_a_command_that_draws_it():
    for section in SECTIONS:
        name = section.split("\n")[0]
        assert re.search(r"^```sh\nimfilter explain .+\n```$", section, re.MULTILINE), name


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The file of weights that the tutorial writes."""
    path = tmp_path_factory.mktemp("weights") / "first_layer.npz"
    np.savez(path, **{"conv1.weight": np.random.default_rng(0).normal(size=(6, 3, 3, 3)).astype(np.float32)})
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_works(folder, weights, command):
    (folder / "first_layer.npz").write_bytes(weights.read_bytes())
    arguments = shlex.split(command)
    done = CliRunner().invoke(group, arguments)
    written = folder / arguments[arguments.index("-o") + 1]
    assert done.exception is None and f"wrote {written.name}" in done.output, done.output
    assert written.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_commands_write_files_of_different_names():
    names = [command.rpartition(" -o ")[2] for command in COMMANDS]
    assert len(set(names)) == len(names) == len(SECTIONS)


def test_the_notebook_is_that_of_the_page(tmp_path):
    runpy.run_path(str(DOCS / "notebook.py"))["write"](tmp_path / "x.ipynb")
    assert (tmp_path / "x.ipynb").read_bytes() == (DOCS / "tutorial.ipynb").read_bytes(), "run python docs/notebook.py"


def test_the_notebook_has_the_form_of_notebooks():
    assert set(NOTEBOOK) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    for cell in NOTEBOOK["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
        assert cell["cell_type"] in ("code", "markdown") and all(isinstance(line, str) for line in cell["source"])
        assert not any(line.startswith((">>>", "...")) for line in cell["source"])


@pytest.mark.more
def test_the_notebook_is_valid_by_the_rules_of_nbformat():
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.read(DOCS / "tutorial.ipynb", as_version=nbformat.NO_CONVERT))


def test_the_notebook_has_all_text_and_all_code_of_the_page():
    text = "".join("".join(cell["source"]) + "\n" for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown")
    prose = re.sub(r"^```python\n.*?^```\n", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    assert text.split() == prose.split()
    code = "\n".join("".join(cell["source"]) for cell in NOTEBOOK["cells"][2:] if cell["cell_type"] == "code")
    shown = "\n".join(line[4:] for line in TEXT.split("\n") if line.startswith((">>>", "...")))
    assert code == shown


def run_cell(source, names):
    """Run code as Jupyter does. Return what it prints, and the value of its last line as text, or nothing."""
    tree, out = ast.parse(source), io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(out):
        exec(compile(tree, "cell", "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return out.getvalue(), "" if value is None else repr(value)


def test_every_cell_of_the_notebook_has_the_result_that_is_stored(folder):
    names = {}
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            printed, value = run_cell("".join(cell["source"]), names)
            stored = {"stream": "", "execute_result": ""}
            for output in cell["outputs"]:
                stored[output["output_type"]] = "".join(output.get("text") or output["data"]["text/plain"])
            assert (printed, value) == tuple(stored.values()), cell["source"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with newly drawn pictures."""
    return draw("tutorial", tmp_path_factory.mktemp("tutorial"))


def test_the_script_draws_the_pictures_that_are_shown(drawn):
    assert sorted(SHOWN) == sorted(f"tutorial/{path.name}" for path in drawn.iterdir())
    assert sorted(SHOWN) == sorted(f"tutorial/{path.name}" for path in (DOCS / "tutorial").iterdir())
    assert sum((DOCS / name).stat().st_size for name in SHOWN) < 600_000


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_equals_that_of_the_script(name, drawn):
    assert_drawn(DOCS / name, drawn / Path(name).name, "tutorial")
