"""What notebooks show: the tables and drawings of each object, that they are small, and need nothing from elsewhere."""
import copy
import doctest
import pickle
import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import browser
import numpy as np
import pytest

import imfilter
from imfilter import Pattern, Pipeline, Stack
from imfilter.layers.fields import Rectangle
from imfilter.layers.learned_kernel import LearnedKernel
from imfilter.pipeline.filter import Filter

LARGEST = 100_000
DOCS = Path(__file__).parents[1] / "docs"
SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


def learned(kernel, bias=0.0, **others):
    """Return a learned kernel with made-up figures."""
    weights = np.asarray(kernel, float)
    return LearnedKernel(**{
        "kernel": weights, "bias": bias, "parameters": weights.ravel(), "errors": 0 * weights.ravel(),
        "pattern": Pattern.full(weights.shape), "residual": 0.25, "rounding": 0.001, "explained": 0.875,
        "condition": 3.0, "samples": 4321, **others})


def noise(*shape):
    return np.random.default_rng(1).standard_normal(shape)


OBJECTS = {
    "plan": lambda: imfilter.plan(np.zeros((9, 9), "u1"), np.ones((3, 3))),
    "plan of a transform": lambda: imfilter.plan(np.zeros((500, 500)), noise(31, 31)),
    "stack": lambda: Stack.parse("3x16 s2 p1, relu, max2 s2, add(3x16 p1, relu, 3x16 p1 | ), t4x8 s2 p1"),
    "stack with weights": lambda: Stack.parse("3x2 p1, 1x4").with_weights([noise(2, 5, 3, 3), noise(4, 2, 1, 1)]),
    "stack that does not fit": lambda: Stack.parse("3x16 g4"),
    "long stack": lambda: Stack.parse(", ".join(["3x16 p1", "relu"] * 150)),
    "stack of forks": lambda: Stack.parse(", ".join(["add(3x3 p1, relu, 3x3 p1 | )"] * 13)),
    "summary": lambda: Stack.parse("3x16 p1, 3x8 s2").summary((32, 40, 3)),
    "field": lambda: Stack.parse("3x16 p1, max2 s2").receptive_field(0, 0),
    "large field": lambda: Rectangle(5, -3000, 4000, 20),
    "field without pixels": lambda: Rectangle(0, 0, 0, 0),
    "field outside": lambda: Rectangle(-9, -9, -5, -5),
    "pipeline": lambda: Pipeline("gaussian:sigma=2,median:size=5,sepia", SHARPEN, "sobel:axis=0"),
    "long pipeline": lambda: Pipeline(*[noise(40, 40)] * 14),
    "mask": lambda: Pipeline(Filter.from_name("gaussian", mask=np.ones((3, 3)))),
    "filter": lambda: Filter.parse("canny"),
    "kernel too large to draw": lambda: Filter.from_kernel(np.ones((1, 4097))),
    "learned": lambda: learned([[1, 2, 1]], bias=0.5, warning="the images are dark"),
    "learned large": lambda: learned(noise(300, 300)),
    "learned bank": lambda: learned(noise(32, 16, 9, 9), bias=np.arange(32.0)),
    "learned matrix": lambda: learned(noise(3, 3, 1, 1)),
    "pattern": lambda: Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
    "pattern of a bank": lambda: Pattern.full((64, 3, 7, 7)),
    "large pattern": lambda: Pattern.full((200, 200)),
}


class Page(HTMLParser):
    """HTML whose elements are all closed. texts: between tags, without CSS. rows: texts of the cells of tables."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.rows, self.tags, self.letters = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        plain = data.replace("\N{NO-BREAK SPACE}", " ")
        self.texts.append(plain)
        if {"td", "th"} & {*self.open} and "svg" not in self.open:
            self.rows[-1][-1] += plain
        if "text" in self.open:
            self.letters.append(plain)

    def facts(self):
        return {row[0]: row[1] for row in self.rows if len(row) == 2}


def show(name):
    return Page(OBJECTS[name]()._repr_html_())


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


def test_a_plan_is_a_table():
    plan = OBJECTS["plan of a transform"]()
    facts = show("plan of a transform").facts()
    assert facts["method"] == "fft" and facts["why"] == plan.why and facts["computed in"] == "float64"
    assert facts["cost"] == f"{plan.taps:,} multiplications and additions per result"
    assert facts["scratch"] == f"{plan.scratch:,} bytes per thread" and "loops" not in facts
    assert show("plan").facts()["loops"] == str(OBJECTS["plan"]().layout)


def test_a_plan_tells_what_else_it_promises():
    photo = np.zeros((64, 64), "f4")
    assert "same bits" in Page(imfilter.plan(photo, np.ones((3, 3)), exact=True)._repr_html_()).facts()["exact"]
    assert "exact" not in Page(imfilter.plan(photo, np.ones((3, 3)))._repr_html_()).facts()


def test_a_stack_is_a_diagram_and_a_table():
    page = show("stack")
    assert page.rows[0][1:4] == ["layer", "output", "field"]
    assert page.rows[1] == ["1", "3x16 s2 p1", "112 x 112 x 16", "3", "2", "432", "5,419,008", "20.6 %"]
    assert page.rows[4][:2] == ["4.1.1", "    3x16 p1"]  # indented: within branches
    assert page.rows[-1][5:7] == ["7,088", "26,292,224"]
    assert "112 x 112 x 8" in page.letters and "identity" in page.letters
    assert any("224 x 224 x 3" in text for text in page.texts)


def test_a_stack_with_weights_reads_as_many_channels_as_these():
    page = show("stack with weights")
    assert "Stack with weights" in page.texts and "224 x 224 x 5" in page.letters
    assert page.rows[1][5] == "90"


def test_a_stack_that_fits_no_photo_says_so():
    page = show("stack that does not fit")
    assert "3x16 g4" in page.texts and "multiple of groups" in " ".join(page.texts) and not page.rows


def test_a_long_stack_is_cut():
    page = show("long stack")
    assert page.rows[60][:2] == ["60", "relu"] and page.rows[61][1] == "all layers" and len(page.rows) == 62
    assert "The table leaves out the last 240 layers." in page.texts
    assert not [tag for tag, _ in page.tags if tag == "svg"]


def test_a_summary_is_that_of_its_image():
    page = show("summary")
    assert "Summary of 2 layers on an image of 32 x 40 x 3" in page.texts
    assert page.rows[2][2] == "15 x 19 x 8" and "15 x 19 x 8" in page.letters
    assert any(text.startswith("Note: layer 2 keeps one pixel in 4") for text in page.texts)


def test_a_field_is_drawn_with_its_rows_and_columns():
    page = show("field")
    assert page.facts() == {"rows": "-1 to 2", "columns": "-1 to 2", "size": "4 x 4 pixels"}
    assert "from row -2, column -2" in page.letters and any("Gray" in text for text in page.texts)
    inner = Page(Rectangle(3, 7, 4, 9)._repr_html_())
    assert inner.facts() == {"rows": "3", "columns": "7 to 8", "size": "1 x 2 pixels"}
    assert not any("Gray" in text for text in inner.texts)
    assert "no pixels" in " ".join(show("field without pixels").texts)


def test_a_pipeline_is_a_table_of_its_stages():
    page = show("pipeline")
    assert page.rows[0] == ["", "filter", "what it does", "reach", "kernels"]
    assert [row[1] for row in page.rows[1:6]] == [
        "gaussian:sigma=2", "median:size=5", "sepia", "convolve:kernel=0 -1 0;-1 5 -1;0 -1 0", "sobel:axis=0"]
    assert [row[3] for row in page.rows[1:6]] == ["8", "2", "0", "1", "1"]
    assert page.facts()["reach in pixels"] == "12"
    assert page.facts()["result"].startswith("signed")
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert labels[:4] == ["kernel", "color matrix", "kernel", "kernel"] and labels[4] == "a drawn picture"


def test_a_pipeline_tells_its_stride_and_sides():
    page = Page(Pipeline("box:size=2:stride=2", "box:size=1,4")._repr_html_())
    assert page.facts()["stride"] == "one result for 2 pixels"
    assert page.rows[2][3] == "0 up, 0 down, 2 left, 1 right"
    assert "result" not in page.facts()


def test_a_long_pipeline_is_cut():
    page = show("long pipeline")
    assert "The table leaves out the last 2 filters." in page.texts and len(page.rows) == 1 + 12 + 1


def test_a_filter_that_needs_its_own_image_has_no_picture():
    assert "a drawn picture" not in show("mask").letters
    page = show("filter")
    assert page.letters == ["a drawn picture", "filtered"] and page.rows[1][1] == "canny"
    assert page.facts()["reach in pixels"] == "any"


def test_a_learned_kernel_is_drawn_with_its_figures():
    page = show("learned")
    assert page.letters == ["1", "2", "1"]
    assert page.facts() == {
        "bias": "0.5", "residual": "0.25 in units of the second image",
        "explained": "87.5 % of its variance, from 4,321 samples",
        "verdict": "poor: the kernel explains only 87.5 % of the variance, and the residual is 250 times that of "
                   "rounding"}
    assert "Note: the images are dark." in page.texts
    bank = show("learned bank")
    assert bank.letters[0] == "channel 1 to 1" and "The first 9 of 512 kernels are shown." in bank.texts
    assert not any("first" in text for text in show("learned matrix").texts)


def test_a_pattern_is_drawn_with_its_labels():
    page = show("pattern")
    assert page.letters == ["1", "2", "1", "0", "0", "0", "-1", "-2", "-1"]
    assert page.facts()["weights"] == (
        "2 parameters to learn; weights that repeat one: 4; weights that are 0: 3")
    bank = show("pattern of a bank").facts()
    assert bank["shape"] == "192 kernels of 7 x 7 weights, 3 channels to 64, of which the first 8 are shown"


def test_what_users_typed_is_escaped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "<i>.json").write_text('{"format": "imfilter kernel", "version": 1, "kernel": [[1]]}')
    learned([[1.0]]).save("<i>&.json")
    html = Pipeline("<i>&.json")._repr_html_()
    page = Page(html)
    assert "<i>" not in html and page.rows[1][1] == "<i>&.json" and "i" not in {tag for tag, _ in page.tags}
    warned = learned([[1.0]], warning="<script>x</script>")._repr_html_()
    assert "<script" not in warned and "Note: <script>x</script>." in Page(warned).texts


def test_long_texts_are_cut():
    kernel = noise(30, 30)
    cell = Page(Pipeline(kernel)._repr_html_()).rows[1][1]
    assert len(cell) < 450 and " ... " in cell.replace("...", " ... ")


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
