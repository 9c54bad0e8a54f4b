"""The site: its gallery shows every filter, the navigation leads to every page, and scripts draw its pictures."""
import doctest
import fnmatch
import re
import shlex
import sys

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from drawn import DOCS, assert_drawn, draw
from PIL import Image

import imfilter
from imfilter.cli.program import group as commands
from imfilter.filters import FILTERS

sys.path.append(str(DOCS))  # where Sphinx finds the package, too

from website import api, gallery, photos, pictures, root_pages, signatures, text

ROOT = DOCS.parent
GENERATED = ("_build", "_examples", "api", "gallery", "project")  # written by the build, and ignored by git
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in GENERATED)
DRAWN = [(script, path.name) for script in ("landing", "borders") for path in sorted((DOCS / script).iterdir())]


def test_there_is_an_example_for_every_filter(tmp_path):
    gallery.write_examples(tmp_path)
    written = {(path.parent.name, path.stem) for path in tmp_path.rglob("*.py")}
    assert written == {(declaration.group, name) for name, declaration in FILTERS.items()}
    assert photos.EXAMPLES.keys() <= FILTERS.keys()
    for path in tmp_path.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


@pytest.mark.parametrize("name", FILTERS)
def test_an_example_runs_and_its_effect_can_be_seen(monkeypatch, name):
    monkeypatch.chdir(ROOT)
    names = {}
    exec(gallery.write_code(FILTERS[name]), names)
    photo, _ = pictures.make_visible(names["photo"])
    result, note = pictures.make_visible(names["result"])
    result = result if note else pictures.brighten(result, photo)[0]
    assert np.asarray(result).std() > 10, "a flat picture"
    if name == "shrink":
        assert result.width * 8 == photo.width
    else:
        assert np.abs(np.asarray(result, float) - np.asarray(photo, float)).mean() > 2


@pytest.mark.parametrize("name", FILTERS)
def test_the_command_of_an_example_does_the_same(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(gallery.command(FILTERS[name]))[1:-1]
    photo = Image.open(ROOT / "sample_images" / "cat.png").convert("RGB").resize((40, 24))
    photo.save("photo.png")
    done = CliRunner().invoke(commands, [*words, "photo.png", "-o", "result.tif", "--dtype", "float32"])
    assert done.exception is None, done.output
    expected = FILTERS[name].function(np.asarray(photo), **photos.choose_parameters(name), dtype="float32")
    np.testing.assert_allclose(tifffile.imread("result.tif"), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", FILTERS)
def test_an_example_has_the_formula(name):
    notes = gallery.notes_of(FILTERS[name])
    assert notes and "----" not in notes
    assert notes.split("\n")[0] in FILTERS[name].function.__doc__


def test_signatures_come_from_the_stub():
    arguments, _ = signatures.find_signature("imfilter.gaussian")
    assert arguments.startswith("(image: ") and "exact: bool=False" in arguments
    assert signatures.find_signature("imfilter.Stack") is None and signatures.find_signature("other.gaussian") is None


def test_the_last_of_several_signatures_is_shown():
    stub = "def f(x: int) -> int: ...\ndef f(x: str, *, y: int = 1) -> str: ...\ndef g() -> int: ..."
    assert signatures.read_signatures(stub) == {"f": ("(x: str, *, y: int=1)", ""), "g": ("()", "int")}


def test_the_reference_has_a_page_for_every_public_name(tmp_path):
    api.write_reference(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {*dir(imfilter), "index"} - {"__version__"}
    assert "Other" not in api.group_names(), "name the theme of a public name in docs/website/api.py"


@pytest.mark.parametrize(("plain", "marked"), [
    ("weights |x| * y", r"weights \|x\| \* y"),
    ("as `imfilter.sobel` and `axis` do", "as :py:obj:`imfilter.sobel` and ``axis`` do"),
    ("* a list of x_ * y", r"* a list of x\_ \* y"),
    (">>> 2 * 3 | 4", ">>> 2 * 3 | 4"),
    ("He_n(x)", "He_n(x)"),
])
def test_a_docstring_becomes_markup(plain, marked):
    assert text.to_rst([plain]) == [marked]


def test_a_drawing_in_a_docstring_is_left_as_it_is():
    lines = ["Drawn as::", "", "    a | b *", "", "back | here"]
    assert text.to_rst(lines) == [*lines[:4], r"back \| here"]


def test_the_navigation_leads_to_every_page():
    entries, waiting, reached = {}, ["index"], set()
    for path in PAGES:
        blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        lines = [line for block in blocks for line in block.split("\n") if line and not line.startswith(":")]
        entries[path.relative_to(DOCS).with_suffix("").as_posix()] = [
            re.sub(r".*<(.+)>", r"\1", line) for line in lines]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting += [other for other in entries if other not in reached
                    and any(fnmatch.fnmatch(other, entry) for entry in entries[page])]
    assert reached == entries.keys()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_lead_somewhere_on_github_too(path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
    if path == DOCS / "index.md":  # the page that the site starts with, where GitHub has README.md
        links = [link for link in links if link.split("/")[0] not in GENERATED]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_picture_of_a_page_has_an_alternative_text():
    assert [path.name for path in PAGES if "![](" in path.read_text(encoding="utf-8")] == []


def test_pages_from_the_root_link_to_pages():
    assert root_pages.link_from_docs("[c](../CONTRIBUTING.md)", 0) == "[c](project/contributing.md)"
    assert root_pages.link_from_docs("[c](../../SECURITY.md#how)", 1) == "[c](../project/security.md#how)"
    assert root_pages.link_from_root("docs/testing.md") == "../testing.md"
    assert root_pages.link_from_root("SECURITY.md") == "security.md"


def test_patterns_without_pages_are_dropped(tmp_path):
    (tmp_path / "notes.md").touch()
    assert root_pages.drop_empty_globs("design\nnote*\nother/*\n", tmp_path) == "design\nnote*\n"


def test_what_the_build_writes_is_ignored():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split("\n")
    assert {f"docs/{name}/" for name in GENERATED} <= set(ignored)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with newly drawn pictures, in a folder for each script."""
    folder = tmp_path_factory.mktemp("site")
    for script in ("landing", "borders"):
        draw(script, folder / script)
    return folder


@pytest.mark.parametrize(("script", "name"), DRAWN)
def test_a_picture_equals_that_of_the_script(script, name, drawn):
    assert_drawn(DOCS / script / name, drawn / script / name, script)


@pytest.mark.parametrize("page", ["index", "borders"])
def test_a_page_shows_every_picture_of_its_script_and_says_what_it_is(page):
    content, folder = (DOCS / f"{page}.md").read_text(encoding="utf-8"), {"index": "landing"}.get(page, page)
    shown = re.findall(r"!\[[^\]]+\]\((\S+)\)|\{figure\} (\S+)\n:alt: \S", content)
    assert {"".join(names) for names in shown} == {f"{folder}/{path.name}" for path in (DOCS / folder).iterdir()}


def test_the_rows_of_the_borders_page_are_printed():
    page = re.sub(r"^```.*$", "", (DOCS / "borders.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lesson = doctest.DocTestParser().get_doctest(page, {}, "borders", "borders.md", 0)
    found = []
    assert doctest.DocTestRunner(verbose=False).run(lesson, out=found.append).failed == 0, "".join(found)
    assert lesson.examples
