"""The tutorial: its snippets print what it shows, and its pictures are those that its script draws."""
import doctest
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "tutorial.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"!\[.+?\]\((\S+)\)", TEXT)


def test_every_snippet_prints_what_is_shown(monkeypatch, variant):
    monkeypatch.chdir(DOCS.parent)
    fences = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)
    lesson = doctest.DocTestParser().get_doctest(fences, {}, "tutorial", str(DOCS / "tutorial.md"), 0)
    found = []
    result = doctest.DocTestRunner(verbose=False).run(lesson, out=found.append)
    assert result.failed == 0, "".join(found)
    assert result.attempted == TEXT.count("\n>>> ") > 30


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with newly drawn pictures."""
    folder = tmp_path_factory.mktemp("tutorial")
    runpy.run_path(str(DOCS / "tutorial.py"))["draw"](folder)
    return folder


def test_the_script_draws_the_pictures_that_are_shown(drawn):
    assert sorted(SHOWN) == sorted(f"tutorial/{path.name}" for path in drawn.iterdir())
    assert sorted(SHOWN) == sorted(f"tutorial/{path.name}" for path in (DOCS / "tutorial").iterdir())
    assert sum((DOCS / name).stat().st_size for name in SHOWN) < 600_000


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_equals_that_of_the_script(name, drawn):
    with Image.open(DOCS / name) as kept, Image.open(drawn / Path(name).name) as made:
        assert kept.size == made.size
        # Rounding differs between instruction sets, and JPEG amplifies that.
        apart = np.abs(np.asarray(kept, float) - np.asarray(made, float))
    assert apart.mean() < 0.5 and np.percentile(apart, 99.9) < 16, "run python docs/tutorial.py"
