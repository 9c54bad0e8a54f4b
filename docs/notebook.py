"""Write docs/tutorial.ipynb: docs/tutorial.md as a notebook, with the results that the page shows.

    python docs/notebook.py [FILE]
"""
import ast
import doctest
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
FENCE = re.compile(r"^```python\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
# Jupyter starts in the folder of the notebook, and the page's paths are relative to the checkout.
SETUP = """import os

if not os.path.exists("sample_images"):
    os.chdir("..")"""
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}


def make_notebook(page: str) -> dict:
    """Return a page of Markdown and doctests as a notebook of nbformat 4.5."""
    cells = []
    for k, part in enumerate(FENCE.split(page)):
        cells += make_code(part) if k % 2 else make_text(part)
    cells.insert(1, code_cell(SETUP, ""))
    for k, cell in enumerate(cells):
        cell["id"] = f"cell-{k:03}"
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def make_text(text: str) -> list[dict]:
    """Return text as cells, one for each section."""
    parts = [part.strip("\n") for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)]
    return [{"cell_type": "markdown", "metadata": {}, "source": split_lines(part)} for part in parts if part]


def make_code(block: str) -> list[dict]:
    """Return a block of examples as cells, each of which ends with a result that the page shows, or with the block."""
    cells, source = [], ""
    examples = doctest.DocTestParser().get_examples(block)
    for k, example in enumerate(examples, 1):
        source += example.source
        if example.want or k == len(examples):
            cells.append(code_cell(source.rstrip("\n"), example.want.rstrip("\n")))
            source = ""
    return cells


def code_cell(source: str, result: str) -> dict:
    """Return a cell of code. result: what it prints, or the value of its last line."""
    outputs = []
    if result and is_value(source):
        outputs = [{"output_type": "execute_result", "execution_count": None, "metadata": {},
                    "data": {"text/plain": split_lines(result)}}]
    elif result:
        outputs = [{"output_type": "stream", "name": "stdout", "text": split_lines(result + "\n")}]
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": outputs,
            "source": split_lines(source)}


def is_value(source: str) -> bool:
    """Say whether code ends with an expression that has a value, which Jupyter displays."""
    last = ast.parse(source).body[-1]
    return isinstance(last, ast.Expr) and not (
        isinstance(last.value, ast.Call) and ast.unparse(last.value.func) == "print")


def split_lines(text: str) -> list[str]:
    """Return text as a list of lines, as notebooks store it."""
    return text.splitlines(keepends=True)


def write(path: Path) -> None:
    """Write the notebook as Jupyter does."""
    notebook = make_notebook((HERE / "tutorial.md").read_text(encoding="utf-8"))
    path.write_text(json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "tutorial.ipynb")
