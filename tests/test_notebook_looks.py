"""Cards in notebooks: size, themes, narrow screens, what the same objects are as text, in copies and in the docs."""
import copy
import doctest
import pickle
import re
import runpy
from pathlib import Path

import browser
import pytest
from cards import OBJECTS, Page, learned

from imfilter import Pattern, Pipeline, Stack
from imfilter.layers.fields import Rectangle
from imfilter.pipeline.filter import Filter

LARGEST = 100_000  # characters
DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", OBJECTS)
def test_a_card_is_small_and_needs_nothing_from_elsewhere(name):
    html = OBJECTS[name]()._repr_html_()
    page = Page(html)
    assert len(html) < LARGEST
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object"}
    for _, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")]
        assert attributes.get("href", "data:").startswith("data:image/png;base64,") or "href" not in attributes
    assert "http" not in html.replace('xmlns="http://www.w3.org/2000/svg"', "") and "@import" not in html
    assert not re.search(r"url\(", html)


def test_plain_texts_are_readable():
    assert repr(OBJECTS["plan"]()).startswith("<plan: ") and str(OBJECTS["plan"]()) in repr(OBJECTS["plan"]())
    one = OBJECTS["learned"]()
    assert repr(one) == str(one) and repr(OBJECTS["summary"]()) == str(OBJECTS["summary"]())
    assert str(one).splitlines() == [
        "[[1. 2. 1.]]", "", "bias       0.5", "residual   0.25 in units of the second image",
        "explained  87.5 % of its variance, from 4,321 samples", f"verdict    {one.verdict}",
        "note: the images are dark"]
    advised = str(learned([[1.0]], advice=(({"size": 5}, 0.25),)))
    assert advised.endswith("note: try size=5, which leaves 25% of the residual in the middle")


@pytest.mark.parametrize("name", ["stack", "field", "pipeline", "pattern", "filter"])
def test_a_repr_evaluates_to_an_equal_object(name):
    value = OBJECTS[name]()
    names = {kind.__name__: kind for kind in (Stack, Pattern, Pipeline, Filter, Rectangle)}
    assert eval(repr(value), names) == value


@pytest.mark.parametrize("name", ["stack", "stack with weights", "summary", "field", "pipeline", "filter", "pattern"])
def test_copies_and_pickles_are_equal(name):
    value = OBJECTS[name]()
    value._repr_html_()
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(other) is type(value) and other == value and hash(other) == hash(value)


def test_plans_and_learned_kernels_are_copied_and_pickled():
    for name in ("plan", "learned"):
        value = OBJECTS[name]()
        for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert repr(other) == repr(value)
    assert tuple(OBJECTS["field"]()) == (-1, -1, 3, 3) == OBJECTS["field"]()


THEMES = {  # how pages say what they are, and whether they are dark
    'data-jp-theme-light="true"': False, 'data-jp-theme-light="false"': True, 'class="vscode-dark"': True,
    'class="vscode-light"': False, 'class="vscode-high-contrast"': True,
    'class="vscode-high-contrast vscode-high-contrast-light"': False, 'theme="dark"': True, 'data-theme="dark"': True,
    'data-theme="light"': False, "": False}
COLORS = ("[...document.querySelectorAll('section')].map(one => [getComputedStyle(one.querySelector('svg'))."
          "backgroundColor, getComputedStyle(one.querySelector('text.f-ink')).fill])")


@pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")
@pytest.mark.parametrize("system", ["light", "dark"])
def test_drawings_follow_the_theme_of_the_notebook(chromium, tmp_path, system):
    card = OBJECTS["stack"]()._repr_html_()
    sections = "\n".join(f"<section {marks}>{card}</section>" for marks in THEMES)
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{sections}</body>")
    chromium.open((tmp_path / "page.html").as_uri(), dark=system == "dark")
    wanted = [["rgb(21, 24, 30)", "rgb(236, 239, 244)"] if dark else ["rgb(255, 255, 255)", "rgb(28, 34, 48)"]
              for dark in THEMES.values()]
    assert chromium.value(COLORS) == wanted


@pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")
def test_cards_are_legible_on_a_narrow_screen(chromium, tmp_path):
    cards = "\n".join(OBJECTS[name]()._repr_html_() for name in (
        "stack", "pipeline", "field", "pattern", "plan", "learned bank", "summary"))
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{cards}</body>")
    chromium.open((tmp_path / "page.html").as_uri(), width=390)
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth"), "wide tables scroll by themselves"
    smallest = chromium.value("Math.min(...[...document.querySelectorAll('svg')].map(one => "
                              "one.getBoundingClientRect().width / one.viewBox.baseVal.width))")
    assert smallest >= 0.6, "drawings stay legible"
    assert not chromium.errors and not [url for url in chromium.requests if not url.startswith(("file:", "data:"))]


def test_the_page_about_notebooks_is_true():
    text = re.sub(r"^```.*$", "", (DOCS / "notebooks.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lesson, said = doctest.DocTestParser().get_doctest(text, {}, "notebooks", "notebooks.md", 0), []
    assert doctest.DocTestRunner(verbose=False).run(lesson, out=said.append).failed == 0, "".join(said)
    page = runpy.run_path(str(DOCS / "notebooks.py"))["make_page"]()
    assert page.count('class="imfilter"') == 4 and (DOCS / "notebooks.png").stat().st_size < 100_000
