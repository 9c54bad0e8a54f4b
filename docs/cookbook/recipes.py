"""Read the recipes of the cookbook, run their code, and write the list of questions.

    python docs/cookbook/recipes.py
"""
import contextlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.append(str(Path(__file__).parents[1]))
from code_blocks import PREAMBLE, Block, read_blocks, run_block
from code_blocks import MissingProgram as MissingProgram  # for those who run recipes

HERE = Path(__file__).parent
PAGES = ("photos", "files", "science", "large", "programs", "teaching")
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


class Recipe(NamedTuple):
    """A question, the page that it is on, and the text of its answer."""

    page: str
    title: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        """The blocks of code."""
        return read_blocks(self.text)

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
        for block in recipe.blocks:
            run_block(block, names)
    return names


if __name__ == "__main__":
    (HERE / "index.md").write_text(make_index(), encoding="utf-8")
