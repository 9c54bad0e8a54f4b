"""The cookbook: its code runs as it stands, and its pictures are what the code computes."""
import importlib
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import complete

COOKBOOK = Path(__file__).parents[1] / "docs" / "cookbook"
sys.path.append(str(COOKBOOK))
pictures = importlib.import_module("pictures")
recipes = importlib.import_module("recipes")
RECIPES = recipes.read_recipes()
OPTIONAL = re.compile(r"^(?:import|from) (torch|xarray|numba)\b", re.MULTILINE)  # not in [test]
SHOWN = [shown for recipe in RECIPES for shown in pictures.SHOWN.findall(recipe.text)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The folder that the first command of the cookbook writes."""
    folder = tmp_path_factory.mktemp("cookbook") / "try"
    done = complete([sys.executable, "-W", "error", str(COOKBOOK / "inputs.py"), str(folder)])
    assert done.returncode == 0, done.stderr
    return folder


def marked(recipe):
    marks = [pytest.mark.slow] + [pytest.mark.more] * bool(OPTIONAL.search(recipe.text))
    return pytest.param(recipe, marks=marks, id=recipe.anchor.removeprefix("how-do-i-"))


@pytest.mark.parametrize("recipe", [marked(recipe) for recipe in RECIPES])
def test_the_code_of_a_recipe_runs_and_draws_its_pictures(recipe, inputs, tmp_path):
    try:
        drawn = dict(pictures.draw_recipe(recipe, inputs, tmp_path / "here"))
    except recipes.MissingProgram as missing:
        pytest.skip(f"needs {missing}")
    for name, content in drawn.items():
        with Image.open(COOKBOOK / "pictures" / name) as kept, Image.open(io.BytesIO(content)) as made:
            assert kept.size == made.size
            apart = np.abs(np.asarray(kept.convert("RGB"), float) - np.asarray(made, float))
        # Fonts and JPEG encoders differ between versions.
        assert apart.mean() < 1 and np.percentile(apart, 99) < 24, f"{name}: run python docs/cookbook/pictures.py"


def test_there_are_enough_recipes_and_no_question_twice():
    assert len(RECIPES) >= 25
    assert len({recipe.anchor for recipe in RECIPES}) == len(RECIPES)


def test_no_two_recipes_write_the_same_file():
    commands = ["\n".join(code for language, code, _ in recipe.blocks if language == "sh") for recipe in RECIPES]
    names = [name for code in commands for name in set(re.findall(r'(?:-o |--out-dir |> )"?([^\s";]*\w)', code))]
    assert len(names) > 50 and sorted(names) == sorted(set(names))


@pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.anchor for recipe in RECIPES])
def test_a_recipe_has_a_question_code_and_a_trap(recipe):
    assert recipe.title.startswith("How do I ") and recipe.title.endswith("?")
    assert recipe.blocks and {block.language for block in recipe.blocks} <= {"sh", "python"}
    assert len(recipe.blocks) == recipe.text.count("\n```\n") == recipe.text.count("```") / 2
    assert recipe.text.count("**Trap:** ") == 1


def test_the_list_of_questions_is_that_of_the_pages():
    assert (COOKBOOK / "index.md").read_text(encoding="utf-8") == recipes.make_index(), \
        "run python docs/cookbook/recipes.py"
    assert sorted(path.stem for path in COOKBOOK.glob("*.md")) == sorted(["index", *recipes.PAGES])


def test_pictures_are_small_and_each_is_shown_once():
    names = sorted(name for _, name, _ in SHOWN)
    assert names == sorted(pictures.ROWS) == sorted(path.name for path in (COOKBOOK / "pictures").iterdir())
    sizes = [(COOKBOOK / "pictures" / name).stat().st_size for name in names]
    assert max(sizes) < 60_000 and sum(sizes) < 1_200_000


def test_every_picture_has_a_text_and_a_caption():
    assert len(SHOWN) == sum(recipe.text.count("![") for recipe in RECIPES)
    for text, name, caption in SHOWN:
        assert len(text) > 20 and len(caption) > 20 and text != caption, name
