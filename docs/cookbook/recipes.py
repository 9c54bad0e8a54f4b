"""Read the recipes of the cookbook, run their code, and write the list of questions.

    python docs/cookbook/recipes.py
"""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from imfilter.cli.program import group

HERE = Path(__file__).parent
PAGES = ("photos", "files", "science", "large", "programs", "teaching")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PREAMBLE = """\
import imfilter
import numpy as np
from PIL import Image
"""
INDEX = """\
# Cookbook

What people ask, and code that answers it. Each recipe runs as it stands in a folder with the pictures that it begins
with; this writes such a folder from the root of a checkout:

```sh
python docs/cookbook/inputs.py try
cd try
```

The Python code continues these lines:

```python
PREAMBLE```

Commands do not replace a file that exists: add `--force` to run one again.
"""


class MissingProgram(Exception):
    """A recipe needs a program or a library that is not installed."""


class Recipe(NamedTuple):
    """A question, the page that it is on, and the text of its answer."""

    page: str
    title: str
    text: str

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """The language and the text of each block of code."""
        return BLOCK.findall(self.text)

    @property
    def anchor(self) -> str:
        """The link to the recipe, as GitHub and MyST make it from the title."""
        return re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")


def read_page(page: str) -> tuple[str, list[Recipe]]:
    """Return the title of a page, and its recipes."""
    head, *parts = re.split(r"^## ", (HERE / f"{page}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    title = head.partition("\n")[0].removeprefix("# ")
    return title, [Recipe(page, *re.split(r"\n", part, maxsplit=1)) for part in parts]


def read_recipes() -> list[Recipe]:
    """Return the recipes of all pages."""
    return [recipe for page in PAGES for recipe in read_page(page)[1]]


def make_index() -> str:
    """Return the text of index.md, with a link to every question."""
    lines = [INDEX.replace("PREAMBLE", PREAMBLE)]
    for page in PAGES:
        title, recipes = read_page(page)
        lines += [f"## [{title}]({page}.md)\n"]
        lines += [f"* [{recipe.title}]({page}.md#{recipe.anchor})" for recipe in recipes] + [""]
    return "\n".join(lines)


def run(recipe: Recipe, inputs: Path, folder: Path) -> dict[str, Any]:
    """Run the code of a recipe in a new folder with the inputs. Return the variables of its Python code."""
    shutil.copytree(inputs, folder)
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(PREAMBLE, names)
    with contextlib.chdir(folder):
        for language, code in recipe.blocks:
            if language == "sh":
                run_shell(code)
            elif language == "python":
                run_python(code, names)
    return names


def run_python(code: str, names: dict[str, Any]) -> None:
    try:
        exec(compile(code, "recipe", "exec"), names)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("imfilter"):
            raise
        raise MissingProgram(error.name) from None


def run_shell(code: str) -> None:
    """Run commands: those of imfilter alone in this process, which is faster, all others by bash."""
    lines = code.replace("\\\n", "").splitlines()
    if all(re.fullmatch(r"imfilter [^|<>&$]+", line) for line in lines):
        for line in lines:
            done = CliRunner().invoke(group, shlex.split(line)[1:])
            if done.exit_code:
                raise RuntimeError(f"{line}\nended with {done.exit_code}:\n{done.output}") from done.exception
    else:
        run_bash(code)


def run_bash(code: str) -> None:
    """Run commands as bash does, and fail where one of them fails, in a pipe, too."""
    for program in {"bash", *re.findall(r"^\s*(ffmpeg|magick) ", code, re.MULTILINE)}:
        if not shutil.which(program):
            raise MissingProgram(program)
    with program_on_path() as path:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], env={**os.environ, "PATH": path},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{code}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def program_on_path() -> Iterator[str]:
    """Return a PATH on which `imfilter` is that of this interpreter, installed or not."""
    folder = Path.cwd() / ".bin"
    folder.mkdir()
    (folder / "imfilter").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m imfilter "$@"\n', encoding="utf-8")
    (folder / "imfilter").chmod(0o755)
    yield f"{folder}{os.pathsep}{os.environ['PATH']}"
    shutil.rmtree(folder)


if __name__ == "__main__":
    (HERE / "index.md").write_text(make_index(), encoding="utf-8")
